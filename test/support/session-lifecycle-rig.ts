import type { RefreshAnswer, RevokeAnswer } from "../../src/cognito/answers.js";
import type { AskTurn } from "../../src/cognito/api-call.js";
import { createCognitoTime } from "../../src/cognito/cognito-time.js";
import type { TokenSource } from "../../src/cognito/token-source.js";
import type { Verdict } from "../../src/cognito/token-verifier.js";
import { Secret } from "../../src/model/secret.js";
import { type Claims, readClaims } from "../../src/model/token-set.js";
import { createDoubtGuard } from "../../src/session/refresh/doubt-guard.js";
import { createRefreshCoordinator } from "../../src/session/refresh/refresh-coordinator.js";
import { createRefreshRateLimiter } from "../../src/session/refresh/refresh-rate-limiter.js";
import { createOwnTurns } from "../../src/session/refresh/turn-supply.js";
import { createRevocation } from "../../src/session/revocation.js";
import { NOTHING_SEEN } from "../../src/session/seen-sessions.js";
import { createSessionLifecycle, type SessionLifecycleOptions } from "../../src/session/session-lifecycle.js";
import type { SignIn } from "../../src/session/session-start.js";
import { createSignOut } from "../../src/session/sign-out.js";
import { createCookieWriter } from "../../src/store/cookies.js";
import { createSealer } from "../../src/store/sealing.js";
import { createAuditLog, createUserPseudonym } from "../../src/telemetry/audit-log.js";
import { collectLog } from "./collected-log.js";
import { createManualClock, type ManualClock } from "./manual-clock.js";
import {
  accessClaims,
  CLIENT_ID,
  HOUR_MS,
  idClaims,
  issuedFor,
  jwtOf,
  keyFrom,
  MINUTE_MS,
  START_MS,
  USER_POOL_ID,
} from "./session-fixtures.js";
import { createCookieSessions } from "./session-stores.js";

export const OUTAGE = { kind: "unavailable", reason: "cognito_unavailable", answerLost: false } as const;
/** The same of a GlobalSignOut that Cognito may have acted on. */
export const LOST_SIGN_OUT = { ...OUTAGE, answerLost: true } as const;

/** A rate that never makes anybody wait. */
export const GRANTED: AskTurn = async () => "granted";

export interface LifecycleRigOptions extends Partial<SessionLifecycleOptions> {
  readonly clock?: ManualClock;
}

export function createLifecycleRig(options: LifecycleRigOptions = {}) {
  const clock = options.clock ?? createManualClock(START_MS);
  const log = collectLog();
  const cookies = createCookieWriter({ publicUrl: "https://app.example.com", sameSite: "strict" });
  const sessions = createCookieSessions({ sealer: createSealer([keyFrom("lifecycle")]), clock });
  const tell = createAuditLog(log, createUserPseudonym([keyFrom("lifecycle")]), clock);
  const revoked: string[] = [];
  const signedOutEverywhere: string[] = [];
  const cognito = {
    revoke: (): RevokeAnswer => ({ kind: "revoked" }),
    signOutEverywhere: (): RevokeAnswer => ({ kind: "revoked" }),
    refresh: (): RefreshAnswer | Promise<RefreshAnswer> => issuedFor("user-1", { issuedAtMs: clock.now() }, "rotated"),
    verify: (jwt: string): Verdict => ({ kind: "valid", claims: readClaims(jwt) ?? {} }),
  };
  const refreshed: string[] = [];
  const source: TokenSource = {
    async refresh(request) {
      if ((await request.turn()) !== "granted") return { kind: "unavailable", reason: "cognito_throttled", answerLost: false };
      refreshed.push(request.refreshToken.reveal());
      return cognito.refresh();
    },
    async revoke(token) {
      revoked.push(token.reveal());
      return cognito.revoke();
    },
    async signOutEverywhere(token) {
      signedOutEverywhere.push(token.reveal());
      return cognito.signOutEverywhere();
    },
    async load() {},
    close() {},
  };
  const verifications: (readonly [use: string, receivedAtMs: number | null])[] = [];
  const revocation = createRevocation({ source, turn: GRANTED, confirmed: (options.sessions ?? sessions).revoked, clock, tell, log });
  const lifecycle = createSessionLifecycle({
    seen: NOTHING_SEEN,
    sessions,
    verifier: {
      haveKeys: async () => "had" as const,
      async verify(jwt, use, receivedAtMs) {
        verifications.push([use, receivedAtMs]);
        return cognito.verify(jwt);
      },
    },
    revocation,
    clock,
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    keep: { id: true, access: false },
    limits: { idleTimeoutMs: 10 * MINUTE_MS, maxAgeMs: HOUR_MS },
    ticketBytes: cookies.ticketBytes,
    ticketBudgetBytes: 8_000,
    tell,
    ...options,
  });
  const time = createCognitoTime(clock, log);
  // A test may have given its own.
  const parts = { sessions: options.sessions ?? sessions, clock };
  const coordinator = createRefreshCoordinator({
    ...parts,
    source,
    verifier: { haveKeys: async () => "had" as const, verify: async (jwt) => cognito.verify(jwt) },
    time,
    limiter: createRefreshRateLimiter({ supply: createOwnTurns({ perSecond: 1_000, clock }), longestWaitMs: 5_000, clock }),
    guard: createDoubtGuard(clock),
    keep: { id: true, access: false },
    rotation: "unknown",
    earlyMs: 5 * MINUTE_MS,
    tracer: null,
    tell,
    log,
    end: lifecycle.endRejected,
    revokeLate: lifecycle.revokeLate,
    random: () => 0.5,
  });
  const signOut = createSignOut({ ...parts, lifecycle, coordinator, source, revocation, turn: GRANTED, time });
  return {
    clock,
    log,
    store: sessions,
    sessions,
    cognito,
    coordinator,
    lifecycle,
    signOut,
    refreshed,
    revoked,
    signedOutEverywhere,
    verifications,
  };
}

export type LifecycleRig = ReturnType<typeof createLifecycleRig>;

export function signInWith(fields: Partial<SignIn> = {}): SignIn {
  return {
    id: new Secret(jwtOf(idClaims("user-1", {}, { nonce: "the-nonce" }))),
    access: new Secret(jwtOf(accessClaims("user-1"))),
    refresh: new Secret("the-refresh-token"),
    nonce: "the-nonce",
    previous: null,
    userAgent: null,
    demand: null,
    ...fields,
  };
}

export const withAccess = (claims: Claims) => signInWith({ access: new Secret(jwtOf(accessClaims("user-1", {}, claims))) });
export const withId = (claims: Claims) => signInWith({ id: new Secret(jwtOf(idClaims("user-1", {}, { nonce: "the-nonce", ...claims }))) });
