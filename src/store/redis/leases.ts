import { randomBytes } from "node:crypto";
import type { Cancel, Clock } from "../../model/clock.js";
import type { Session, SessionId } from "../../model/session.js";
import type { Lease, Leased } from "../session-store.js";
import { type Announcements, releasedMessage } from "./announcements.js";
import { CHANNEL, intentsKey, leaseKey, recordKey } from "./keys.js";
import type { RedisLink } from "./redis-link.js";
import { listIn, numberIn, wordIn } from "./replies.js";
import { ANNOUNCE, LEASE, RELEASE, RENEW } from "./scripts.js";

const LEASE_MS = 5_000;
/** How long a holder may take to come back with what Cognito said: so long a rejection as reused ends nothing. */
export const INTENT_MS = 120_000;
/** Its note is kept for longer, so that the log can say why the session was lost. */
const NOTE_KEPT_MS = 24 * 60 * 60 * 1000;
/** Without messages whoever waits looks again so often. */
const LOOK_AGAIN_MS = 200;

export interface LeasesOptions {
  readonly link: RedisLink;
  readonly announcements: Announcements;
  readonly clock: Clock;
  /** Five seconds unless a test says otherwise. */
  readonly leaseMs?: number | undefined;
  /** The sets that came too late, the newest first. */
  readonly alternates: (id: SessionId) => Promise<readonly Session[]>;
  /** How long the count of fences is kept of a session that has no record. */
  readonly fenceForMs: number;
}

export interface Leases {
  lease(id: SessionId): Promise<Leased>;
  /** The fence of the lease that this process has on a session; 0 where it has none. */
  fenceOf(id: SessionId): number;
}

/** Those who wait for leases of other processes. */
class Waiters {
  readonly #waiting = new Map<SessionId, Set<() => void>>();

  /** Resolves once it is given back. */
  add(id: SessionId): { readonly released: Promise<void>; readonly leave: () => void } {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    let leave = () => {};
    const released = new Promise<void>((resolve) => {
      leave = () => {
        waiting.delete(resolve);
        if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
      };
      waiting.add(resolve);
    });
    return { released, leave };
  }

  release(id: SessionId): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const resolve of waiting ?? []) resolve();
  }
}

export function createLeases({ link, announcements, clock, leaseMs = LEASE_MS, alternates, fenceForMs }: LeasesOptions): Leases {
  const waiters = new Waiters();
  const held = new Map<SessionId, number>();
  announcements.onReleased((id) => waiters.release(id));

  function granted(id: SessionId, token: string, fence: number): Lease {
    held.set(id, fence);
    const keys = [leaseKey(id), intentsKey(id)];
    return {
      fence,
      lastsMs: leaseMs,
      renew: async () => (numberIn(await link.run(RENEW, [leaseKey(id)], [token, String(leaseMs)])) === 1 ? "renewed" : "lost"),
      announce: async () =>
        numberIn(await link.run(ANNOUNCE, keys, [token, String(fence), String(NOTE_KEPT_MS)])) === 1 ? "announced" : "lost",
      alternates: () => alternates(id),
      async release(note) {
        if (held.get(id) === fence) held.delete(id);
        await link.run(RELEASE, keys, [token, String(fence), CHANNEL, releasedMessage(id), note === "closed" ? "1" : "0"]);
      },
    };
  }

  /** Until it was given back, as far as that is heard, and no longer than the lease lasts. */
  function over(released: Promise<void>, leave: () => void, leftMs: number): Promise<void> {
    let cancel: Cancel = () => {};
    const runsOut = new Promise<void>((resolve) => {
      cancel = clock.deadline(announcements.isCurrent() ? leftMs : Math.min(leftMs, LOOK_AGAIN_MS), resolve);
    });
    return Promise.race([released, runsOut]).finally(() => {
      cancel();
      leave();
    });
  }

  return {
    async lease(id) {
      const token = randomBytes(16).toString("base64url");
      // Before it is asked for: the message may come before the answer.
      const { released, leave } = waiters.add(id);
      try {
        const answer = listIn(await link.run(LEASE, [recordKey(id), leaseKey(id)], [token, String(leaseMs), String(fenceForMs)]));
        if (wordIn(answer[0], ["held", "granted"]) === "held") {
          const leftMs = Math.min(leaseMs, Math.max(0, numberIn(answer[1])));
          return { kind: "held", over: over(released, leave, leftMs) };
        }
        leave();
        return { kind: "granted", lease: granted(id, token, numberIn(answer[1])) };
      } catch (error) {
        leave();
        throw error;
      }
    },
    fenceOf: (id) => held.get(id) ?? 0,
  };
}
