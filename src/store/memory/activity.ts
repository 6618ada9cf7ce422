import type { Cancel, Clock } from "../../model/clock.js";
import type { Session, SessionId } from "../../model/session.js";

/*
 * An idle limit that all processes keep to the millisecond, without a write an activity: what this process has seen stays in its memory, and is
 * written right before another process could take the session for idle by what the store says. A process that is killed takes with it what it has
 * not written: then the limit falls early, never late.
 */

/** Without an idle limit, or with a long one: so old may get what lists of sessions say of the last activity. */
const LONGEST_UNWRITTEN_MS = 60 * 60 * 1000;
/**
 * How long before the idle end that the store knows. Longer than the minute that `<session-guard>` warns ahead, so that it asks a process which
 * knows better; than clocks of processes differ; and than a store is away that starts anew.
 */
const LONGEST_MARGIN_MS = 3 * 60 * 1000;
const MARGIN_PARTS = 4;
const LOOKS_PER_MARGIN = 4;
/** Beyond it activity is written each tenth of the idle limit, as it comes. */
const MOST_NOTED = 100_000;
const WRITTEN_AT_A_TIME = 50;

/** When a session was used last. */
export type Seen = Pick<Session, "id" | "lastSeenAtMs">;

interface Noted {
  seenAtMs: number;
  /** At least that late is what the store has. */
  storedAtMs: number;
}

export interface ActivityOptions {
  /** Writes it, and says when the session was used last as far as the store knows; `over` where it has no living one. */
  readonly write: (seen: Seen) => Promise<number | "over" | "unavailable">;
  readonly clock: Clock;
  /** Null: off. */
  readonly idleTimeoutMs: number | null;
}

/** What this process has seen of sessions and the store has not. */
export interface Activity {
  /** Stands on the hot path: one look into a map. */
  note(session: Seen, nowMs: number): void;
  /** The session with its latest activity; the same object where that is in it. */
  latest<S extends Seen>(session: S): S;
  /** The store has heard of activity by another way. */
  stored(seen: Seen): void;
  /** Writes activity at once where there are too many other sessions to note it. */
  writeUnnoted(session: Seen): void;
  forget(id: SessionId): void;
  /** Writes all of it. For the end of the process. */
  flush(): Promise<void>;
}

/** Where the browser's ticket holds the session it says when that was used last, to a tenth of the idle limit. */
export const NO_ACTIVITY: Activity = {
  note: () => {},
  latest: (session) => session,
  stored: () => {},
  writeUnnoted: () => {},
  forget: () => {},
  flush: async () => {},
};

const isUnwritten = ({ seenAtMs, storedAtMs }: Noted) => seenAtMs > storedAtMs;

export class NotedActivity implements Activity {
  readonly #noted = new Map<SessionId, Noted>();
  readonly #options: ActivityOptions;
  readonly #unwrittenMs: number;
  readonly #marginMs: number;
  readonly #lookEveryMs: number;
  #cancelLook: Cancel | null = null;
  #writing = Promise.resolve();

  constructor(options: ActivityOptions) {
    this.#options = options;
    this.#unwrittenMs = Math.min(options.idleTimeoutMs ?? LONGEST_UNWRITTEN_MS, LONGEST_UNWRITTEN_MS);
    this.#marginMs = Math.min(this.#unwrittenMs / MARGIN_PARTS, LONGEST_MARGIN_MS);
    this.#lookEveryMs = Math.ceil(this.#marginMs / LOOKS_PER_MARGIN);
  }

  note({ id, lastSeenAtMs }: Seen, nowMs: number): void {
    const known = this.#noted.get(id);
    if (known) {
      if (nowMs > known.seenAtMs) known.seenAtMs = nowMs;
      return;
    }
    if (nowMs <= lastSeenAtMs || this.#noted.size >= MOST_NOTED) return;
    this.#noted.set(id, { seenAtMs: nowMs, storedAtMs: lastSeenAtMs });
    this.#lookLater();
  }

  latest<S extends Seen>(session: S): S {
    const seenAtMs = this.#noted.get(session.id)?.seenAtMs ?? 0;
    return seenAtMs > session.lastSeenAtMs ? { ...session, lastSeenAtMs: seenAtMs } : session;
  }

  stored({ id, lastSeenAtMs }: Seen): void {
    const one = this.#noted.get(id);
    if (one) one.storedAtMs = Math.max(one.storedAtMs, lastSeenAtMs);
  }

  writeUnnoted(seen: Seen): void {
    if (!this.#noted.has(seen.id)) void this.#options.write(seen);
  }

  forget(id: SessionId): void {
    this.#noted.delete(id);
  }

  async flush(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = null;
    await this.#writeAll(isUnwritten);
  }

  #lookLater(): void {
    if (this.#noted.size > 0) this.#cancelLook ??= this.#options.clock.after(this.#lookEveryMs, () => this.#look());
  }

  #look(): void {
    const { clock } = this.#options;
    this.#cancelLook = null;
    // At the next look it would be too late.
    const dueMs = clock.now() - this.#unwrittenMs + this.#marginMs + this.#lookEveryMs;
    void this.#writeAll((one) => isUnwritten(one) && one.storedAtMs <= dueMs).then(() => {
      // One that is in use is kept, so that it is known what the store has of it.
      const unusedSinceMs = clock.now() - this.#lookEveryMs;
      for (const [id, one] of this.#noted) if (!isUnwritten(one) && one.seenAtMs <= unusedSinceMs) this.#noted.delete(id);
      this.#lookLater();
    });
  }

  #writeAll(isDue: (one: Noted) => boolean): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const due = [...this.#noted].filter(([, one]) => isDue(one));
      for (let from = 0; from < due.length; from += WRITTEN_AT_A_TIME) {
        const some = await Promise.all(due.slice(from, from + WRITTEN_AT_A_TIME).map(([id, one]) => this.#write(id, one)));
        // The store is away: the others would only wait for that, fifty after fifty.
        if (!some.includes("written")) return;
      }
    });
    return this.#writing;
  }

  async #write(id: SessionId, one: Noted): Promise<"written" | "unavailable"> {
    const { write, clock, idleTimeoutMs } = this.#options;
    const answer = await write({ id, lastSeenAtMs: one.seenAtMs });
    if (typeof answer === "number") one.storedAtMs = Math.max(one.storedAtMs, answer);
    // What the limit has passed for need not be written any more.
    const isOver = answer === "unavailable" ? clock.now() - one.seenAtMs >= (idleTimeoutMs ?? this.#unwrittenMs) : answer === "over";
    if (isOver && this.#noted.get(id) === one) this.#noted.delete(id);
    return answer === "unavailable" ? "unavailable" : "written";
  }
}
