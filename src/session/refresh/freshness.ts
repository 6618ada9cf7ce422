import type { Session } from "../../model/session.js";

/**
 * How urgent a refresh is.
 *
 * - `fresh`: plenty of life.
 * - `early`: use the token and refresh in the background.
 * - `due`: the token dies within moments, perhaps on the way to the API: wait for the refresh, and use the token if that brings nothing.
 * - `dead`: wait for the refresh.
 */
export type Freshness = "fresh" | "early" | "due" | "dead";

const DUE_MS = 10_000;

/** A number from 0 to 1 that differs from session to session and stays the same for one token. */
function jitter(session: Session): number {
  const digest = session.id.charCodeAt(0) * 31 + session.id.charCodeAt(1) * 7 + session.version * 13;
  return (digest % 64) / 63;
}

function lifeMs(session: Session): number {
  const { issuedAtMs, expiresAtMs } = session.tokens;
  return Math.max(0, expiresAtMs - (issuedAtMs ?? session.refreshedAtMs));
}

/**
 * @param nowMs Cognito's time.
 * @param earlyMs how long before the earliest expiry to refresh, never more than a quarter of the token's life; spread by up to a quarter
 *   of itself, so that sessions begun together (after a deploy, a morning's start) are not refreshed together.
 */
export function freshnessOf(session: Session, nowMs: number, earlyMs: number): Freshness {
  const leftMs = session.tokens.expiresAtMs - nowMs;
  if (leftMs <= 0) return "dead";
  const life = lifeMs(session);
  if (leftMs <= Math.min(DUE_MS, life / 20)) return "due";
  const threshold = Math.min(earlyMs, life / 4) * (0.75 + 0.25 * jitter(session));
  return leftMs <= threshold || session.unverified !== null ? "early" : "fresh";
}
