import type { RefreshAnswer } from "../../cognito/answers.js";
import type { AskTurn } from "../../cognito/api-call.js";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { TokenSource } from "../../cognito/token-source.js";
import type { Cancel, Clock } from "../../model/clock.js";
import { hasNewerTokens, newestRefreshToken, type Session } from "../../model/session.js";
import type { Awaitable, Ended } from "../../store/session-store.js";
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
/**
 * After so long under its lease a refresh begins no further request: with one turn, its request and what is left to write it is over within half a
 * minute, however many sets came too late and however scarce turns are. Others hear 503 before that.
 */
const LONGEST_ASKING_MS = 15_000;

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
  /** Cognito's rejection ends the session, unless somebody has renewed it meanwhile. `answerLost`: an earlier answer to this process was lost. */
  readonly end: (session: Session, ending: SessionEnding, answerLost: boolean) => Awaitable<Ended>;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
}

/** How a refresh is wanted. */
export interface Wanted {
  readonly turn: AskTurn;
  /** Whether a call waits for it by now. */
  isAwaited(): boolean;
  /** Whether others wait for turns. */
  isCrowded(): boolean;
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
        const outcome = await this.#under(held, begunWith, wanted).finally(() => held.release());
        if (outcome !== "lost") return outcome;
        // This process was stopped, or cut off from the store, before it asked anything: a sibling may have refreshed meanwhile.
        if (clock.monotonicMs() > deadlineMs + LONGEST_SIBLING_MS) return sets.hindered(session, storeAway(1));
      } else {
        const adopted = await this.#sibling(begunWith, leased.over, deadlineMs, wanted);
        if (adopted) return adopted;
      }
      await new Promise<void>((resolve) => void clock.deadline(ASK_AGAIN_MS, resolve));
    }
  }

  /** What a sibling's refresh brought; null where it brought nothing, and somebody else may try. */
  async #sibling(session: Session, over: Promise<void>, deadlineMs: number, { isCrowded }: Wanted): Promise<RefreshOutcome | null> {
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
    // Where others wait for turns here, siblings do there.
    const reason = isCrowded() ? "cognito_throttled" : "cognito_unavailable";
    return sets.hindered(session, { kind: "unavailable", reason, retryAfterSeconds: 1 });
  }

  async #under(held: HeldLease, begunWith: Session, { turn, isAwaited, force }: Wanted): Promise<RefreshOutcome | "lost"> {
    const { sessions, sets, time, earlyMs } = this.#options;
    // Read again: a sibling may have refreshed before the lease was ours.
    let before = await this.#reload(begunWith);
    if ("kind" in before) return before;
    const unsaved = sets.unsaved(before);
    if (unsaved) {
      const saved = await sets.save(unsaved, unsaved.version - 1, held);
      if (saved.kind !== "refreshed") return saved;
      before = saved.session;
    }
    if (before.unverified && before.unverified.expiresAtMs > time.now()) return sets.verify(before, before.unverified, held);
    const wanted = force && !hasNewerTokens(before, begunWith);
    if (!wanted && freshnessOf(before, time.now(), earlyMs) === "fresh") return { kind: "refreshed", session: before };
    const turned = await turn();
    if (turned === "unavailable") return sets.hindered(before, storeAway(1));
    if (turned === "timed_out") {
      const missed: Hindrance = { kind: "unavailable", reason: "cognito_throttled", retryAfterSeconds: 1 };
      // Remembered, a turn missed ahead of time would refuse the next call, which goes before all those.
      return isAwaited() ? sets.hindered(before, missed) : (endedOutcome(sessions, before) ?? missed);
    }
    return endedOutcome(sessions, before) ?? this.#ask(sessions.newestOf(before), held, afterFirst(turn));
  }

  #ask(session: Session, held: HeldLease, turn: AskTurn): Promise<RefreshOutcome | "lost"> {
    const { tracer, tell, clock } = this.#options;
    return inSpan(tracer, "refresh session", {}, async (span) => {
      const askedAtMs = clock.monotonicMs();
      const announced = await held.announce();
      if (announced === "lost") return announced;
      const outcome =
        announced === "announced"
          ? await this.#conclude(session, held, turn, await this.#attempt(session, held, turn))
          : this.#options.sets.hindered(session, storeAway(1));
      span?.setAttribute("bff.refresh.result", outcome.kind);
      tell({ kind: "refresh_finished", result: outcome.kind, seconds: (clock.monotonicMs() - askedAtMs) / 1000 });
      return outcome;
    });
  }

  /** Asks Cognito, under the lease alone. */
  async #attempt(session: Session, held: HeldLease, turn: AskTurn, refreshToken = newestRefreshToken(session)): Promise<RefreshAnswer> {
    const { clock } = this.#options;
    const goOn = () => held.isOurs() && !this.#options.sessions.endingOf(session.id);
    // A turn may take long.
    const turnInTime: AskTurn = async () => {
      if (clock.monotonicMs() - held.askedAtMs > LONGEST_ASKING_MS) return "timed_out";
      const turned = await turn();
      return turned === "granted" && !held.isOurs() ? "timed_out" : turned;
    };
    const request = { ...refreshRequestOf(session, turnInTime, refreshToken), signal: held.signal };
    held.asking();
    const { answer, answerLost } = await attemptRefresh(request, this.#options, goOn);
    // What was issued closes the note once it is written.
    if (answer.kind !== "issued") held.answered(answerLost);
    return answer;
  }

  async #conclude(session: Session, held: HeldLease, turn: AskTurn, answer: RefreshAnswer): Promise<RefreshOutcome> {
    const { sets, guard, tell } = this.#options;
    switch (answer.kind) {
      case "issued":
        return sets.take(session, answer, held);
      case "rejected":
        return this.#rejected(session, held, turn, answer.ending);
      case "doubtful": {
        const newer = await this.#newer(session, held);
        if (newer) return newer;
        guard.doubted();
        if (guard.tripped()) tell({ kind: "alert", alert: "refreshes_doubtful", details: { cause: answer.cause } });
        return guard.heard(sets.hindered(session, answer));
      }
      case "unavailable":
        return sets.hindered(session, held.isOurs() ? { kind: "unavailable", reason: answer.reason, retryAfterSeconds: 1 } : storeAway(1));
      case "misconfigured":
        tell({ kind: "alert", alert: "misconfigured", details: { problem: answer.problem } });
        return sets.hindered(session, answer);
      case "denied":
        return sets.hindered(session, answer);
    }
  }

  async #rejected(session: Session, held: HeldLease, turn: AskTurn, ending: SessionEnding): Promise<RefreshOutcome> {
    const { sets } = this.#options;
    const alternate = ending.cause === "refresh_token_reused" ? await this.#tryAlternates(session, held, turn) : null;
    if (alternate) return alternate;
    // Somebody else may have refreshed meanwhile, and the loser of a race never ends a session. Newer tokens alone say so.
    const ended = await this.#options.end(session, ending, held.answerLost);
    if (ended.kind === "newer") return sets.adopt(ended.session, held);
    if (ended.kind === "unavailable") return sets.hindered(session, storeAway(ended.retryAfterSeconds));
    return { kind: "rejected", ending: ended.ending };
  }

  /**
   * Cognito rotated the session's token once more than anybody wrote: within its grace period a late request forks the family, and the newest child
   * wins (docs/decisions/020). What such a request brought was kept. Null where nothing was, or nothing of it works.
   */
  async #tryAlternates(session: Session, held: HeldLease, turn: AskTurn): Promise<RefreshOutcome | null> {
    const { sets } = this.#options;
    const alternates = await held.lease.alternates();
    if ("kind" in alternates) return sets.hindered(session, storeAway(alternates.retryAfterSeconds));
    if (alternates.length === 0) return null;
    const newer = await this.#newer(session, held);
    if (newer) return newer;
    for (const alternate of alternates) {
      const answer = await this.#attempt(session, held, turn, newestRefreshToken(alternate));
      const isReused = answer.kind === "rejected" && answer.ending.cause === "refresh_token_reused";
      if (!isReused) return this.#conclude(session, held, turn, answer);
    }
    return null;
  }

  /** What a sibling has written meanwhile; null where nobody has. */
  async #newer(session: Session, held: HeldLease): Promise<RefreshOutcome | null> {
    const current = await this.#reload(session);
    if ("kind" in current) return current;
    return hasNewerTokens(current, session) ? this.#options.sets.adopt(current, held) : null;
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
