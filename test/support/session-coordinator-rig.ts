import type { Test } from "tap";
import type { RefreshAnswer } from "../../src/cognito/answers.js";
import { createCognitoTime } from "../../src/cognito/cognito-time.js";
import type { RefreshRequest } from "../../src/cognito/token-source.js";
import type { TokenVerifier } from "../../src/cognito/token-verifier.js";
import { newestRefreshToken, type Session } from "../../src/model/session.js";
import { readClaims } from "../../src/model/token-set.js";
import { createDoubtGuard } from "../../src/session/refresh/doubt-guard.js";
import { createRefreshCoordinator, type RefreshCoordinatorOptions } from "../../src/session/refresh/refresh-coordinator.js";
import type { RefreshOutcome } from "../../src/session/refresh/refresh-outcome.js";
import { createRefreshRateLimiter } from "../../src/session/refresh/refresh-rate-limiter.js";
import { createOwnTurns } from "../../src/session/refresh/turn-supply.js";
import { createSealer } from "../../src/store/sealing.js";
import { after } from "../../src/store/session-store.js";
import { createAuditLog, createUserPseudonym } from "../../src/telemetry/audit-log.js";
import type { BffEvent } from "../../src/telemetry/events.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { collectLog } from "./collected-log.js";
import { createManualClock, type ManualClock } from "./manual-clock.js";
import { HOUR_MS, issuedFor, keyFrom, START_MS, sessionOf } from "./session-fixtures.js";
import { createCookieSessions } from "./session-stores.js";

type Answering = (request: RefreshRequest) => RefreshAnswer | Promise<RefreshAnswer>;
type Verifying = TokenVerifier["verify"];

export interface Asked {
  readonly refreshToken: string;
  readonly username: string;
  readonly deviceKey: string | null;
  readonly atMs: number;
}

export interface RigOptions extends Partial<Pick<RefreshCoordinatorOptions, "keep" | "earlyMs" | "random">> {
  readonly clock?: ManualClock;
  readonly perSecond?: number;
  readonly longestWaitMs?: number;
}

export const subjectOf = (username: string) => username.replace("name-of-", "");

/** A coordinator over a real cookie store, with Cognito's side and the verifier as functions a test replaces. */
export function createCoordinatorRig(options: RigOptions = {}) {
  const clock = options.clock ?? createManualClock(START_MS);
  const log = collectLog();
  const time = createCognitoTime(clock, log);
  const sessions = createCookieSessions({ sealer: createSealer([keyFrom("coordinator")]), clock });
  const asked: Asked[] = [];
  const ended: { readonly session: Session; readonly ending: SessionEnding }[] = [];
  const revokedLate: string[] = [];
  const cognito = {
    answer: ((request) => issuedFor(subjectOf(request.username), { issuedAtMs: clock.now() })) as Answering,
    /** Takes every token for good and learns the time from it, as the real verifier does. */
    verify: (async (jwt, _use, receivedAtMs) => {
      const claims = readClaims(jwt) ?? {};
      if (receivedAtMs !== null && typeof claims["iat"] === "number") time.learn(claims["iat"] * 1000, receivedAtMs);
      return { kind: "valid", claims };
    }) as Verifying,
  };
  const told: BffEvent[] = [];
  const audit = createAuditLog(log, createUserPseudonym([keyFrom("coordinator")]), clock);
  const limiter = createRefreshRateLimiter({
    supply: createOwnTurns({ perSecond: options.perSecond ?? 1_000, clock }),
    longestWaitMs: options.longestWaitMs ?? 5_000,
    clock,
  });
  const coordinator = createRefreshCoordinator({
    sessions,
    source: {
      async refresh(request) {
        // As the real one does before every request.
        if ((await request.turn()) === "timed_out") return unavailable("cognito_throttled");
        asked.push({
          refreshToken: request.refreshToken.reveal(),
          username: request.username,
          deviceKey: request.deviceKey,
          atMs: clock.now(),
        });
        return cognito.answer(request);
      },
    },
    verifier: { haveKeys: async () => "had" as const, verify: (...args) => cognito.verify(...args) },
    time,
    clock,
    limiter,
    guard: createDoubtGuard(clock),
    keep: options.keep ?? { id: true, access: false },
    rotation: "off",
    earlyMs: options.earlyMs ?? 5 * 60_000,
    tracer: null,
    tell(event) {
      told.push(event);
      audit(event);
    },
    log,
    end: (session, ending) =>
      after(sessions.endUnlessRenewed(session, ending), (answer) => {
        if (answer.kind === "ended" && !answer.before) ended.push({ session, ending });
        return answer;
      }),
    revokeLate: (session) => void revokedLate.push(newestRefreshToken(session).reveal()),
    random: options.random ?? (() => 0.5),
  });
  return { clock, log, told, time, store: sessions, sessions, asked, ended, revokedLate, cognito, limiter, coordinator };
}

export type CoordinatorRig = ReturnType<typeof createCoordinatorRig>;

export const unavailable = (reason: "cognito_unavailable" | "cognito_throttled" | "cognito_blocked"): RefreshAnswer => ({
  kind: "unavailable",
  reason,
  answerLost: false,
});
export const EXPIRED: RefreshAnswer = { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_expired" } };
export const LOGOUT = { reason: "signed_out", cause: "logout" } as const;

/** Everything Cognito may say that neither refreshes nor ends a session. */
export const HINDRANCES: readonly (readonly [what: string, answer: RefreshAnswer, outcome: object, attempts: number])[] = [
  ["an outage", unavailable("cognito_unavailable"), { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 }, 3],
  ["throttling", unavailable("cognito_throttled"), { kind: "unavailable", reason: "cognito_throttled", retryAfterSeconds: 1 }, 2],
  ["a WAF block", unavailable("cognito_blocked"), { kind: "unavailable", reason: "cognito_blocked", retryAfterSeconds: 1 }, 1],
  ["a doubtful verdict", { kind: "doubtful", cause: "refresh_token_invalid" }, { kind: "doubtful", cause: "refresh_token_invalid" }, 1],
  ["an unknown text", { kind: "doubtful", cause: "unknown" }, { kind: "doubtful", cause: "unknown" }, 1],
  ["a wrong setting", { kind: "misconfigured", problem: "wrong_client" }, { kind: "misconfigured", problem: "wrong_client" }, 1],
  ["a trigger's refusal", { kind: "denied" }, { kind: "denied" }, 1],
];

/** A rig and a session of one hour, with so much of it left. */
export function rigWith(leftMs: number, options: RigOptions = {}, seed: Parameters<typeof sessionOf>[0] = {}) {
  const rig: CoordinatorRig = createCoordinatorRig(options);
  const session = sessionOf({ issuedAtMs: START_MS - HOUR_MS + leftMs, ...seed });
  const call = (of: Session = session): Promise<RefreshOutcome> => {
    const usable = rig.coordinator.ensureUsable(of);
    return rig.clock.advanceUntilSettled(usable instanceof Promise ? usable : Promise.resolve({ kind: "refreshed", session: usable }));
  };
  return { ...rig, session, call };
}

export const expectRefreshed = (t: Test, outcome: RefreshOutcome): Session => {
  t.equal(outcome.kind, "refreshed");
  if (outcome.kind !== "refreshed") throw new Error(`not refreshed but ${outcome.kind}`);
  return outcome.session;
};

export const VERDICTS = {
  good: { kind: "valid", claims: { sub: "user-1" } },
  undecidable: { kind: "undecidable", why: "FetchError" },
  invalid: { kind: "invalid", why: "JwtInvalidSignatureError" },
} as const;
