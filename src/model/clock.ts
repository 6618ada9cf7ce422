/** Takes a pending call back; harmless when it has already run. */
export type Cancel = () => void;

/** The only source of time. Nothing else in `src` reads the wall clock, so that a test or the demo can move it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Calls back once, `delayMs` from now, without keeping the process alive. Moving the clock ahead brings it about. */
  after(delayMs: number, callback: () => void): Cancel;
  /** Milliseconds since some moment, for how long something took: setting `now` forward or back does not touch it. */
  monotonicMs(): number;
  /**
   * Calls back once, when `delayMs` have really passed, without keeping the process alive: for what is under way, such as a call that waits for
   * an answer. A demo's clock that is moved ahead by days makes tokens old, and no network slow.
   */
  deadline(delayMs: number, callback: () => void): Cancel;
}

// setTimeout fires at once for anything longer (24.8 days).
const LONGEST_TIMER_MS = 2_147_483_647;

function startTimer(delayMs: number, callback: () => void): Cancel {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number) => {
    const nextMs = Math.min(Math.max(0, leftMs), LONGEST_TIMER_MS);
    timer = setTimeout(() => (leftMs > nextMs ? wait(leftMs - nextMs) : callback()), nextMs);
    timer.unref();
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: startTimer,
  monotonicMs: () => performance.now(),
  deadline: startTimer,
};

/** A clock that can be moved forward, shared by everything the demo runs. */
export interface AdjustableClock extends Clock {
  advance(ms: number): void;
}

interface PendingTimer {
  readonly dueAtMs: number;
  readonly fire: () => void;
  cancel: Cancel;
}

/** A clock that runs with the machine's and can be moved ahead of it; moving it calls back what has become due, in order. */
export function createAdjustableClock(): AdjustableClock {
  let aheadMs = 0;
  const pending = new Set<PendingTimer>();
  const now = () => Date.now() + aheadMs;
  const run = (timer: PendingTimer) => startTimer(timer.dueAtMs - now(), timer.fire);

  return {
    now,
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
    monotonicMs: systemClock.monotonicMs,
    deadline: systemClock.deadline,
    advance(ms) {
      aheadMs += ms;
      for (const timer of [...pending].sort((a, b) => a.dueAtMs - b.dueAtMs)) {
        // One that was called back before it may have taken this one back.
        if (!pending.has(timer)) continue;
        timer.cancel();
        if (timer.dueAtMs <= now()) timer.fire();
        else timer.cancel = run(timer);
      }
    },
  };
}

const MEMBERS: readonly (keyof Clock)[] = ["now", "after", "monotonicMs", "deadline"];

/**
 * For callers without types: what lacks a timer would fail in the middle of the first request.
 *
 * @throws TypeError that names what is missing.
 */
export function requireClock(clock: Clock | undefined): void {
  const missing = clock && MEMBERS.filter((member) => typeof clock[member] !== "function");
  if (missing?.length) throw new TypeError(`the clock has no ${missing.join(", ")}: give cognito.clock or createAdjustableClock()`);
}

/** Resolves after `delayMs` of the clock's time, or as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
