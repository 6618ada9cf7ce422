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
/** The longest life of an ID or access token. */
const ALL_OF_USE_FOR_MS = 24 * 60 * 60 * 1000;
/** Written at a time once the store is back: calls of people go through the same connection. */
const AT_A_TIME = 50;
/** The subscription may be back before the connection for commands is, which is tried for up to once a second. */
const AGAIN_AFTER_MS = 250;
const MOST_TRIES_AFTER_RETURN = 40;

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
  /** Whether the store has not said yet that it knows of an ending of ours: other processes may go on with the session. */
  isUnwritten(id: SessionId): boolean;
  /** Writes one that the store had not heard of, or has lost. */
  catchUp(id: SessionId, order: EndingOrder): void;
  /** Ends all sessions that a person has by now, again later where the store is away: a sign-in of meanwhile lives on. */
  writeAll(subject: string, ending: SessionEnding): Awaitable<AllEnded>;
  /** Cognito has confirmed that the refresh token of an ended session is dead. */
  revoked(id: SessionId): void;
  /** The store is there again: what waits is written now, since other processes take those sessions for open until then. */
  storeIsBack(): void;
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

interface Waiting {
  readonly task: Task;
  /** How often it has been tried when its turn came. */
  readonly failures: number;
  readonly cancel: Cancel;
}

/**
 * Tries tasks again that the store was away for: as soon as it is known to be back, and every ten minutes in the end. Until then an ending holds in
 * this process, and Cognito revokes the token.
 */
class Backlog {
  readonly #waiting = new Set<Waiting>();
  readonly #clock: Clock;
  readonly #log: Log;
  #triesLeft = 0;
  /** The pass that is under way; null while there is none. */
  #pass: Promise<void> | null = null;
  #endPause = () => {};

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
    const waiting: Waiting = {
      task,
      failures,
      cancel: this.#clock.after(delayMs, () => {
        void after(this.#attempt(waiting, failures + 1), (done) => done && this.storeAnswered());
      }),
    };
    this.#waiting.add(waiting);
  }

  /** The store is back, although some commands may fail yet. */
  storeIsBack(): void {
    this.#writeNow(MOST_TRIES_AFTER_RETURN);
  }

  /** One command was answered: the others may be. */
  storeAnswered(): void {
    this.#writeNow(1);
  }

  async flush(): Promise<void> {
    this.#triesLeft = 0;
    this.#endPause();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all([
      this.#pass,
      ...waiting.map(async ({ task, cancel }) => {
        cancel();
        if (await task.attempt()) task.over();
        else this.#lost(task);
      }),
    ]);
    // Those of the pass.
    for (const { task, cancel } of this.#waiting) {
      cancel();
      this.#lost(task);
    }
    this.#waiting.clear();
  }

  /** @param tries how many failures it goes on after. */
  #writeNow(tries: number): void {
    if (this.#waiting.size === 0) return;
    this.#triesLeft = Math.max(this.#triesLeft, tries);
    this.#pass ??= this.#writeWaiting().finally(() => {
      this.#pass = null;
    });
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.size > 0 && this.#triesLeft > 0) {
      const some = [...this.#waiting].slice(0, AT_A_TIME);
      const done = await Promise.all(some.map((waiting) => this.#attempt(waiting, waiting.failures)));
      if (done.every(Boolean)) continue;
      this.#triesLeft -= 1;
      if (this.#triesLeft > 0) await this.#pause();
    }
    this.#triesLeft = 0;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.deadline(AGAIN_AFTER_MS, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  /** @param failures what counts if it fails: only when its turn had come does it wait longer. */
  #attempt(waiting: Waiting, failures: number): Awaitable<boolean> {
    const { task, cancel } = waiting;
    cancel();
    this.#waiting.delete(waiting);
    return after(task.attempt(), (done) => {
      if (done) task.over();
      else this.later(task, failures);
      return done;
    });
  }

  #lost(task: Task): void {
    task.over();
    this.#log.error(task.whose, "an ending could not be written to the session store: other processes do not know it");
  }
}

/** The same store, with commands that have no answer yet: the call that ended a session may have had its own. */
function followed(store: EndingRelayOptions["store"]): { readonly store: EndingRelayOptions["store"]; answered(): Promise<unknown> } {
  const underWay = new Set<Promise<unknown>>();
  function follow<T>(answer: Awaitable<T>): Awaitable<T> {
    if (!(answer instanceof Promise)) return answer;
    const following = answer.finally(() => underWay.delete(following));
    underWay.add(following);
    return following;
  }
  return {
    store: { end: (...args) => follow(store.end(...args)), endAllOf: (...args) => follow(store.endAllOf(...args)) },
    answered: () => Promise.allSettled(underWay),
  };
}

export function createEndingRelay(options: EndingRelayOptions): EndingRelay {
  const { table, clock } = options;
  const { store, answered } = followed(options.store);
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
      if (answer.kind !== "unavailable") unwritten.delete(id);
      if (answer.kind === "unavailable") later(ended, order, known);
      else backlog.storeAnswered();
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
    isUnwritten: (id) => unwritten.has(id),
    catchUp: (id, order) => void after(write(id, order, null), (last) => found(last, null)),
    writeAll(subject, ending) {
      const orderedAtMs = clock.now();
      const attempt = () => after(endAll(subject, ending, orderedAtMs), ({ kind }) => kind !== "unavailable");
      // At once, all that there is: by the clock of another process a session may have begun after this moment. Later, only what had begun by now.
      return after(endAll(subject, ending, Number.POSITIVE_INFINITY), (answer) => {
        // Cognito lets none of them refresh any more: beyond this their tokens are dead.
        const isOfUse = () => clock.now() - orderedAtMs < ALL_OF_USE_FOR_MS;
        if (answer.kind === "unavailable") backlog.later({ whose: { everywhere: true }, attempt, isOfUse, over: () => {} });
        return answer;
      });
    },
    revoked(id) {
      // While the store does not know of it, this is all that keeps the session from coming back with what another process has written.
      if (!unwritten.has(id)) table.revoked(id);
    },
    storeIsBack: () => backlog.storeIsBack(),
    // The second time for those of them that the store was away for.
    flush: () => Promise.all([backlog.flush(), answered()]).then(() => backlog.flush()),
    onHeard: (listener) => onHeard.add(listener),
    onFoundLate: (listener) => onFoundLate.add(listener),
  };
}
