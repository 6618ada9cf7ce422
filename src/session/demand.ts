import type { Claims } from "../model/token-set.js";
import type { SessionEnding } from "../wire/reasons.js";

/**
 * What a sign-in has to be. The `prompt` that asks Cognito for it travels through the browser, where anybody can take it out of the address, and an
 * identity provider may ignore it: so the tokens are held to it.
 */
export interface Demand extends Beginning {
  /** `auth_time` of the session that this one comes after, seconds of Cognito's clock; null where nobody knows it. */
  readonly newerThanSeconds: number | null;
}

/** When a sign-in began. */
export interface Beginning {
  /** By the clock of the process where it did. */
  readonly begunAtMs: number;
  /** By Cognito's, as far as that process had learned it. */
  readonly begunForCognitoMs: number | null;
}

/** Whether what comes after this ending has to be a new sign-in: Cognito's own cookie would let the person straight back in. */
export function demandsNewSignIn({ reason, cause }: SessionEnding): boolean {
  return reason === "signed_out" || cause === "idle_timeout" || cause === "session_lifetime";
}

/** `auth_time` and `iat` are whole seconds, each rounded down by itself. */
const ROUNDING_SECONDS = 1;
/** Below it what was learned of Cognito's clock is less exact than our own: small differences, and the network's delay. */
const EXACT_MS = 10_000;

/** Whether the person really signed in for these tokens (OpenID Connect Core 2, `auth_time`), received at `receivedAtMs`. */
export function meetsDemand(claims: Claims, demand: Demand, receivedAtMs: number): boolean {
  const { newerThanSeconds, begunAtMs, begunForCognitoMs } = demand;
  const { auth_time: authTime, iat: issuedAt } = claims;
  if (typeof authTime !== "number" || typeof issuedAt !== "number") return false;
  if (newerThanSeconds !== null) return authTime > newerThanSeconds;
  // Two durations, one by Cognito's clock and one by ours, so that no difference between the two matters; unless it began at another process
  // whose clock is not ours, which what that one had learned of Cognito's shows.
  const oursMs = receivedAtMs - begunAtMs;
  const cognitosMs = begunForCognitoMs === null ? oursMs : issuedAt * 1000 - begunForCognitoMs;
  const lastedMs = Math.abs(cognitosMs - oursMs) <= EXACT_MS ? oursMs : cognitosMs;
  return issuedAt - authTime <= lastedMs / 1000 + ROUNDING_SECONDS;
}
