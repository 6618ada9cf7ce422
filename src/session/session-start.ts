import type { TokenVerifier } from "../cognito/token-verifier.js";
import type { Clock } from "../model/clock.js";
import type { Secret } from "../model/secret.js";
import { createSessionId, identityOf, type Session, type SessionId, type UserAgent } from "../model/session.js";
import { type Claims, createTokenSet, type KeptKinds, largestClaims } from "../model/token-set.js";
import type { Sessions } from "../store/sessions.js";
import type { Tell } from "../telemetry/events.js";
import { type Demand, meetsDemand } from "./demand.js";
import { type IssuedVerdict, verifyIssued } from "./refresh/issued-tokens.js";
import type { Revocation } from "./revocation.js";
import type { SeenSessions } from "./seen-sessions.js";

/** What a sign-in brought. */
export interface SignIn {
  readonly id: Secret;
  readonly access: Secret;
  readonly refresh: Secret;
  /** The nonce this sign-in began with. */
  readonly nonce: string;
  /** What it had to be; null where any sign-in will do. */
  readonly demand: Demand | null;
  /** The session this browser had before, as far as it is known; it ends. */
  readonly previous: Session | SessionId | null;
  /** What came back with it. */
  readonly userAgent: UserAgent | null;
}

export type StartOutcome =
  | { readonly kind: "started"; readonly session: Session; readonly sealed: string }
  /** Cognito's keys cannot be had. */
  | { readonly kind: "undecidable"; readonly why: string }
  /** A token is not what Cognito should have issued for this sign-in. */
  | { readonly kind: "invalid"; readonly why: string }
  /** An earlier sign-in was taken for this one, and a new one had been demanded. */
  | { readonly kind: "too_old" }
  | { readonly kind: "too_large" }
  /** There is nowhere to keep it. */
  | { readonly kind: "store_unavailable"; readonly retryAfterSeconds: number };

export interface SessionStartOptions {
  readonly sessions: Pick<Sessions, "seal" | "begin">;
  readonly verifier: TokenVerifier;
  readonly revocation: Pick<Revocation, "revoke">;
  readonly clock: Clock;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly keep: KeptKinds;
  /** How many bytes of Cookie header a ticket takes, and how many it may. */
  readonly ticketBytes: (sealed: string) => number;
  readonly ticketBudgetBytes: number;
  /** Where sessions are counted. */
  readonly seen: Pick<SeenSessions, "note">;
  readonly tell: Tell;
}

/** Begins a session with what a sign-in brought, or says why there is none; `replace` ends the one that the browser had before. */
export function createSessionStart(
  options: SessionStartOptions,
  replace: (before: Session | SessionId) => void,
): (signIn: SignIn) => Promise<StartOutcome> {
  const { sessions, verifier, revocation, clock, keep, tell } = options;

  async function verify(signIn: SignIn, receivedAtMs: number): Promise<IssuedVerdict> {
    const verdict = await verifyIssued(verifier, signIn, null, receivedAtMs);
    // OpenID Connect Core 3.1.3.7, 11: the nonce binds the token to this sign-in.
    if (verdict.kind === "valid" && verdict.claims["nonce"] !== signIn.nonce) return { kind: "invalid", why: "another nonce" };
    return verdict;
  }

  function sessionOf(signIn: SignIn, { claims, accessClaims }: Extract<IssuedVerdict, { kind: "valid" }>, nowMs: number): Session {
    return {
      // A new id at every sign-in: nothing that was planted before it is worth anything after (session fixation).
      id: createSessionId(),
      userPoolId: options.userPoolId,
      clientId: options.clientId,
      ...identityOf(claims),
      deviceKey: deviceKeyOf(accessClaims),
      userAgent: signIn.userAgent,
      tokens: createTokenSet({
        refresh: signIn.refresh.reveal(),
        claims,
        id: keep.id ? signIn.id.reveal() : null,
        access: keep.access && accessClaims ? { jwt: signIn.access.reveal(), claims: accessClaims } : null,
      }),
      unverified: null,
      startedAtMs: nowMs,
      lastSeenAtMs: nowMs,
      refreshedAtMs: nowMs,
      version: 1,
    };
  }

  return async (signIn) => {
    const nowMs = clock.now();
    const verdict = await verify(signIn, nowMs);
    if (verdict.kind !== "valid") {
      void revocation.revoke(signIn.refresh, null);
      return verdict;
    }
    const { claims } = verdict;
    if (signIn.demand && !meetsDemand(claims, signIn.demand, nowMs)) {
      void revocation.revoke(signIn.refresh, null);
      return { kind: "too_old" };
    }
    const session = sessionOf(signIn, verdict, nowMs);
    const sealed = sessions.seal(session);
    const bytes = options.ticketBytes(sealed);
    if (bytes > options.ticketBudgetBytes) {
      const fits = { cookie_bytes: bytes, budget_bytes: options.ticketBudgetBytes };
      const details = { at: "sign-in", ...fits, largest_claims: largestClaims(claims) };
      tell({ kind: "alert", alert: "session_too_large", details });
      void revocation.revoke(signIn.refresh, session);
      return { kind: "too_large" };
    }
    const saved = await sessions.begin(session);
    if (saved.kind !== "saved") {
      void revocation.revoke(signIn.refresh, session);
      return { kind: "store_unavailable", retryAfterSeconds: saved.kind === "unavailable" ? saved.retryAfterSeconds : 1 };
    }
    if (signIn.previous) replace(signIn.previous);
    options.seen.note(session);
    tell({ kind: "session_started", session, cookieBytes: bytes });
    return { kind: "started", session, sealed };
  };
}

function deviceKeyOf(accessClaims: Claims | null): string | null {
  const key = accessClaims?.["device_key"];
  return typeof key === "string" ? key : null;
}
