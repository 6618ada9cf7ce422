import { newestRefreshToken, type Session, type SessionId } from "../model/session.js";
import type { Sessions } from "../store/sessions.js";
import { demandsNewSignIn } from "./demand.js";
import { limitPassed, touched } from "./limits.js";
import { createSessionEndings, type SessionEndings, type SessionEndingsOptions } from "./session-endings.js";
import { createSessionStart, type SessionStartOptions, type SignIn, type StartOutcome } from "./session-start.js";

export interface SessionLifecycleOptions extends SessionStartOptions, SessionEndingsOptions {
  readonly sessions: Sessions;
}

/** Begins and ends sessions. */
export interface SessionLifecycle extends Omit<SessionEndings, "replace"> {
  start(signIn: SignIn): Promise<StartOutcome>;
  /** Whether a session has ended, as far as is known here, in a way after which a sign-in must be a new one. One that a browser brought is ended where a limit of ours has passed. */
  hasEndedForGood(before: Session | SessionId): boolean;
  /** Keeps the session at hand, so that its token can be revoked when a sign-in just begun replaces it. */
  keepAtHand(session: Session): void;
  /** Counts activity, which extends the idle limit. The version that is kept of it, which may be a tenth of the limit behind. */
  touch(session: Session): Session;
  /** The session with the latest activity that this process knows of. */
  latest: Sessions["latest"];
  /** Revokes what arrived after its session had ended. */
  revokeLate(session: Session): void;
}

export function createSessionLifecycle(options: SessionLifecycleOptions): SessionLifecycle {
  const { sessions, revocation, clock, limits, tell } = options;
  const { replace, ...endings } = createSessionEndings(options);

  return {
    ...endings,
    start: createSessionStart(options, replace),

    hasEndedForGood(before) {
      const [id, presented] = typeof before === "string" ? [before, null] : [before.id, before];
      const known = sessions.endingOf(id);
      // One that a newer sign-in replaced was not signed out of.
      if (known) return !known.superseded && demandsNewSignIn(known.ending);
      // Where its cookie is not there, activity may have gone by in another process: then it is not ended here.
      const here = sessions.newest(id);
      const ending = presented ? endings.enforceLimits(presented) : here && limitPassed(sessions.latest(here), clock.now(), limits);
      return ending !== null && demandsNewSignIn(ending);
    },

    keepAtHand: (session) => void sessions.keep(session),

    touch(session) {
      const nowMs = clock.now();
      sessions.noteActivity(session, nowMs);
      const next = touched(session, nowMs, limits);
      if (next !== session) sessions.touch(next);
      return next;
    },

    latest: sessions.latest,

    revokeLate(session) {
      tell({ kind: "refreshed_late", session });
      void revocation.revoke(newestRefreshToken(session), session);
    },
  };
}
