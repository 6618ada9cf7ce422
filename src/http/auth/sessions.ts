import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import { type Clock, sleep } from "../../model/clock.js";
import { describeError } from "../../model/log.js";
import { authTimeOf, type Session } from "../../model/session.js";
import type { OwnSessions } from "../../session/own-sessions.js";
import type { SignOut } from "../../session/sign-out.js";
import type { StoredSession } from "../../store/session-store.js";
import type { Sessions } from "../../store/sessions.js";
import type { ListedSession, SessionsDocument } from "../../wire/shapes.js";
import type { SessionGate } from "../gate/session-gate.js";
import { type Problem, ProblemError } from "../problem/problem.js";
import { visitOf } from "../problem/request-state.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";
import { type LeaveOptions, leave, SIGN_OUT_WAIT_MS } from "./logout.js";
import type { SessionHandles } from "./session-handles.js";

/** Whoever finds a browser open must not sign its person out elsewhere. */
const RECENT_SIGN_IN_MS = 15 * 60 * 1000;
const UNKNOWN_BROWSER = "Unknown browser";

const NO_LIST: Problem = {
  reason: "not_found",
  detail: "Sessions live in the browsers' cookies here: only a shared store (SESSION_STORE) can list them.",
};
/** The same whatever is wrong with the handle: another person's is as unknown as one that never was. */
const NO_SUCH_SESSION: Problem = { reason: "not_found", detail: "None of your sessions has this handle." };
const SIGN_IN_FIRST: Problem = {
  reason: "denied",
  cause: "login_required",
  detail: "Ending another session needs a sign-in within the last 15 minutes.",
  signInHelps: "anew",
};

const NOT_EVERYWHERE_YET: Problem = {
  reason: "store_unavailable",
  detail: "The session store cannot be reached. The session ends as soon as it can: ask again to be sure.",
  retryAfterSeconds: 1,
};

export interface OwnSessionRoutesOptions extends LeaveOptions {
  readonly clock: Clock;
  readonly time: Pick<CognitoTime, "now">;
  readonly gate: Pick<SessionGate, "admit" | "require">;
  readonly handles: SessionHandles;
  readonly ownSessions: OwnSessions;
  readonly findSession: Sessions["find"];
  readonly isUnwritten: Sessions["isUnwritten"];
  readonly signOut: SignOut;
}

/** Where a person is signed in, and how they end a session that they have elsewhere. Cross-site checks and cookies are the scope's. */
export function ownSessionRoutes(app: FastifyInstance, options: OwnSessionRoutesOptions): void {
  const { clock, time, gate, handles, ownSessions, findSession, isUnwritten, signOut } = options;

  async function listOf(session: Session): Promise<readonly StoredSession[]> {
    const listed = await ownSessions(session);
    if (listed.kind === "unlisted") throw new ProblemError(NO_LIST);
    if (listed.kind === "unavailable") throw new ProblemError({ reason: "store_unavailable", retryAfterSeconds: listed.retryAfterSeconds });
    return listed.sessions;
  }

  function isRecent(session: Session): boolean {
    const authTimeSeconds = authTimeOf(session);
    return authTimeSeconds !== null && time.now() - authTimeSeconds * 1000 <= RECENT_SIGN_IN_MS;
  }

  async function endElsewhere(session: Session, handle: string, request: FastifyRequest): Promise<void> {
    const named = (await listOf(session)).find((one) => handles.isOf(handle, one));
    if (!named) throw new ProblemError(NO_SUCH_SESSION);
    const found = await findSession(named.id);
    if ("kind" in found) {
      if (found.kind === "unavailable") throw new ProblemError({ reason: "store_unavailable", retryAfterSeconds: found.retryAfterSeconds });
      // It has ended here, by an order of before that the store has not heard of yet.
      throw new ProblemError(isUnwritten(named.id) ? NOT_EVERYWHERE_YET : NO_SUCH_SESSION);
    }
    const ended = signOut.elsewhere(found);
    // The promise goes on after the answer; it never rejects for what Cognito says.
    ended.catch((error: unknown) => request.log.error({ error: describeError(error) }, "signing out failed unexpectedly"));
    await Promise.race([ended, sleep(clock, SIGN_OUT_WAIT_MS)]);
    if (isUnwritten(found.id)) throw new ProblemError(NOT_EVERYWHERE_YET);
  }

  app.route({
    ...registrationOf(AUTH_ROUTES.sessions),
    async handler(request): Promise<SessionsDocument> {
      const session = await gate.require(visitOf(request));
      return { sessions: (await listOf(session)).map((one) => describe(one, session, handles)) };
    },
  });

  app.route<{ Params: { handle: string } }>({
    ...registrationOf(AUTH_ROUTES.endSession),
    async handler(request, reply): Promise<FastifyReply> {
      const { handle } = request.params;
      const visit = visitOf(request);
      const here = gate.admit(visit);
      // Whoever asks to leave may do so, as with POST /auth/logout.
      if (handles.isOf(handle, here)) return reply.send(await leave(here, false, request, reply, options));
      const session = await gate.require(visit);
      if (!isRecent(session)) {
        // Nobody is sent to sign in for a list that there is not.
        await listOf(session);
        throw new ProblemError(SIGN_IN_FIRST);
      }
      await endElsewhere(session, handle, request);
      return reply.code(204).send();
    },
  });
}

function describe(one: StoredSession, here: Session, handles: SessionHandles): ListedSession {
  return {
    handle: handles.of(one),
    current: one.id === here.id,
    started_at: new Date(one.startedAtMs).toISOString(),
    last_seen_at: new Date(one.lastSeenAtMs).toISOString(),
    browser: one.userAgent?.browser ?? UNKNOWN_BROWSER,
    system: one.userAgent?.system ?? null,
  };
}
