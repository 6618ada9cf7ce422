import { LRUCache } from "lru-cache";
import { atMost } from "../../model/at-most.js";
import type { Clock } from "../../model/clock.js";
import { networkOf } from "../../network/client-network.js";
import { ProblemError } from "../problem/problem.js";
import type { Visit } from "../problem/request-state.js";

const WINDOW_MS = 60_000;
const MOST_PER_WINDOW = 300;
const MOST_CLIENTS = 50_000;

interface Window {
  readonly startedAtMs: number;
  count: number;
}

/** Slows clients that go on calling with a session that has ended, which asking again will not bring back. */
export interface HammerGuard {
  /**
   * Counts one call of a visit whose session has ended, for the network that it came from and this session. Any other costs nothing: behind trusted
   * proxies `ip` is worked out whenever it is read.
   * @throws ProblemError `rate_limited` beyond 300 a minute.
   */
  check(request: { readonly ip: string }, visit: Visit): void;
}

export function createHammerGuard(clock: Clock): HammerGuard {
  const windows = new LRUCache<string, Window>(atMost(MOST_CLIENTS));
  return {
    check(request, { reading }) {
      if (reading.kind !== "ended") return;
      const key = `${networkOf(request.ip)} ${reading.id}`;
      const now = clock.now();
      const known = windows.get(key);
      const agoMs = known ? now - known.startedAtMs : -1;
      // A clock set back by an hour must not refuse anybody for that hour.
      const window = known && agoMs >= 0 && agoMs < WINDOW_MS ? known : { startedAtMs: now, count: 0 };
      window.count += 1;
      windows.set(key, window);
      if (window.count <= MOST_PER_WINDOW) return;
      const leftMs = window.startedAtMs + WINDOW_MS - now;
      throw new ProblemError({ reason: "rate_limited", retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)) });
    },
  };
}
