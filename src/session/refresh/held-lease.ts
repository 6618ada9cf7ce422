import type { Cancel, Clock } from "../../model/clock.js";
import type { Lease } from "../../store/session-store.js";

/** Renewed so many times within its length: one renewal that fails loses nothing. */
const RENEWALS = 3;

/** A lease that is renewed for as long as the refresh under it takes. */
export interface HeldLease {
  readonly lease: Lease;
  /** Whether it is ours still, by our own monotonic clock: nothing is begun under one that a sibling may have by now. */
  isOurs(): boolean;
  /** Notes that Cognito is about to be asked. */
  announce(): Promise<"announced" | "lost" | "unavailable">;
  release(): void;
}

/** @param askedAtMs when it was asked for, monotonic. */
export function holdLease(lease: Lease, askedAtMs: number, clock: Clock): HeldLease {
  const { lastsMs } = lease;
  let oursUntilMs = lastsMs === null ? Number.POSITIVE_INFINITY : askedAtMs + lastsMs;
  let cancel: Cancel = () => {};
  let over = false;

  async function renew(everyMs: number, forMs: number): Promise<void> {
    const nowMs = clock.monotonicMs();
    const renewed = await lease.renew();
    if (over) return;
    if (renewed === "lost") oursUntilMs = 0;
    if (renewed === "renewed") oursUntilMs = nowMs + forMs;
    if (oursUntilMs > clock.monotonicMs()) renewLater(everyMs, forMs);
  }

  function renewLater(everyMs: number, forMs: number): void {
    cancel = clock.deadline(everyMs, () => void renew(everyMs, forMs));
  }

  if (lastsMs !== null) renewLater(lastsMs / RENEWALS, lastsMs);
  return {
    lease,
    isOurs: () => oursUntilMs > clock.monotonicMs(),
    announce: async () => (oursUntilMs > clock.monotonicMs() ? lease.announce() : "lost"),
    release() {
      over = true;
      cancel();
      void lease.release();
    },
  };
}
