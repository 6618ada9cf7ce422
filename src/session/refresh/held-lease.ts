import type { Cancel, Clock } from "../../model/clock.js";
import { answerDeadline } from "../../model/deadline.js";
import type { Lease, Note } from "../../store/session-store.js";

/** Renewed so many times within its length: one renewal that fails loses nothing. */
const RENEWALS = 3;

/** A lease that is renewed for as long as the refresh under it takes. */
export interface HeldLease {
  readonly lease: Lease;
  /** Whether it is ours still, by our own monotonic clock: nothing is begun under one that a sibling may have by now. */
  isOurs(): boolean;
  /** Aborts what was begun under it once it is not ours any more: an answer that has come by then is still read. */
  readonly signal: AbortSignal;
  /** Notes that Cognito is about to be asked. */
  announce(): Promise<"announced" | "lost" | "unavailable">;
  /** When it was asked for, monotonic. */
  readonly askedAtMs: number;
  /** Whether an answer to what was asked under it was lost. */
  readonly answerLost: boolean;
  /** Cognito is asked, once more maybe: what it says may be lost. */
  asking(): void;
  /** It has said something, or nothing that anybody would bring. One answer that was lost keeps the note open, whatever came after it. */
  answered(isLost: boolean): void;
  /** A set is written: whatever was lost before, its token works. */
  settle(): void;
  release(): void;
}

/** @param askedAtMs when it was asked for, monotonic. */
export function holdLease(lease: Lease, askedAtMs: number, clock: Clock): HeldLease {
  const { lastsMs } = lease;
  const controller = new AbortController();
  let oursUntilMs = lastsMs === null ? Number.POSITIVE_INFINITY : askedAtMs + lastsMs;
  let cancelRenewal: Cancel = () => {};
  let cancelEnd: Cancel = () => {};
  let note: Note = "closed";
  let answerLost = false;
  let over = false;

  function end(): void {
    over = true;
    cancelRenewal();
    cancelEnd();
  }

  function endAt(untilMs: number): void {
    oursUntilMs = untilMs;
    cancelEnd();
    cancelEnd = answerDeadline(clock, untilMs - clock.monotonicMs(), () => controller.abort());
  }

  async function renew(everyMs: number, forMs: number): Promise<void> {
    const nowMs = clock.monotonicMs();
    const renewed = await lease.renew();
    if (over) return;
    if (renewed === "lost") {
      // Aborted when it would have run out: an answer may be in the socket already.
      oursUntilMs = Math.min(oursUntilMs, nowMs);
      return;
    }
    // One that is over by the time its answer is read was read late: this process was stopped.
    if (renewed === "renewed" && nowMs + forMs > clock.monotonicMs()) endAt(nowMs + forMs);
    if (oursUntilMs > clock.monotonicMs()) renewLater(everyMs, forMs);
  }

  function renewLater(everyMs: number, forMs: number): void {
    cancelRenewal = clock.deadline(everyMs, () => void renew(everyMs, forMs));
  }

  if (lastsMs !== null) {
    endAt(oursUntilMs);
    renewLater(lastsMs / RENEWALS, lastsMs);
  }
  const isOurs = () => oursUntilMs > clock.monotonicMs();
  return {
    lease,
    isOurs,
    signal: controller.signal,
    async announce() {
      if (!isOurs()) return "lost";
      const announced = await lease.announce();
      // The answer may have taken longer than the lease.
      if (announced === "announced" && !isOurs()) return "lost";
      if (announced === "announced") note = "open";
      return announced;
    },
    askedAtMs,
    get answerLost() {
      return answerLost;
    },
    asking() {
      note = "open";
    },
    answered(isLost) {
      answerLost ||= isLost;
      if (!answerLost) note = "closed";
    },
    settle() {
      note = "closed";
    },
    release() {
      end();
      void lease.release(note);
    },
  };
}
