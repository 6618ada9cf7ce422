import { LRUCache } from "lru-cache";
import { atMost } from "../../model/at-most.js";
import type { Clock } from "../../model/clock.js";
import type { SessionId } from "../../model/session.js";
import type { Hindrance } from "./refresh-outcome.js";

const MOST_SESSIONS = 50_000;
/** After a doubtful answer Cognito is asked again at most once a minute for a session (docs/how-it-works.md, "A refresh"). */
const DOUBT_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 8_000;

interface Remembered {
  readonly hindrance: Hindrance;
  readonly atMs: number;
  readonly waitMs: number;
  /** How many refreshes in a row failed, for the next wait. */
  readonly failures: number;
}

/** Remembers for a while why a session could not be refreshed, so that in an outage not every call starts retries of its own. */
export interface OutcomeMemory {
  /** What still stands for the session; null when Cognito may be asked. */
  recall(id: SessionId): Hindrance | null;
  /** Keeps it, and gives it back with its Retry-After filled in. */
  remember(id: SessionId, hindrance: Hindrance): Hindrance;
  forget(id: SessionId): void;
}

export function createOutcomeMemory(clock: Clock): OutcomeMemory {
  const remembered = new LRUCache<SessionId, Remembered>(atMost(MOST_SESSIONS));

  function keptMs(hindrance: Hindrance, failures: number): number {
    if (hindrance.kind === "doubtful") return DOUBT_MS;
    return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10));
  }

  const withWait = (hindrance: Hindrance, waitMs: number): Hindrance =>
    hindrance.kind === "unavailable" ? { ...hindrance, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) } : hindrance;

  return {
    recall(id) {
      const entry = remembered.get(id);
      if (!entry) return null;
      const agoMs = clock.now() - entry.atMs;
      // A clock set back by an hour must not keep the session from Cognito for that hour.
      return agoMs >= 0 && agoMs < entry.waitMs ? withWait(entry.hindrance, entry.waitMs - agoMs) : null;
    },
    remember(id, hindrance) {
      const failures = (remembered.get(id)?.failures ?? 0) + 1;
      const waitMs = keptMs(hindrance, failures);
      remembered.set(id, { hindrance, atMs: clock.now(), waitMs, failures });
      return withWait(hindrance, waitMs);
    },
    forget: (id) => void remembered.delete(id),
  };
}
