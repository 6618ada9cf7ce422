import type { Cancel, Clock } from "../model/clock.js";
import type { Log } from "../model/log.js";
import { type Session, type SessionId, sessionPseudonym } from "../model/session.js";
import type { SessionEnding } from "../wire/reasons.js";
import type { KnownEnding } from "./ending-table.js";
import { type Awaitable, after, type EndingOrder, type SessionStore } from "./session-store.js";
import type { SessionTable } from "./session-table.js";

/** An ending that could not be written is tried again so often; until then it holds in this process, and Cognito revokes the token. */
const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 120_000, 600_000] as const;
/** Beyond this many that wait a failure is only logged. */
const MOST_PENDING = 10_000;

export interface EndingRelayOptions {
  readonly table: Pick<SessionTable, "endingOf" | "end">;
  readonly store: Pick<SessionStore, "end">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Endings on their way between this process and its store. */
export interface EndingRelay {
  /** Takes in one that another process brought about. */
  hear(id: SessionId, known: KnownEnding): void;
  /** Writes one of our own, again later where the store is away. The version that the session ended with, where the store knows it. */
  write(ended: Session | SessionId, order: EndingOrder): Awaitable<Session | null>;
  /** Calls back with each that is heard. */
  onHeard(listener: (id: SessionId, ending: SessionEnding) => void): Cancel;
}

export function createEndingRelay({ table, store, clock, log }: EndingRelayOptions): EndingRelay {
  let pending = 0;
  const listeners = new Set<(id: SessionId, ending: SessionEnding) => void>();

  function hear(id: SessionId, { ending, superseded }: KnownEnding): void {
    if (table.endingOf(id)) return;
    table.end(id, ending, superseded ? "superseded" : undefined);
    for (const listener of listeners) listener(id, ending);
  }

  function write(ended: Session | SessionId, order: EndingOrder, failures = 0): Awaitable<Session | null> {
    return after(store.end(ended, order), (answer) => {
      if (answer.kind !== "unavailable") return answer.kind === "ended" ? answer.last : null;
      const delayMs = RETRY_AFTER_MS[failures];
      const session = sessionPseudonym(typeof ended === "string" ? ended : ended.id);
      if (delayMs === undefined || pending >= MOST_PENDING) {
        log.error({ session }, "an ending could not be written to the session store: other processes do not know it");
        return null;
      }
      pending += 1;
      clock.after(delayMs, () => {
        pending -= 1;
        void write(ended, order, failures + 1);
      });
      return null;
    });
  }

  return {
    hear,
    write: (ended, order) => write(ended, order),
    onHeard(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
