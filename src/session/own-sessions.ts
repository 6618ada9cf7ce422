import type { Clock } from "../model/clock.js";
import type { Session } from "../model/session.js";
import { type Awaitable, after, type Listed, type StoredSession } from "../store/session-store.js";
import type { Sessions } from "../store/sessions.js";
import { isSaidToBeOver, limitPassed, type SessionLimits, sessionEndsAtMs } from "./limits.js";

/** As many as a page can show; whoever has more signs out everywhere. */
const MOST_LISTED = 100;
/** The index may name sessions that have ended by themselves. */
const MOST_ASKED_FOR = 2 * MOST_LISTED;

export interface OwnSessionsOptions {
  readonly sessions: Pick<Sessions, "sessionsOf" | "latest">;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly clock: Pick<Clock, "now">;
  readonly limits: SessionLimits;
  /** How long after its start a session can be refreshed; null where nobody said. */
  readonly refreshableMs: number | null;
}

/** Where a person is signed in: the session in hand first, then the newest hundred. Without it where the store keeps no list. */
export type OwnSessions = (session: Session) => Awaitable<Listed>;

export function createOwnSessions({ sessions, userPoolId, clientId, clock, limits, refreshableMs }: OwnSessionsOptions): OwnSessions {
  /** One that nobody has come back for has no ending yet. */
  function isAlive(listed: StoredSession): boolean {
    const nowMs = clock.now();
    return limitPassed(listed, nowMs, limits) === null && !isSaidToBeOver(listed, sessionEndsAtMs(listed, refreshableMs, limits), nowMs);
  }

  return (session) =>
    after(sessions.sessionsOf(session.subject, MOST_ASKED_FOR), (listed): Listed => {
      if (listed.kind !== "sessions") return listed;
      const others = listed.sessions
        // A store may serve several app clients, and a subject is unique in its pool alone.
        .filter((one) => one.userPoolId === userPoolId && one.clientId === clientId && one.subject === session.subject)
        .filter(({ id }) => id !== session.id)
        .map((one) => sessions.latest(one))
        .filter(isAlive)
        .sort((a, b) => b.startedAtMs - a.startedAtMs);
      return { kind: "sessions", sessions: [sessions.latest(session), ...others].slice(0, MOST_LISTED) };
    });
}
