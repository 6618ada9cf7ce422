import type { FastifyInstance } from "fastify";
import { sessionIdIn } from "../../model/session.js";
import type { EndedSession, EndedSessions, NoSession, Operator, SeenSession, SessionPage, Unreadable } from "../../session/operator.js";
import type { Bucket, Counted, SessionCounts, Summary } from "../../session/session-summary.js";
import type { IndexPlace, StoreUnavailable } from "../../store/session-store.js";
import { ProblemError } from "../problem/problem.js";

/** Sessions on a page. */
const MOST_ON_A_PAGE = 100;
const ON_A_PAGE = 50;
/** Longer than any subject (36) and username (128) of Cognito's. */
const LONGEST_USER = 256;

const HANDLE = /^[0-9a-f]{16}$/;

const time = (ms: number) => new Date(ms).toISOString();
const timeOrNull = (ms: number | null) => (ms === null ? null : time(ms));

/** Whose it is, in as few words as an operator needs to be sure: no claims, no e-mail, no token. */
const whose = ({ subject, username }: { readonly subject: string; readonly username: string }) => ({ sub: subject, username });

const seenDocument = ({ handle, session, endsAtMs, idleEndsAtMs }: SeenSession) => ({
  handle,
  user: whose(session),
  started_at: time(session.startedAtMs),
  last_seen_at: time(session.lastSeenAtMs),
  refreshed_at: time(session.refreshedAtMs),
  browser: session.userAgent?.browser ?? null,
  system: session.userAgent?.system ?? null,
  idle_ends_at: timeOrNull(idleEndsAtMs),
  session_ends_at: timeOrNull(endsAtMs),
});

const endedDocument = ({ handle, atCognito, ...session }: EndedSession) => ({
  handle,
  user: whose(session),
  started_at: time(session.startedAtMs),
  refresh_token: atCognito === "done" ? "revoked" : atCognito,
});

const cursorOf = (place: IndexPlace | null) => (place === null ? null : `${place.startedAtMs}.${place.id}`);

const pageDocument = ({ asOfMs, sessions, unreadable, next }: SessionPage) => ({
  as_of: time(asOfMs),
  sessions: sessions.map(seenDocument),
  unreadable,
  next_cursor: cursorOf(next),
});
const endedSessionsDocument = ({ sessions, unreadable, next }: EndedSessions) => ({
  ended: sessions.map(endedDocument),
  unreadable,
  next_cursor: cursorOf(next),
});

const bucketDocument = ({ fromMs, toMs, sessions }: Bucket) => ({
  from_seconds: fromMs / 1000,
  to_seconds: toMs === null ? null : toMs / 1000,
  sessions,
});

/** `counted`: `all`, or `seen_here`, with since when and whether it is an estimate. */
const countedDocument = (counted: Counted) =>
  counted.kind === "all"
    ? { counted: counted.kind }
    : {
        counted: counted.kind,
        seen_within_seconds: counted.withinMs / 1000,
        seen_since: time(counted.sinceMs),
        estimated: counted.estimated,
      };

const summaryDocument = ({ counted, asOfMs, sessions, byAge, ends }: Summary) => ({
  as_of: time(asOfMs),
  ...countedDocument(counted),
  sessions,
  by_age: byAge.map(bucketDocument),
  session_life_seconds: ends === null ? null : ends.lifeMs / 1000,
  ends_within: ends === null ? null : ends.buckets.map(bucketDocument),
});

function refuse(detail: string): never {
  throw new ProblemError({ reason: "bad_request", detail });
}

/** The parameters of a request, each at most once. One that a route does not have is refused: `?usr=` would mean everybody. */
function parametersOf(query: unknown, names: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(typeof query === "object" && query !== null ? query : {})) {
    if (!names.includes(name)) refuse(`The parameters here are: ${names.join(", ")}.`);
    if (typeof value !== "string") refuse(`The parameter ${name} stands twice.`);
    given.set(name, value);
  }
  return given;
}

function countIn(parameters: ReadonlyMap<string, string>): number {
  const text = parameters.get("limit") ?? String(ON_A_PAGE);
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST_ON_A_PAGE) refuse(`The parameter limit is a number from 1 to ${MOST_ON_A_PAGE}.`);
  return count;
}

function placeIn(parameters: ReadonlyMap<string, string>): IndexPlace | null {
  const text = parameters.get("cursor");
  if (text === undefined) return null;
  const [, startedAt = "", name = ""] = /^(\d{1,15})\.([\w-]{22})$/.exec(text) ?? [];
  const id = sessionIdIn(name);
  return id === null ? refuse("The cursor is not one that an answer gave.") : { id, startedAtMs: Number(startedAt) };
}

function userIn(parameters: ReadonlyMap<string, string>): string | null {
  const user = parameters.get("user");
  if (user === undefined) return null;
  if (user === "" || user.length > LONGEST_USER || /\p{Cc}/u.test(user)) refuse("The parameter user is a subject (sub) or a username.");
  return user;
}

const NOTHING_HERE =
  "This deployment keeps sessions in cookies (SESSION_STORE=cookie): there is nothing to list or to end here, and /sessions/summary counts what this process has seen.";
const NO_SESSION = "No session lives under this handle: it has ended, or there never was one.";

function noSession(): never {
  throw new ProblemError({ reason: "not_found", detail: NO_SESSION });
}

function away({ retryAfterSeconds }: StoreUnavailable, detail = "The session store cannot be reached."): never {
  throw new ProblemError({ reason: "store_unavailable", detail, retryAfterSeconds });
}

const NOT_YET =
  "The session store cannot be reached. What this process has ended is over here, and elsewhere as soon as the store answers: ask again to be sure.";

const SEALED =
  "The record of this session is sealed with a key that this process has not got: SESSION_KEYS differs between processes, or another deployment uses the same database.";

function shown(answer: SeenSession | NoSession | Unreadable | StoreUnavailable) {
  if (!("kind" in answer)) return seenDocument(answer);
  if (answer.kind === "unreadable") return away({ kind: "unavailable", retryAfterSeconds: 1 }, SEALED);
  return answer.kind === "none" ? noSession() : away(answer);
}

function shownPage(answer: SessionPage | StoreUnavailable) {
  return answer.kind === "page" ? pageDocument(answer) : away(answer);
}

function shownEnded(answer: EndedSessions | NoSession | StoreUnavailable) {
  if (answer.kind === "ended") return endedSessionsDocument(answer);
  return answer.kind === "none" ? noSession() : away(answer, NOT_YET);
}

/**
 * What an operator sees and ends, for programs and `cognito-bff sessions`. Whoever registers it has checked the token.
 *
 * @param operator null where sessions live in cookies.
 */
export function sessionRoutes(app: FastifyInstance, operator: Operator | null, { summary }: Pick<SessionCounts, "summary">): void {
  app.get("/sessions/summary", async ({ query }) => {
    parametersOf(query, []);
    const answer = await summary();
    return answer.kind === "summary" ? summaryDocument(answer) : away(answer);
  });
  if (operator === null) {
    const nothing = async () => {
      throw new ProblemError({ reason: "not_found", detail: NOTHING_HERE });
    };
    app.all("/sessions", nothing);
    app.all("/sessions/*", nothing);
    return;
  }
  app.get("/sessions", async ({ query }) => {
    const parameters = parametersOf(query, ["user", "limit", "cursor"]);
    return shownPage(await operator.list(userIn(parameters), placeIn(parameters), countIn(parameters)));
  });
  app.get<{ Params: { handle: string } }>("/sessions/:handle", async ({ params: { handle }, query }) => {
    parametersOf(query, []);
    return HANDLE.test(handle) ? shown(await operator.show(handle)) : noSession();
  });
  app.delete<{ Params: { handle: string } }>("/sessions/:handle", async ({ params: { handle }, query }) => {
    parametersOf(query, []);
    return HANDLE.test(handle) ? shownEnded(await operator.end(handle)) : noSession();
  });
  app.delete("/sessions", async ({ query }) => {
    const parameters = parametersOf(query, ["user", "all", "limit", "cursor"]);
    const [user, all] = [userIn(parameters), parameters.get("all")];
    if (user !== null && parameters.size === 1) return shownEnded(await operator.endOf(user));
    if (user === null && all === "true") return shownEnded(await operator.endSome(placeIn(parameters), countIn(parameters)));
    return refuse("Say whose sessions are to end: user=USER, or all=true, with limit and cursor for one page after the other.");
  });
}
