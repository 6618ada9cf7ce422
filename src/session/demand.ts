import type { Claims } from "../model/token-set.js";
import type { SessionEnding } from "../wire/reasons.js";

/**
 * What a sign-in has to be. The `prompt` that asks Cognito for it travels through the browser, where anybody can take it out of the address, and an
 * identity provider may ignore it: so the tokens are held to it.
 */
export interface Demand {
  /** `auth_time` of the session that this one comes after, seconds of Cognito's clock; null where nobody knows it. */
  readonly newerThanSeconds: number | null;
  /** When the sign-in began, by our clock. */
  readonly begunAtMs: number;
}

/** Whether what comes after this ending has to be a new sign-in: Cognito's own cookie would let the person straight back in. */
export function demandsNewSignIn({ reason, cause }: SessionEnding): boolean {
  return reason === "signed_out" || cause === "idle_timeout" || cause === "session_lifetime";
}

/** `auth_time` and `iat` are whole seconds, each rounded down by itself. */
const ROUNDING_SECONDS = 1;

/** Whether the person really signed in for these tokens (OpenID Connect Core 2, `auth_time`), received at `receivedAtMs`. */
export function meetsDemand(claims: Claims, { newerThanSeconds, begunAtMs }: Demand, receivedAtMs: number): boolean {
  const { auth_time: authTime, iat: issuedAt } = claims;
  if (typeof authTime !== "number" || typeof issuedAt !== "number") return false;
  if (newerThanSeconds !== null) return authTime > newerThanSeconds;
  // Two durations, one by Cognito's clock and one by ours, so that no difference between the two matters.
  return issuedAt - authTime <= (receivedAtMs - begunAtMs) / 1000 + ROUNDING_SECONDS;
}
