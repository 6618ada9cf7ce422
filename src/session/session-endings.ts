import type { Cancel, Clock } from "../model/clock.js";
import { Listeners } from "../model/listeners.js";
import { newestRefreshToken, type Session, type SessionId } from "../model/session.js";
import { type Awaitable, after, type Ended, type StoreUnavailable } from "../store/session-store.js";
import type { Sessions } from "../store/sessions.js";
import type { Tell } from "../telemetry/events.js";
import type { SessionEnding } from "../wire/reasons.js";
import { limitPassed, type SessionLimits } from "./limits.js";
import type { Revocation } from "./revocation.js";

export interface SessionEndingsOptions {
  readonly sessions: Pick<
    Sessions,
    "newest" | "endingOf" | "latest" | "areShared" | "end" | "endUnlessRenewed" | "endUnlessUsed" | "onEndedElsewhere" | "onFoundLate"
  >;
  readonly revocation: Pick<Revocation, "revoke">;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly tell: Tell;
}

/** The ways in which sessions end. Each is told of once, and whoever listens hears of all. */
export interface SessionEndings {
  /** Ends the session here alone, at once; `SignOut` ends it at Cognito as well. Its newest version, whose tokens live on. */
  end(session: Session, ending: SessionEnding): Awaitable<Session>;
  /** Ends a session that the store could not be asked for, for a person who wants to leave; by its id where their ticket holds no more. */
  endUnseen(unseen: Session | SessionId, ending: SessionEnding): void;
  /**
   * Ends the session on Cognito's verdict, unless somebody has renewed it meanwhile: the loser of a race ends nothing.
   *
   * @param answerLost an answer of Cognito's to this process never came, and may have brought the token that would still work.
   */
  endRejected(session: Session, ending: SessionEnding, answerLost: boolean): Awaitable<Ended>;
  /** Calls back at every ending this process hears of, whoever brought it about; a session that a new sign-in replaced has ended too. */
  onEnded(listener: (id: SessionId, ending: SessionEnding) => void): Cancel;
  /**
   * Ends a session that seems idle, unless another process has seen the person: the store decides. The session as it goes on, or as it was where it
   * has ended, of its own accord or before.
   */
  endIfIdle(session: Session): Awaitable<Session | StoreUnavailable>;
  /** Ends the session when a limit of ours has passed; the idle limit of one that is shared is `endIfIdle`'s. */
  enforceLimits(session: Session): SessionEnding | null;
  /** Ends the session that a newer sign-in in the same browser takes the place of, and revokes its token. */
  replace(before: Session | SessionId): void;
}

/** @param ended told of each that it has ended, with its newest version. */
function createIdleEnding(
  { sessions, clock, limits }: SessionEndingsOptions,
  ended: (last: Session, ending: SessionEnding) => void,
): SessionEndings["endIfIdle"] {
  return function endIfIdle(session) {
    const latest = sessions.latest(session);
    const ending = limitPassed(latest, clock.now(), limits);
    if (ending?.cause !== "idle_timeout" || sessions.endingOf(session.id)) return session;
    return after(sessions.endUnlessUsed(latest, ending), (answer): Awaitable<Session | StoreUnavailable> => {
      switch (answer.kind) {
        case "newer":
          return endIfIdle(sessions.newest(session.id) ?? answer.session);
        case "unavailable":
          return answer;
        case "ended":
          if (!answer.before) ended(answer.last ?? session, ending);
          return session;
      }
    });
  };
}

export function createSessionEndings(options: SessionEndingsOptions): SessionEndings {
  const { sessions, revocation, clock, limits, tell } = options;
  const onEnded = new Listeners<[id: SessionId, ending: SessionEnding]>();
  const announce = (id: SessionId, ending: SessionEnding) => onEnded.tell(id, ending);

  function end(session: Session, ending: SessionEnding): Awaitable<Session> {
    if (sessions.endingOf(session.id)) return session;
    const last = sessions.end(session, ending);
    tell({ kind: "session_ended", id: session.id, ending, known: knownOf(session), replaced: false });
    announce(session.id, ending);
    return after(last, (newest) => newest ?? session);
  }

  function endRejected(session: Session, ending: SessionEnding, answerLost: boolean): Awaitable<Ended> {
    const known = sessions.endingOf(session.id);
    if (known) return { kind: "ended", ...known, before: true, last: null, unanswered: false };
    return after(sessions.endUnlessRenewed(session, ending), (answer) => {
      if (answer.kind === "ended") {
        const isReused = ending.cause === "refresh_token_reused";
        const lost = isReused && (answerLost || answer.unanswered);
        if (!answer.before) tell({ kind: "session_ended", id: session.id, ending, known: knownOf(session), replaced: false, lost });
        // RFC 9700 4.14.2: whoever used it holds the one that works, which ends with any of its family. Only a shared store knows that it was none of ours.
        if (isReused && answer.last) void revocation.revoke(newestRefreshToken(answer.last), answer.last);
        announce(session.id, answer.ending);
      }
      return answer;
    });
  }

  const knownOf = ({ subject, startedAtMs }: Session) => ({ subject, ageSeconds: Math.round((clock.now() - startedAtMs) / 1000) });

  function replace(before: Session | SessionId): void {
    const [id, presented] = typeof before === "string" ? [before, null] : [before.id, before];
    const previous = sessions.newest(id) ?? presented;
    const known = sessions.endingOf(id);
    const ending: SessionEnding = { reason: "signed_out", cause: "logout" };
    const last = sessions.end(id, ending, true);
    if (!known) tell({ kind: "session_ended", id, ending, known: previous && knownOf(previous), replaced: true });
    announce(id, ending);
    void after(last, (newest) => {
      const ended = newest ?? previous;
      if (ended) void revocation.revoke(newestRefreshToken(ended), ended);
    });
  }

  function enforceLimits(session: Session): SessionEnding | null {
    if (!limitPassed(session, clock.now(), limits)) return null;
    const ending = limitPassed(sessions.latest(session), clock.now(), limits);
    // It has been in time when it was read.
    if (ending?.cause === "idle_timeout" && sessions.areShared) return null;
    if (ending) void after(end(session, ending), (last) => void revocation.revoke(newestRefreshToken(last), last));
    return ending;
  }

  const revoke = (last: Session) => void revocation.revoke(newestRefreshToken(last), last);

  sessions.onEndedElsewhere(announce);
  sessions.onFoundLate(revoke);

  return {
    end,
    endRejected,
    endIfIdle: createIdleEnding(options, (last, ending) => {
      tell({ kind: "session_ended", id: last.id, ending, known: knownOf(last), replaced: false });
      announce(last.id, ending);
      revoke(last);
    }),
    enforceLimits,
    replace,
    endUnseen(unseen, ending) {
      const [id, carried] = typeof unseen === "string" ? [unseen, null] : [unseen.id, unseen];
      if (sessions.endingOf(id)) return;
      const last = sessions.end(unseen, ending);
      tell({ kind: "session_ended", id, ending, known: carried && knownOf(carried), replaced: false });
      announce(id, ending);
      void after(last, (newest) => newest && revoke(newest));
    },
    onEnded: (listener) => onEnded.add(listener),
  };
}
