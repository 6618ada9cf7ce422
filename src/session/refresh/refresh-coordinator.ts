import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { AskTurn, IssuedTokens, RefreshAnswer, TokenSource } from "../../cognito/token-source.js";
import type { TokenVerifier } from "../../cognito/token-verifier.js";
import { type Clock, sleep } from "../../model/clock.js";
import { describeError, type Log } from "../../model/log.js";
import { hasNewerTokens, identityOf, isNewer, type Session, type SessionId } from "../../model/session.js";
import type { KeptKinds, TokenSet } from "../../model/token-set.js";
import type { SessionStore } from "../../store/session-store.js";
import type { Tell } from "../../telemetry/events.js";
import { inSpan, type Tracer } from "../../telemetry/tracing.js";
import type { SessionEnding } from "../../wire/reasons.js";
import type { DoubtGuard } from "./doubt-guard.js";
import { freshnessOf } from "./freshness.js";
import { type IssuedVerdict, verifyIssued } from "./issued-tokens.js";
import { createLastRefresh, type Landing, type RefreshLast } from "./last-refresh.js";
import { createOutcomeMemory, type Hindrance } from "./outcome-memory.js";
import { afterFirst, attemptRefresh, refreshRequestOf } from "./refresh-attempts.js";
import type { Priority, RefreshRateLimiter, Turn } from "./refresh-rate-limiter.js";
import { issuedBy, unverifiedSet, verifiedSet, withoutDead } from "./refreshed-sets.js";

/** What became of a refresh. Never a boolean: an outage is not a verdict. */
export type RefreshOutcome =
  | { readonly kind: "refreshed"; readonly session: Session }
  | { readonly kind: "rejected"; readonly ending: SessionEnding }
  | Hindrance;

export interface RefreshCoordinatorOptions {
  readonly store: SessionStore;
  readonly source: Pick<TokenSource, "refresh">;
  readonly verifier: TokenVerifier;
  readonly time: CognitoTime;
  readonly clock: Clock;
  readonly limiter: RefreshRateLimiter;
  readonly guard: DoubtGuard;
  readonly keep: KeptKinds;
  /** Whether the app client rotates refresh tokens, as far as is known before its first answer tells. */
  readonly rotation: "on" | "off" | "unknown";
  /** How long ahead to refresh. */
  readonly earlyMs: number;
  readonly tracer: Tracer | null;
  readonly tell: Tell;
  readonly log: Log;
  /** Cognito's rejection ends the session: in the store, in the log. */
  readonly end: (session: Session, ending: SessionEnding) => void;
  /** Revokes a token that arrived after its session had ended. */
  readonly revokeLate: (session: Session) => void;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
}

/** One refresh at a time for each session, and what every call makes of it. */
export interface RefreshCoordinator {
  /** The session ready for a call, refreshed if it has to be; the session itself, without a promise, in the ordinary case. */
  ensureUsable(session: Session): Session | Promise<RefreshOutcome>;
  /** Refreshes whatever the token's age. */
  refreshNow(session: Session): Promise<RefreshOutcome>;
  /** For sign-out everywhere, through the same one door. */
  readonly refreshLast: RefreshLast;
  /** From now on only refreshes that a call waits for begin: what one ahead of time brought could be lost with the process. */
  refreshOnlyWhenDue(): void;
  /** Resolves when every refresh under way has ended. */
  settled(): Promise<void>;
}

const LONGEST_EARLY_WAIT_MS = 1_500;
/** A doubtful session is asked about once a minute. */
const DOUBT_RETRY_AFTER_SECONDS = 60;

interface Flight extends Landing {
  readonly outcome: Promise<RefreshOutcome>;
}

export function createRefreshCoordinator(options: RefreshCoordinatorOptions): RefreshCoordinator {
  const { store, verifier, time, clock, limiter, guard, keep, tell, log } = options;
  const memory = createOutcomeMemory(clock);
  const flights = new Map<SessionId, Flight>();
  let { rotation } = options;
  let mayRefreshEarly = true;

  const newestOf = (session: Session): Session => {
    const newest = store.newest(session.id);
    return newest && isNewer(newest, session) ? newest : session;
  };
  const freshness = (session: Session) => freshnessOf(session, time.now(), options.earlyMs);

  /** What a call hears: too many doubtful verdicts are an outage of ours. */
  function answered(outcome: RefreshOutcome): RefreshOutcome {
    if (outcome.kind !== "doubtful" || !guard.tripped()) return outcome;
    return { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: DOUBT_RETRY_AFTER_SECONDS };
  }

  function ended(session: Session): RefreshOutcome | null {
    const known = store.endingOf(session.id);
    return known ? { kind: "rejected", ending: known.ending } : null;
  }

  /** A session that was signed out meanwhile has ended, whatever else went wrong. */
  function hindered(session: Session, hindrance: Hindrance): RefreshOutcome {
    return ended(session) ?? memory.remember(session.id, hindrance);
  }

  /** Step 6 of a refresh: a set is used once its signature, issuer, audience, use and subject are good. */
  async function verify(session: Session, unverified: TokenSet, access = unverified.access?.jwt ?? null): Promise<RefreshOutcome> {
    const id = unverified.id?.jwt;
    const verdict: IssuedVerdict = id
      ? await verifyIssued(verifier, { id, access }, session.subject, session.refreshedAtMs)
      : { kind: "invalid", why: "no ID token" };

    // Signed out while the keys were fetched.
    if (store.endingOf(session.id)) return lateFor(session, issuedBy(unverified, access));
    if (verdict.kind === "undecidable") {
      log.warn({ why: verdict.why }, "a refreshed token could not be verified: Cognito's keys cannot be had");
      return hindered(session, { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 });
    }
    if (verdict.kind === "invalid") {
      const details = { problem: "a refreshed token is not good", why: verdict.why };
      tell({ kind: "alert", alert: "misconfigured", details });
      store.save({ ...session, tokens: { ...session.tokens, refresh: unverified.refresh }, unverified: null });
      return hindered(session, { kind: "misconfigured" });
    }

    const tokens = verifiedSet(unverified, keep);
    const next: Session = { ...session, ...identityOf(tokens.claims), tokens, unverified: null };
    if (!store.save(next)) return lateFor(session, issuedBy(unverified, access));
    memory.forget(session.id);
    tell({ kind: "session_renewed", session: next });
    // With what was learned meanwhile, as later activity.
    return { kind: "refreshed", session: newestOf(next) };
  }

  /** The session ended while Cognito was issuing: what was issued is revoked, and nothing brings the session back. */
  function lateFor(session: Session, issued: IssuedTokens | null): RefreshOutcome {
    const flight = flights.get(session.id);
    if (flight?.awaited) flight.late = issued;
    else options.revokeLate(session);
    return ended(session) ?? { kind: "rejected", ending: { reason: "signed_out", cause: "logout" } };
  }

  async function keepIssued(session: Session, issued: IssuedTokens): Promise<RefreshOutcome> {
    const unverified = unverifiedSet(session, issued, keep);
    if (!unverified) {
      log.error({}, "Cognito's answer holds no token that can be read");
      return hindered(session, { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 });
    }
    if (issued.refresh && rotation !== "on") tell({ kind: "rotation_found" });
    rotation = issued.refresh ? "on" : "off";
    // Saved before anything else can go wrong: with rotation on this is the only refresh token that still works.
    const next: Session = {
      ...session,
      tokens: withoutDead(session.tokens, unverified, time.now()),
      unverified,
      refreshedAtMs: clock.now(),
      version: session.version + 1,
    };
    if (!store.save(next)) return lateFor(next, issued);
    guard.succeeded();
    return verify(next, unverified, issued.access);
  }

  function conclude(session: Session, answer: Exclude<RefreshAnswer, IssuedTokens>): RefreshOutcome | Promise<RefreshOutcome> {
    switch (answer.kind) {
      case "rejected": {
        // Read again: somebody else may have refreshed meanwhile, and the loser of a race never ends a session. Newer tokens alone say so.
        const newest = store.newest(session.id);
        if (newest && hasNewerTokens(newest, session))
          return newest.unverified ? verify(newest, newest.unverified) : { kind: "refreshed", session: newest };
        options.end(session, answer.ending);
        return ended(session) ?? { kind: "rejected", ending: answer.ending };
      }
      case "doubtful":
        guard.doubted();
        if (guard.tripped()) tell({ kind: "alert", alert: "refreshes_doubtful", details: { cause: answer.cause } });
        return answered(hindered(session, answer));
      case "unavailable":
        return hindered(session, { kind: "unavailable", reason: answer.reason, retryAfterSeconds: 1 });
      case "misconfigured":
        tell({ kind: "alert", alert: "misconfigured", details: { problem: answer.problem } });
        return hindered(session, { kind: "misconfigured" });
      case "denied":
        return hindered(session, { kind: "denied" });
    }
  }

  function ask(session: Session, turn: AskTurn): Promise<RefreshAnswer> {
    return attemptRefresh(refreshRequestOf(session, turn), options, () => !store.endingOf(session.id));
  }

  async function run(session: Session, turn: AskTurn, force: boolean): Promise<RefreshOutcome> {
    const before = newestOf(session);
    if (before.unverified && before.unverified.expiresAtMs > time.now()) return verify(before, before.unverified);
    if (!force && freshness(before) === "fresh") return { kind: "refreshed", session: before };
    if ((await turn()) === "timed_out") {
      return hindered(session, { kind: "unavailable", reason: "cognito_throttled", retryAfterSeconds: 1 });
    }
    const gone = ended(session);
    if (gone) return gone;
    return inSpan(options.tracer, "refresh session", {}, async (span) => {
      const askedAtMs = performance.now();
      const current = newestOf(session);
      const answer = await ask(current, afterFirst(turn));
      const outcome = await (answer.kind === "issued" ? keepIssued(current, answer) : conclude(current, answer));
      span?.setAttribute("bff.refresh.result", outcome.kind);
      tell({ kind: "refresh_finished", result: outcome.kind, seconds: (performance.now() - askedAtMs) / 1000 });
      return outcome;
    });
  }

  /** Joins the refresh under way, or starts the session's one. It belongs to the session: a browser that leaves does not abort it. */
  function refresh(session: Session, priority: Priority, force = false): Promise<RefreshOutcome> {
    const gone = ended(session);
    if (gone) return Promise.resolve(gone);
    const under = flights.get(session.id);
    if (under) {
      tell({ kind: "refresh_joined" });
      if (priority === "waiting") under.promote();
      return under.outcome;
    }
    const hindrance = memory.recall(session.id);
    if (hindrance) return Promise.resolve(answered(hindrance));
    let turn: Turn | null = null;
    let wanted = priority;
    const outcome = run(
      session,
      () => {
        turn = limiter.request(wanted);
        return granted(turn);
      },
      force,
    ).finally(() => flights.delete(session.id));
    flights.set(session.id, {
      outcome,
      promote() {
        wanted = "waiting";
        turn?.promote();
      },
      awaited: false,
      late: null,
    });
    return outcome;
  }

  async function granted(turn: Turn): Promise<"granted" | "timed_out"> {
    const result = await turn.granted;
    if (result === "timed_out") tell({ kind: "refresh_turn_missed" });
    return result;
  }

  const refreshLast = createLastRefresh({
    verifier,
    clock,
    landing: (id) => flights.get(id),
    ask: (session, refreshToken) =>
      options.source.refresh(refreshRequestOf(session, () => granted(limiter.request("waiting")), refreshToken)),
  });

  /** A call that had to wait: with a token that still lives, only an end stops it. */
  async function awaitRefresh(session: Session): Promise<RefreshOutcome> {
    const outcome = await refresh(session, "waiting");
    if (outcome.kind === "refreshed" || outcome.kind === "rejected") return outcome;
    const newest = newestOf(session);
    return freshness(newest) === "dead" ? outcome : { kind: "refreshed", session: newest };
  }

  /** The same for a token with life left: a Cognito that hangs must not hold the call up. */
  async function awaitEarly(session: Session): Promise<RefreshOutcome> {
    const waited = new AbortController();
    const enough = sleep(clock, LONGEST_EARLY_WAIT_MS, waited.signal).then((): RefreshOutcome => ({ kind: "refreshed", session }));
    return Promise.race([awaitRefresh(session), enough]).finally(() => waited.abort());
  }

  return {
    ensureUsable(session) {
      switch (freshness(session)) {
        case "fresh":
          return session;
        case "early":
          if (!mayRefreshEarly) return session;
          // With rotation the new refresh token travels on the very answer: in this process's memory alone it could be lost.
          if (rotation !== "off") return awaitEarly(session);
          refresh(session, "background").catch((error: unknown) => {
            log.error({ error: describeError(error) }, "a background refresh failed unexpectedly");
          });
          return session;
        case "due":
        case "dead":
          return awaitRefresh(session);
      }
    },
    refreshNow: (session) => refresh(session, "waiting", true),
    refreshLast,
    refreshOnlyWhenDue() {
      mayRefreshEarly = false;
    },
    async settled() {
      while (flights.size > 0) await Promise.allSettled([...flights.values()].map((flight) => flight.outcome));
    },
  };
}
