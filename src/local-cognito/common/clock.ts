/** The least that a source of time of a local Cognito has: every expiry is computed from it. */
export interface LocalCognitoClock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Moves the clock forward. */
  advance(ms: number): void;
}

/** A clock with timers: what `createServer` and the plugin take as theirs, too, so that all agree on what has expired. */
export interface SharedClock extends LocalCognitoClock {
  /** Calls back once, `delayMs` from now, without keeping the process alive. Moving the clock ahead brings it about. Returns what takes it back. */
  after(delayMs: number, callback: () => void): () => void;
  /** Milliseconds since some moment, for how long something took: moving the clock does not touch it. */
  monotonicMs(): number;
  /** Calls back once, when `delayMs` have really passed, wherever the clock is moved. */
  deadline(delayMs: number, callback: () => void): () => void;
}

// setTimeout fires at once for anything longer (24.8 days).
const LONGEST_TIMER_MS = 2_147_483_647;

function startTimer(delayMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number) => {
    const nextMs = Math.min(Math.max(0, leftMs), LONGEST_TIMER_MS);
    timer = setTimeout(() => (leftMs > nextMs ? wait(leftMs - nextMs) : callback()), nextMs);
    timer.unref();
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}

interface PendingTimer {
  readonly dueAtMs: number;
  readonly fire: () => void;
  cancel: () => void;
}

/** The clock with timers of its own; moving it calls back what has become due, in order. */
function withTimers(clock: LocalCognitoClock): SharedClock {
  const pending = new Set<PendingTimer>();
  const now = () => clock.now();
  const run = (timer: PendingTimer) => startTimer(timer.dueAtMs - now(), timer.fire);
  return {
    now,
    advance(ms) {
      clock.advance(ms);
      for (const timer of [...pending].sort((a, b) => a.dueAtMs - b.dueAtMs)) {
        // One that was called back before it may have taken this one back.
        if (!pending.has(timer)) continue;
        timer.cancel();
        if (timer.dueAtMs <= now()) timer.fire();
        else timer.cancel = run(timer);
      }
    },
    after(delayMs, callback) {
      const timer: PendingTimer = {
        dueAtMs: now() + delayMs,
        fire() {
          if (pending.delete(timer)) callback();
        },
        cancel: () => {},
      };
      timer.cancel = run(timer);
      pending.add(timer);
      return () => {
        pending.delete(timer);
        timer.cancel();
      };
    },
    monotonicMs: () => performance.now(),
    deadline: startTimer,
  };
}

/** A clock that runs with the machine's and can be moved ahead of it. */
export function createLocalClock(): SharedClock {
  let aheadMs = 0;
  return withTimers({
    now: () => Date.now() + aheadMs,
    advance(ms) {
      aheadMs += ms;
    },
  });
}

function isShared(clock: LocalCognitoClock): clock is SharedClock {
  return "after" in clock && "monotonicMs" in clock && "deadline" in clock;
}

/** The clock as it is where it has timers, such as `createAdjustableClock()` of cognito-bff; otherwise the same one with timers. */
export function sharedClock(clock: LocalCognitoClock): SharedClock {
  return isShared(clock) ? clock : withTimers(clock);
}

/** How far a clock is ahead of the machine's. */
export function aheadOfMachineMs(clock: LocalCognitoClock): number {
  return Math.round(clock.now() - Date.now());
}

/** The end of the year 9999: beyond it ISO 8601 has no form for a date, and at the year 275760 JavaScript has none. */
export const LATEST_MS = 253_402_300_799_999;

/** The instant as ISO 8601 in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `90s`, `61m`, `2h`, `31d` as milliseconds. Null when the text is anything else: a bare number has no unit. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  return match === null || unitMs === undefined ? null : Number(match[1]) * unitMs;
}
