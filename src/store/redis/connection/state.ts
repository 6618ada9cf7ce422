import type { Clock } from "../../../model/clock.js";
import { describeError, type Log } from "../../../model/log.js";

const LOGGED_EVERY_MS = 10_000;
/** Of one outage: whoever looks for its cause finds one that came later, and no line for each attempt. */
const MOST_CAUSES = 5;
/** How long messages may be unheard before it is told of: a connection that is replaced takes less. */
const UNHEARD_MS = 5_000;

/** Whether the store can be reached, for whoever asks and for the log: one line when it goes, one for each other cause, one when it is back. */
export interface StoreState {
  isThere(): boolean;
  /** 0 while it is there. */
  awayMs(): number;
}

export interface StoreWitness extends StoreState {
  there(): void;
  away(error: unknown): void;
  /** The same of messages. */
  heard(): void;
  unheard(error: unknown): void;
}

export function createStoreState({ clock, log }: { readonly clock: Clock; readonly log: Log }): StoreWitness {
  let awaySinceMs: number | null = clock.monotonicMs();
  let unheardSinceMs: number | null = clock.monotonicMs();
  let everThere = false;
  let everHeard = false;
  /** Why it is away, as far as was said. A server that goes down and comes back without its users is away for another reason than before. */
  const told = new Set<string>();
  let loggedAtMs = Number.NEGATIVE_INFINITY;

  function warn(error: unknown, text: string): boolean {
    const nowMs = clock.monotonicMs();
    if (nowMs - loggedAtMs < LOGGED_EVERY_MS) return false;
    loggedAtMs = nowMs;
    log.warn({ event: "store_away", error: describeError(error) }, text);
    return true;
  }

  function warnOfCause(error: unknown): void {
    const { code, message } = describeError(error);
    const cause = code || message;
    if (told.size >= MOST_CAUSES || told.has(cause)) return;
    const text =
      told.size === 0
        ? "the session store cannot be reached: sessions go on for SESSION_STORE_STALE, then calls hear 503"
        : "the session store still cannot be reached, and now for this reason";
    if (warn(error, text)) told.add(cause);
  }

  const awayMs = () => (awaySinceMs === null ? 0 : clock.monotonicMs() - awaySinceMs);

  return {
    isThere: () => awaySinceMs === null,
    awayMs,
    there() {
      if (told.size > 0) log.info({ event: "store_back", away_ms: Math.round(awayMs()) }, "the session store can be reached again");
      // What was said while the start waited is no reason to keep the first outage quiet.
      if (!everThere) loggedAtMs = Number.NEGATIVE_INFINITY;
      everThere = true;
      told.clear();
      awaySinceMs = null;
    },
    away(error) {
      awaySinceMs ??= clock.monotonicMs();
      if (!everThere) warn(error, "the session store cannot be reached yet; it is tried again, and nobody is served before");
      else warnOfCause(error);
    },
    heard() {
      everHeard = true;
      unheardSinceMs = null;
    },
    unheard(error) {
      const nowMs = clock.monotonicMs();
      unheardSinceMs ??= nowMs;
      if (!everHeard) warn(error, "the session store cannot be listened to yet; it is tried again, and nobody is served before");
      else if (awaySinceMs === null && nowMs - unheardSinceMs > UNHEARD_MS)
        warn(error, "the session store cannot be listened to: every call asks it, until it can");
    },
  };
}
