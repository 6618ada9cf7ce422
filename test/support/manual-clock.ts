import type { Cancel, Clock } from "../../src/model/clock.js";

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on and runs every timer that falls due, in order, each at its own moment. */
  advance(ms: number): void;
  /** The same, but whatever awaits gets its turn before, between and after the timers. */
  run(ms: number): Promise<void>;
  /** Moves on from timer to timer until the promise settles; fails when `limitMs` have passed or nothing is left to wait for. */
  advanceUntilSettled<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Puts the clock forward or back, as a time synchronisation does: timers keep the time they have left. */
  jump(ms: number): void;
  /** How many timers are pending. */
  pending(): number;
}

interface Timer {
  dueAtMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Lets everything run that waits for promises alone. */
export function flush(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param startMs milliseconds since 1970; tests that do not care get a Friday in November 2026. */
export function createManualClock(startMs = Date.UTC(2026, 10, 20, 19)): ManualClock {
  let nowMs = startMs;
  let setForwardMs = 0;
  let order = 0;
  const timers = new Set<Timer>();

  function nextBefore(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueAtMs > endMs) continue;
      if (!next || timer.dueAtMs < next.dueAtMs || (timer.dueAtMs === next.dueAtMs && timer.order < next.order)) next = timer;
    }
    return next;
  }

  function fire(timer: Timer): void {
    timers.delete(timer);
    nowMs = Math.max(nowMs, timer.dueAtMs);
    timer.callback();
  }

  function after(delayMs: number, callback: () => void): Cancel {
    const timer = { dueAtMs: nowMs + Math.max(0, delayMs), order: order++, callback };
    timers.add(timer);
    return () => void timers.delete(timer);
  }

  return {
    now: () => nowMs,
    after,
    monotonicMs: () => nowMs - startMs - setForwardMs,
    deadline: after,
    advance(ms) {
      const endMs = nowMs + ms;
      for (let timer = nextBefore(endMs); timer; timer = nextBefore(endMs)) fire(timer);
      nowMs = Math.max(nowMs, endMs);
    },
    async run(ms) {
      const endMs = nowMs + ms;
      await flush();
      for (let timer = nextBefore(endMs); timer; timer = nextBefore(endMs)) {
        fire(timer);
        await flush();
      }
      nowMs = Math.max(nowMs, endMs);
    },
    async advanceUntilSettled(promise, limitMs = 60_000) {
      let settled = false;
      const done = () => {
        settled = true;
      };
      promise.then(done, done);
      const endMs = nowMs + limitMs;
      await flush();
      while (!settled) {
        const timer = nextBefore(endMs);
        if (!timer) throw new Error(`nothing settled it within ${limitMs} ms of the manual clock`);
        fire(timer);
        await flush();
      }
      return promise;
    },
    jump(ms) {
      nowMs += ms;
      setForwardMs += ms;
      for (const timer of timers) timer.dueAtMs += ms;
    },
    pending: () => timers.size,
  };
}
