import type { Session } from "../model/session.js";
import type { SessionEnding } from "../wire/reasons.js";

/** Limits of ours, beside Cognito's own; null: off. Milliseconds. */
export interface SessionLimits {
  readonly idleTimeoutMs: number | null;
  readonly maxAgeMs: number | null;
}

/** What limits go by. */
type Timed = Pick<Session, "startedAtMs" | "lastSeenAtMs">;

/** The limit that has passed; null while none has. */
export function limitPassed(session: Timed, nowMs: number, limits: SessionLimits): SessionEnding | null {
  if (limits.maxAgeMs !== null && nowMs - session.startedAtMs >= limits.maxAgeMs) return { reason: "expired", cause: "session_lifetime" };
  if (limits.idleTimeoutMs !== null && nowMs - session.lastSeenAtMs >= limits.idleTimeoutMs)
    return { reason: "expired", cause: "idle_timeout" };
  return null;
}

/** The session with this moment as its last activity; the same object while less than a tenth of the idle limit went by, to spare cookies. */
export function touched(session: Session, nowMs: number, limits: SessionLimits): Session {
  if (limits.idleTimeoutMs === null || nowMs - session.lastSeenAtMs < limits.idleTimeoutMs / 10) return session;
  return { ...session, lastSeenAtMs: nowMs };
}

/** When the idle limit passes if nothing happens; null without one. */
export function idleEndsAtMs(session: Pick<Session, "lastSeenAtMs">, limits: SessionLimits): number | null {
  return limits.idleTimeoutMs === null ? null : session.lastSeenAtMs + limits.idleTimeoutMs;
}

/** When the session must end whatever happens: at Cognito's limit, which no refresh extends, or at ours; null where neither is known. */
export function sessionEndsAtMs(
  session: Pick<Session, "startedAtMs">,
  refreshTokenValidityMs: number | null,
  { maxAgeMs }: SessionLimits,
): number | null {
  if (maxAgeMs === null && refreshTokenValidityMs === null) return null;
  return session.startedAtMs + Math.min(refreshTokenValidityMs ?? Number.POSITIVE_INFINITY, maxAgeMs ?? Number.POSITIVE_INFINITY);
}

/** Whether it is over by what is said of its end, and nobody has noticed. One that was used after that shows that what is said is wrong. */
export function isSaidToBeOver({ lastSeenAtMs }: Pick<Session, "lastSeenAtMs">, endsAtMs: number | null, nowMs: number): boolean {
  return endsAtMs !== null && nowMs >= endsAtMs && lastSeenAtMs < endsAtMs;
}
