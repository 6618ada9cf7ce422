import type { Cancel, Clock } from "../../model/clock.js";

/** A call that waits goes before a refresh that happens ahead of time. */
export type Priority = "waiting" | "background";

/** A place in the queue. */
export interface Turn {
  /** Resolves when the refresh may start, or with `timed_out` when its turn did not come in time. */
  readonly granted: Promise<"granted" | "timed_out">;
  /** Moves a background refresh forward because a call waits for it now, as long as any call does. */
  promote(): void;
}

/**
 * Keeps this process's refreshes under a rate, since Cognito's quota (120 a second for the whole account and Region) is shared with
 * sign-ins and everybody else.
 */
export interface RefreshRateLimiter {
  request(priority: Priority): Turn;
  /** How many wait for their turn. */
  readonly waiting: number;
  /** Whether a refresh that asked now would have its turn at once. */
  readonly isFree: boolean;
  /** Whether so many wait that whoever asked now would hardly have a turn in time. */
  readonly isFull: boolean;
}

export interface RefreshRateLimiterOptions {
  readonly perSecond: number;
  /** How long a refresh waits for its turn at most. */
  readonly longestWaitMs: number;
  readonly clock: Clock;
}

interface Waiter {
  priority: Priority;
  settle(result: "granted" | "timed_out"): void;
}

/** A token bucket that holds one second's worth of refreshes, with two queues in front of it. */
export function createRefreshRateLimiter({ perSecond, longestWaitMs, clock }: RefreshRateLimiterOptions): RefreshRateLimiter {
  const capacity = Math.max(1, perSecond);
  let available = capacity;
  let filledAtMs = clock.monotonicMs();
  const waiters = new Set<Waiter>();
  let wake: Cancel | null = null;

  function refill(): void {
    const nowMs = clock.monotonicMs();
    available = Math.min(capacity, available + ((nowMs - filledAtMs) * perSecond) / 1000);
    filledAtMs = nowMs;
  }

  /** How long whoever asked now would wait, if nobody went past. */
  function waitMs(): number {
    refill();
    return (Math.max(0, waiters.size + 1 - available) * 1000) / perSecond;
  }

  function next(): Waiter | undefined {
    let background: Waiter | undefined;
    for (const waiter of waiters) {
      if (waiter.priority === "waiting") return waiter;
      background ??= waiter;
    }
    return background;
  }

  function serve(): void {
    refill();
    // Nobody is looked for while nothing is left: `next` goes past all that wait in the background.
    for (let waiter = available >= 1 && next(); waiter; waiter = available >= 1 && next()) {
      available -= 1;
      waiter.settle("granted");
    }
    if (waiters.size === 0 || wake) return;
    wake = clock.after(Math.ceil(((1 - available) * 1000) / perSecond), () => {
      wake = null;
      serve();
    });
  }

  return {
    request(priority) {
      let promote = () => {};
      const granted = new Promise<"granted" | "timed_out">((resolve) => {
        const waiter: Waiter = {
          priority,
          settle(result) {
            expire();
            waiters.delete(waiter);
            resolve(result);
          },
        };
        const expireLater = () => clock.after(longestWaitMs, () => waiter.settle("timed_out"));
        let expire = expireLater();
        promote = () => {
          if (waiter.priority === "waiting" || !waiters.has(waiter)) return;
          waiter.priority = "waiting";
          expire();
          expire = expireLater();
        };
        waiters.add(waiter);
        serve();
      });
      return { granted, promote: () => promote() };
    },
    get waiting() {
      return waiters.size;
    },
    get isFree() {
      return waitMs() === 0;
    },
    get isFull() {
      return waitMs() > longestWaitMs;
    },
  };
}
