import type { IssuedTokens, RefreshAnswer } from "../../cognito/answers.js";
import type { AskTurn } from "../../cognito/api-call.js";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { TokenSource } from "../../cognito/token-source.js";
import type { Cancel, Clock } from "../../model/clock.js";
import { hasNewerTokens, type Session } from "../../model/session.js";
import type { Awaitable, Ended, Lease } from "../../store/session-store.js";
import type { Sessions } from "../../store/sessions.js";
import type { Tell } from "../../telemetry/events.js";
import { inSpan, type Tracer } from "../../telemetry/tracing.js";
import type { SessionEnding } from "../../wire/reasons.js";
import type { DoubtGuard } from "./doubt-guard.js";
import { freshnessOf } from "./freshness.js";
import { type HeldLease, holdLease } from "./held-lease.js";
import type { IssuedSets } from "./issued-sets.js";
import { afterFirst, attemptRefresh, refreshRequestOf } from "./refresh-attempts.js";
import { endedOutcome, type Hindrance, type RefreshOutcome, storeAway } from "./refresh-outcome.js";

/** How long a sibling's refresh is waited for: a little longer than one takes at worst. */
const LONGEST_SIBLING_MS = 10_000;
/** Before the lease is asked for again: others want it as well, and a store that answers at once must not keep this process from all else. */
const ASK_AGAIN_MS = 20;

export interface SessionRefreshOptions {
  readonly sessions: Pick<Sessions, "newestOf" | "endingOf" | "reload" | "lease">;
  readonly sets: IssuedSets;
  readonly source: Pick<TokenSource, "refresh">;
  readonly time: CognitoTime;
  readonly clock: Clock;
  readonly guard: DoubtGuard;
  readonly earlyMs: number;
  readonly tracer: Tracer | null;
  readonly tell: Tell;
  /** Cognito's rejection ends the session, unless somebody has renewed it meanwhile. */
  readonly end: (session: Session, ending: SessionEnding) => Awaitable<Ended>;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
}

/** How a refresh is wanted. */
export interface Wanted {
  readonly turn: AskTurn;
  /** Whether a call waits for it by now. */
  isAwaited(): boolean;
  /** Whatever the token's age. */
  readonly force: boolean;
}

/** One refresh of one session, from the lease to a set that can be used. */
export class SessionRefresh {
  readonly #options: SessionRefreshOptions;

  constructor(options: SessionRefreshOptions) {
    this.#options = options;
  }

  async run(session: Session, wanted: Wanted): Promise<RefreshOutcome> {
    const { sessions, sets, clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + LONGEST_SIBLING_MS;
    const begunWith = sessions.newestOf(session);
    for (;;) {
      const askedAtMs = clock.monotonicMs();
      const leased = await sessions.lease(session.id);
      if (leased.kind === "unavailable") return sets.hindered(session, storeAway(leased.retryAfterSeconds));
      if (leased.kind === "granted") {
        const held = holdLease(leased.lease, askedAtMs, clock);
        return this.#under(held, begunWith, wanted).finally(() => held.release());
      }
      const adopted = await this.#sibling(begunWith, leased.over, deadlineMs);
      if (adopted) return adopted;
      await new Promise<void>((resolve) => void clock.deadline(ASK_AGAIN_MS, resolve));
    }
  }

  /** What a sibling's refresh brought; null where it brought nothing, and somebody else may try. */
  async #sibling(session: Session, over: Promise<void>, deadlineMs: number): Promise<RefreshOutcome | null> {
    const { sets, clock } = this.#options;
    let cancel: Cancel = () => {};
    const late = new Promise<"late">((resolve) => {
      cancel = clock.deadline(deadlineMs - clock.monotonicMs(), () => resolve("late"));
    });
    await Promise.race([over, late]).finally(() => cancel());
    const current = await this.#reload(session);
    if ("kind" in current) return current;
    if (hasNewerTokens(current, session) && !current.unverified) return { kind: "refreshed", session: current };
    // One sibling after the other may have had it, each for a moment.
    if (clock.monotonicMs() < deadlineMs) return null;
    return sets.hindered(session, { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 });
  }

  async #under(held: HeldLease, begunWith: Session, { turn, isAwaited, force }: Wanted): Promise<RefreshOutcome> {
    const { sessions, sets, time, earlyMs } = this.#options;
    // Read again: a sibling may have refreshed before the lease was ours.
    const before = await this.#reload(begunWith);
    if ("kind" in before) return before;
    const unsaved = sets.unsaved(before);
    if (unsaved) return sets.save(unsaved, before.version, held.lease);
    if (before.unverified && before.unverified.expiresAtMs > time.now()) return sets.verify(before, before.unverified, held.lease);
    const wanted = force && !hasNewerTokens(before, begunWith);
    if (!wanted && freshnessOf(before, time.now(), earlyMs) === "fresh") return { kind: "refreshed", session: before };
    if ((await turn()) === "timed_out") {
      const missed: Hindrance = { kind: "unavailable", reason: "cognito_throttled", retryAfterSeconds: 1 };
      // Remembered, a turn missed ahead of time would refuse the next call, which goes before all those.
      return isAwaited() ? sets.hindered(before, missed) : (endedOutcome(sessions, before) ?? missed);
    }
    return endedOutcome(sessions, before) ?? this.#ask(sessions.newestOf(before), held, afterFirst(turn));
  }

  #ask(session: Session, held: HeldLease, turn: AskTurn): Promise<RefreshOutcome> {
    const { sets, tracer, tell } = this.#options;
    return inSpan(tracer, "refresh session", {}, async (span) => {
      const askedAtMs = this.#options.clock.monotonicMs();
      const goOn = () => held.isOurs() && !this.#options.sessions.endingOf(session.id);
      const announced = await held.announce();
      const outcome =
        announced === "announced"
          ? await this.#judge(session, held.lease, await attemptRefresh(refreshRequestOf(session, turn), this.#options, goOn))
          : sets.hindered(session, storeAway(1));
      span?.setAttribute("bff.refresh.result", outcome.kind);
      tell({ kind: "refresh_finished", result: outcome.kind, seconds: (this.#options.clock.monotonicMs() - askedAtMs) / 1000 });
      return outcome;
    });
  }

  async #judge(session: Session, lease: Lease, answer: RefreshAnswer): Promise<RefreshOutcome> {
    return answer.kind === "issued" ? this.#options.sets.take(session, answer, lease) : this.#conclude(session, lease, answer);
  }

  async #conclude(session: Session, lease: Lease, answer: Exclude<RefreshAnswer, IssuedTokens>): Promise<RefreshOutcome> {
    const { sets, guard, tell } = this.#options;
    switch (answer.kind) {
      case "rejected": {
        // Somebody else may have refreshed meanwhile, and the loser of a race never ends a session. Newer tokens alone say so.
        const ended = await this.#options.end(session, answer.ending);
        if (ended.kind === "newer") return sets.adopt(ended.session, lease);
        if (ended.kind === "unavailable") return sets.hindered(session, storeAway(ended.retryAfterSeconds));
        return { kind: "rejected", ending: ended.ending };
      }
      case "doubtful":
        guard.doubted();
        if (guard.tripped()) tell({ kind: "alert", alert: "refreshes_doubtful", details: { cause: answer.cause } });
        return guard.heard(sets.hindered(session, answer));
      case "unavailable":
        return sets.hindered(session, { kind: "unavailable", reason: answer.reason, retryAfterSeconds: 1 });
      case "misconfigured":
        tell({ kind: "alert", alert: "misconfigured", details: { problem: answer.problem } });
        return sets.hindered(session, answer);
      case "denied":
        return sets.hindered(session, answer);
    }
  }

  /** The session as the store has it, or what there is to say instead. */
  async #reload(session: Session): Promise<Session | RefreshOutcome> {
    const loaded = await this.#options.sessions.reload(session);
    if (!("kind" in loaded)) return loaded;
    switch (loaded.kind) {
      case "ended":
        return { kind: "rejected", ending: loaded.ending };
      case "gone":
        return { kind: "doubtful", cause: "unknown" };
      case "unavailable":
        return this.#options.sets.hindered(session, storeAway(loaded.retryAfterSeconds));
    }
  }
}
