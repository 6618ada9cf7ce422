import type { Clock } from "../../model/clock.js";
import type { TurnSupply } from "./turn-supply.js";

/** A call that waits goes before a refresh that happens ahead of time. */
export type Priority = "waiting" | "background";

/** `timed_out`: its turn did not come in time. `unavailable`: turns are shared, and nobody can be asked for one. */
export type TurnResult = "granted" | "timed_out" | "unavailable";

/** A place in the queue. */
export interface Turn {
  /** Resolves when the refresh may start, or with why it may not. */
  readonly granted: Promise<TurnResult>;
  /** Moves a background refresh forward because a call waits for it now, as long as any call does. */
  promote(): void;
}

/**
 * Keeps refreshes under a rate, this process's or all replicas' (`turn-supply.ts`), since Cognito's quota (120 a second for the whole account and Region) is shared with
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
  readonly supply: TurnSupply;
  /** How long a refresh waits for its turn at most. */
  readonly longestWaitMs: number;
  readonly clock: Clock;
}

interface Waiter {
  priority: Priority;
  settle(result: TurnResult): void;
}

/** Two queues in front of a supply of turns. */
export function createRefreshRateLimiter({ supply, longestWaitMs, clock }: RefreshRateLimiterOptions): RefreshRateLimiter {
  const waiters = new Set<Waiter>();
  let isAsking = false;

  function next(): Waiter | undefined {
    let background: Waiter | undefined;
    for (const waiter of waiters) {
      if (waiter.priority === "waiting") return waiter;
      background ??= waiter;
    }
    return background;
  }

  function serve(): void {
    // Nobody is looked for while nothing is left: `next` goes past all that wait in the background.
    while (waiters.size > 0 && supply.take()) next()?.settle("granted");
    if (waiters.size === 0 || isAsking) return;
    isAsking = true;
    supply.more(waiters.size, (result) => {
      isAsking = false;
      if (result === "unavailable") for (const waiter of [...waiters]) waiter.settle("unavailable");
      serve();
    });
  }

  return {
    request(priority) {
      let promote = () => {};
      const granted = new Promise<TurnResult>((resolve) => {
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
      return supply.waitMs(waiters.size) === 0;
    },
    get isFull() {
      return supply.waitMs(waiters.size) > longestWaitMs;
    },
  };
}
