import { LRUCache } from "lru-cache";
import { atMost } from "../../model/at-most.js";
import type { Clock } from "../../model/clock.js";
import { authTimeOf, type Session, type SessionId } from "../../model/session.js";
import { largestClaims } from "../../model/token-set.js";
import type { RefreshCoordinator } from "../../session/refresh/refresh-coordinator.js";
import type { RefreshOutcome } from "../../session/refresh/refresh-outcome.js";
import type { SeenSessions } from "../../session/seen-sessions.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import { type CookieWriter, readSessionCookies } from "../../store/cookies.js";
import { after } from "../../store/session-store.js";
import type { Sessions } from "../../store/sessions.js";
import type { NewTicket, Reading } from "../../store/ticket-codec.js";
import type { Tell } from "../../telemetry/events.js";
import { endingProblem, ProblemError } from "../problem/problem.js";
import type { Visit } from "../problem/request-state.js";

const MOST_REPORTED = 1_000;
/** Cognito has not been asked. A record is lost with a store's data, or its time was up. */
const NO_RECORD = "The session store does not know this session any more. Sign in again.";
const FOREIGN = "Your session was begun under another configuration of this service. Signing in again replaces it.";

export interface SessionGateOptions {
  readonly sessions: Pick<Sessions, "read" | "endingOf" | "ticketFor" | "sealEnding">;
  readonly cookies: CookieWriter;
  /** How many bytes of Cookie header a ticket may take. */
  readonly ticketBudgetBytes: number;
  /** App clients that ours has taken the place of, on purpose. */
  readonly previousClientIds: ReadonlySet<string>;
  readonly coordinator: RefreshCoordinator;
  readonly lifecycle: SessionLifecycle;
  /** Where sessions are counted. */
  readonly seen: Pick<SeenSessions, "note">;
  readonly clock: Clock;
  readonly tell: Tell;
}

/** Between the browser's cookies and a session ready for use, in both directions. */
export interface SessionGate {
  /** Without a promise where this process knows the session. */
  open(cookieHeader: string | undefined): Visit | Promise<Visit>;
  /** The session that came, within our limits and not refreshed yet. Throws the problem where there is none. */
  admit(visit: Visit): Session;
  /** The session of a visit for which nothing has to be done; null where something has, or where there is none. */
  ready(visit: Visit): Session | null;
  /** `admit`, and the session refreshed as far as a call needs it. */
  require(visit: Visit): Session | Promise<Session>;
  /** What became of a refresh. Throws the problem where there is no session to use. */
  settle(outcome: RefreshOutcome): Session;
  /** The Set-Cookie values for this answer; decided when its head is written, since the newest version counts. */
  cookiesFor(visit: Visit): string[];
}

/**
 * How long an answer may have taken and still delete the ticket. A 401 that waited longer sets the ended marker alone: meanwhile a sign-in in
 * another tab may have put a new ticket under the same name, and the marker refuses the old one just as well.
 */
const MAY_DELETE_MS = 1_000;

/** When the person of a session, living or ended, had signed in; in seconds of Cognito's clock. */
export function authTimeSecondsOf(reading: Reading): number | null {
  if (reading.kind === "session") return authTimeOf(reading.session);
  return reading.kind === "ended" ? reading.authTimeSeconds : null;
}

/** Which session a reading is of, as far as its ticket could be opened. */
export function sessionIdOf(reading: Reading): SessionId | null {
  switch (reading.kind) {
    case "session":
      return reading.session.id;
    case "ended":
    case "gone":
    case "unavailable":
      return reading.id;
    default:
      return null;
  }
}

/** What became of a refresh, for a call that needs the session. */
function settle(outcome: RefreshOutcome): Session {
  switch (outcome.kind) {
    case "refreshed":
      return outcome.session;
    case "rejected":
      throw endingProblem(outcome.ending);
    case "doubtful":
      throw new ProblemError({ reason: "expired", cause: outcome.cause });
    case "unavailable":
      throw new ProblemError({ reason: outcome.reason, retryAfterSeconds: outcome.retryAfterSeconds });
    case "misconfigured":
      throw new ProblemError({ reason: "misconfigured" });
    case "denied":
      throw new ProblemError({ reason: "denied" });
  }
}

type TicketCookies = (ticket: NewTicket, presented: readonly string[]) => string[];

function createTicketCookies({ cookies, ticketBudgetBytes, tell }: SessionGateOptions): TicketCookies {
  /** Whose ticket was too large; one forgotten is told of again. */
  const reported = new LRUCache<SessionId, true>(atMost(MOST_REPORTED));

  // Tokens may have grown since the sign-in. A ticket over the budget would end in a 431 somewhere on the way: the browser keeps the one it has,
  // and this process goes on with the newest.
  return ({ sealed, session }, presented) => {
    const bytes = cookies.ticketBytes(sealed);
    tell({ kind: "ticket_sealed", bytes });
    if (bytes <= ticketBudgetBytes) return cookies.setTicket(sealed, presented);
    if (!reported.has(session.id)) {
      reported.set(session.id, true);
      tell({ kind: "store_failed", operation: "seal" });
      const details = {
        at: "refresh",
        cookie_bytes: bytes,
        budget_bytes: ticketBudgetBytes,
        largest_claims: largestClaims(session.tokens.claims),
      };
      // It lives in this process's memory until claims leave the token.
      tell({ kind: "alert", alert: "session_too_large", details });
    }
    return [];
  };
}

function reportForeign({ userPoolId, clientId }: Extract<Reading, { kind: "foreign" }>, tell: Tell): void {
  const details = { problem: "a session of another user pool or app client came", user_pool_id: userPoolId, client_id: clientId };
  tell({ kind: "alert", alert: "misconfigured", details });
}

/** A session of a shared store as it goes on: one that seems idle may be in use elsewhere. */
function judged(reading: Reading, lifecycle: Pick<SessionLifecycle, "endIfIdle">): Reading | Promise<Reading> {
  if (reading.kind !== "session") return reading;
  return after(lifecycle.endIfIdle(reading.session), (answer): Reading => {
    if ("kind" in answer) return { ...answer, id: reading.session.id, carried: reading.session };
    return answer === reading.session ? reading : { ...reading, session: answer };
  });
}

/** The session that came, within our limits; the problem where there is none. */
function createAdmit({ sessions, lifecycle, seen, previousClientIds, tell }: SessionGateOptions): SessionGate["admit"] {
  return ({ reading }) => {
    switch (reading.kind) {
      case "none":
        throw new ProblemError({ reason: "anonymous" });
      case "ended":
        throw endingProblem(reading.ending);
      case "gone":
        throw new ProblemError({ reason: "expired", cause: "unknown", detail: NO_RECORD });
      case "unavailable":
        throw new ProblemError({ reason: "store_unavailable", retryAfterSeconds: reading.retryAfterSeconds });
      case "invalid":
        throw new ProblemError({ reason: "invalid", cause: reading.cause });
      case "foreign":
        // Meant: the cookie is kept all the same, for a process of the release before may still serve it.
        if (previousClientIds.has(reading.clientId)) throw new ProblemError({ reason: "expired", cause: "client_replaced" });
        reportForeign(reading, tell);
        throw new ProblemError({ reason: "misconfigured", detail: FOREIGN, signInHelps: true });
      case "session": {
        const ending = sessions.endingOf(reading.session.id)?.ending ?? lifecycle.enforceLimits(reading.session);
        if (ending) throw endingProblem(ending);
        seen.note(reading.session);
        return reading.session;
      }
    }
  };
}

export function createSessionGate(options: SessionGateOptions): SessionGate {
  const { sessions, cookies, coordinator, lifecycle, seen, clock } = options;
  const ticketCookies = createTicketCookies(options);
  const admit = createAdmit(options);

  return {
    open(cookieHeader) {
      const presented = readSessionCookies(cookieHeader, cookies.names);
      const openedAtMs = clock.monotonicMs();
      const reading = sessions.read(presented);
      if (reading instanceof Promise)
        return reading
          .then((late) => judged(late, lifecycle))
          .then((late) => ({ presented, reading: late, openedAtMs, replacement: null }));
      return { presented, reading, openedAtMs, replacement: null };
    },

    admit,
    settle,

    ready({ reading }) {
      if (reading.kind !== "session") return null;
      const { session } = reading;
      if (sessions.endingOf(session.id) || lifecycle.enforceLimits(session)) return null;
      if (!coordinator.isFresh(session)) return null;
      seen.note(session);
      return session;
    },

    require(visit) {
      const usable = coordinator.ensureUsable(admit(visit));
      return usable instanceof Promise ? usable.then(settle) : usable;
    },

    cookiesFor({ presented, reading, openedAtMs, replacement }) {
      if (replacement?.kind === "session") return [...cookies.setTicket(replacement.sealed, presented.names), cookies.clearEnded()];
      if (replacement?.kind === "nothing") return cookies.clearTicket(presented.names);
      if (reading.kind === "ended" && reading.known === "marker") return presented.any ? cookies.clearTicket(presented.names) : [];
      const id = sessionIdOf(reading);
      if (id === null) return [];
      const ended = sessions.endingOf(id);
      if (ended) {
        // A newer sign-in wrote the browser's cookies: they are not this session's any more.
        if (ended.superseded) return [];
        const mayDelete = clock.monotonicMs() - openedAtMs <= MAY_DELETE_MS;
        return [
          cookies.setEnded(sessions.sealEnding(id, ended.ending, authTimeSecondsOf(reading))),
          ...(mayDelete ? cookies.clearTicket(presented.names) : []),
        ];
      }
      if (reading.kind !== "session") return [];
      const ticket = sessions.ticketFor(reading);
      return ticket ? ticketCookies(ticket, presented.names) : [];
    },
  };
}
