import type { Cancel, Clock } from "../model/clock.js";
import { Listeners } from "../model/listeners.js";
import type { Log } from "../model/log.js";
import { RETRY_AFTER_MS } from "../model/retry-after.js";
import { hasNewerTokens, type Session, type SessionId, sessionPseudonym } from "../model/session.js";
import type { SessionEnding } from "../wire/reasons.js";
import type { KnownEnding } from "./memory/ending-table.js";
import { type AllEnded, type Awaitable, after, type EndingOrder, type SessionStore } from "./session-store.js";
import type { SessionTable } from "./session-table.js";

/** Beyond this many that wait a failure is only logged. */
const MOST_PENDING = 10_000;
/** A day of tries, the longest life of an ID or access token. */
const MOST_TRIES_FOR_ALL = 150;

export interface EndingRelayOptions {
  readonly table: Pick<SessionTable, "endingOf" | "end" | "revoked">;
  readonly store: Pick<SessionStore, "end" | "endAllOf">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Endings on their way between this process and its store. */
export interface EndingRelay {
  /** Takes in one that another process brought about. */
  hear(id: SessionId, known: KnownEnding): void;
  /**
   * Writes one of our own, again later where the store is away. The version that the session ended with, where the store knows it.
   *
   * @param known the version that the caller has, whose token it revokes itself.
   */
  write(ended: Session | SessionId, order: EndingOrder, known: Session | null): Awaitable<Session | null>;
  /** Writes one that the store had not heard of, or has lost. */
  catchUp(id: SessionId, order: EndingOrder): void;
  /** Ends all sessions that a person has by now, again later where the store is away: a sign-in of meanwhile lives on. */
  writeAll(subject: string, ending: SessionEnding): Awaitable<AllEnded>;
  /** Cognito has confirmed that the refresh token of an ended session is dead. */
  revoked(id: SessionId): void;
  /** Tries what still waits once more, at once. For the end of the process. */
  flush(): Promise<void>;
  /** Calls back with each that is heard. */
  onHeard(listener: (id: SessionId, ending: SessionEnding) => void): Cancel;
  /** Calls back with the version that an ending written late has met in the store, where it is newer than what was known: nobody has revoked its token. */
  onFoundLate(listener: (last: Session) => void): Cancel;
}

/** Written again and again, while that is of use. */
interface Task {
  readonly whose: { readonly session: string } | { readonly everywhere: true };
  /** Whether the store was there. */
  attempt(): Awaitable<boolean>;
  isOfUse(): boolean;
  /** It is done, or given up. */
  over(): void;
}

const idOf = (ended: Session | SessionId) => (typeof ended === "string" ? ended : ended.id);

/**
 * Tries tasks again that the store was away for, every ten minutes in the end. Until then an ending holds in this process, and Cognito revokes the
 * token.
 */
class Backlog {
  readonly #waiting = new Set<{ readonly task: Task; readonly cancel: Cancel }>();
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ clock, log }: Pick<EndingRelayOptions, "clock" | "log">) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param failures how often it has been tried since the first time. */
  later(task: Task, failures = 0): void {
    if (!task.isOfUse()) {
      task.over();
      return;
    }
    if (this.#waiting.size >= MOST_PENDING) {
      this.#lost(task);
      return;
    }
    const delayMs = RETRY_AFTER_MS[Math.min(failures, RETRY_AFTER_MS.length - 1)] ?? 0;
    const waiting = {
      task,
      cancel: this.#clock.after(delayMs, () => {
        this.#waiting.delete(waiting);
        void after(task.attempt(), (done) => (done ? task.over() : this.later(task, failures + 1)));
      }),
    };
    this.#waiting.add(waiting);
  }

  async flush(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all(
      waiting.map(async ({ task, cancel }) => {
        cancel();
        if (await task.attempt()) task.over();
        else this.#lost(task);
      }),
    );
  }

  #lost(task: Task): void {
    task.over();
    this.#log.error(task.whose, "an ending could not be written to the session store: other processes do not know it");
  }
}

export function createEndingRelay(options: EndingRelayOptions): EndingRelay {
  const { table, store, clock } = options;
  const onHeard = new Listeners<[id: SessionId, ending: SessionEnding]>();
  const onFoundLate = new Listeners<[last: Session]>();
  const backlog = new Backlog(options);
  /** The sessions whose ending the store has not said to know. */
  const unwritten = new Set<SessionId>();

  function hear(id: SessionId, { ending, superseded }: KnownEnding): void {
    if (table.endingOf(id)) return;
    table.end(id, ending, superseded);
    onHeard.tell(id, ending);
  }

  function found(last: Session | null, known: Session | null): void {
    if (last && (!known || hasNewerTokens(last, known))) onFoundLate.tell(last);
  }

  function later(ended: Session | SessionId, order: EndingOrder, known: Session | null): void {
    const id = idOf(ended);
    backlog.later({
      whose: { session: sessionPseudonym(id) },
      attempt: () =>
        after(store.end(ended, order), (answer) => {
          if (answer.kind === "ended") found(answer.last, known);
          return answer.kind !== "unavailable";
        }),
      // As long as a copy of its cookie could be used.
      isOfUse: () => table.endingOf(id) !== null,
      over: () => unwritten.delete(id),
    });
  }

  function write(ended: Session | SessionId, order: EndingOrder, known: Session | null): Awaitable<Session | null> {
    const id = idOf(ended);
    unwritten.add(id);
    return after(store.end(ended, order), (answer) => {
      if (answer.kind === "unavailable") later(ended, order, known);
      else unwritten.delete(id);
      return answer.kind === "ended" ? answer.last : null;
    });
  }

  function endAll(subject: string, ending: SessionEnding, orderedAtMs: number): Awaitable<AllEnded> {
    return after(store.endAllOf(subject, ending, orderedAtMs), (answer) => {
      if (answer.kind === "ended") for (const id of answer.ids) hear(id, { ending, superseded: false });
      return answer;
    });
  }

  return {
    hear,
    write,
    catchUp: (id, order) => void after(write(id, order, null), (last) => found(last, null)),
    writeAll(subject, ending) {
      const orderedAtMs = clock.now();
      const attempt = () => after(endAll(subject, ending, orderedAtMs), ({ kind }) => kind !== "unavailable");
      let tries = 0;
      return after(endAll(subject, ending, orderedAtMs), (answer) => {
        // Cognito lets none of them refresh any more: beyond this their tokens are dead.
        const isOfUse = () => tries++ < MOST_TRIES_FOR_ALL;
        if (answer.kind === "unavailable") backlog.later({ whose: { everywhere: true }, attempt, isOfUse, over: () => {} });
        return answer;
      });
    },
    revoked(id) {
      // While the store does not know of it, this is all that keeps the session from coming back with what another process has written.
      if (!unwritten.has(id)) table.revoked(id);
    },
    flush: () => backlog.flush(),
    onHeard: (listener) => onHeard.add(listener),
    onFoundLate: (listener) => onFoundLate.add(listener),
  };
}
