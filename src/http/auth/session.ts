import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { ManagedLogin } from "../../cognito/managed-login.js";
import type { Config } from "../../config/config.js";
import { atMost } from "../../model/at-most.js";
import { type Clock, sleep } from "../../model/clock.js";
import { describeError } from "../../model/log.js";
import type { Session, SessionId } from "../../model/session.js";
import { idleEndsAtMs, type SessionLimits, sessionEndsAtMs } from "../../session/limits.js";
import type { RefreshCoordinator } from "../../session/refresh/refresh-coordinator.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import type { SignOut } from "../../session/sign-out.js";
import { LOGOUT_EVERYWHERE } from "../../wire/paths.js";
import type { Json, LogoutDocument, SessionDocument } from "../../wire/shapes.js";
import type { SessionGate } from "../gate/session-gate.js";
import { isNavigation } from "../problem/navigation.js";
import { visitOf } from "../problem/request-state.js";
import { AUTH_ROUTES, configOf } from "./auth-route-table.js";
import type { LoginCookies } from "./login-cookies.js";

/** POST /auth/refresh refreshes at most this often for one session. */
const REFRESH_AT_MOST_EVERY_MS = 30_000;
const MOST_ATTEMPTS = 50_000;
/** How long a sign-out waits for Cognito before it answers; revoking goes on in the background. */
const SIGN_OUT_WAIT_MS = 2_000;

/** Claims that are the protocol's business, not the app's. */
const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set(["nonce", "at_hash", "jti", "origin_jti", "event_id"]);

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));

/** What a session's document is made with. */
export interface SessionDocumentOptions {
  readonly config: Pick<Config, "cognitoRefreshTokenValidityMs">;
  readonly clock: Clock;
  readonly time: Pick<CognitoTime, "now">;
  readonly limits: SessionLimits;
}

export interface SessionRoutesOptions extends SessionDocumentOptions {
  readonly coordinator: Pick<RefreshCoordinator, "refreshNow">;
  readonly gate: SessionGate;
  readonly lifecycle: Pick<SessionLifecycle, "touch" | "endUnseen">;
  readonly logins: Pick<LoginCookies, "demandNew">;
  readonly managedLogin: Pick<ManagedLogin, "logoutUrl"> | null;
  readonly signOut: SignOut;
}

/** What `GET /auth/session` says of a session. */
export function sessionDocument(session: Session, { clock, time, limits, config }: SessionDocumentOptions): SessionDocument {
  const { claims, expiresAtMs } = session.tokens;
  const groups = claims["cognito:groups"];
  const email = claims["email"];
  const nowMs = clock.now();
  const visible = Object.entries(claims).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined && !PROTOCOL_CLAIMS.has(entry[0]),
  );
  return {
    user: {
      sub: session.subject,
      username: session.username,
      email: typeof email === "string" ? email : null,
      groups: Array.isArray(groups) ? groups.filter((group) => typeof group === "string") : [],
      claims: Object.fromEntries(visible),
    },
    server_time: iso(nowMs),
    started_at: iso(session.startedAtMs),
    // One clock in one document, ours: `exp` is Cognito's, and a browser compares it with server_time.
    token_expires_at: iso(expiresAtMs - time.now() + nowMs),
    idle_ends_at: isoOrNull(idleEndsAtMs(session, limits)),
    session_ends_at: isoOrNull(sessionEndsAtMs(session, config.cognitoRefreshTokenValidityMs, limits)),
  };
}

/** Asking for the session, extending it, refreshing it, ending it. Cross-site checks and cookies are the scope's. */
export function sessionRoutes(app: FastifyInstance, options: SessionRoutesOptions): void {
  const { clock, coordinator, gate, lifecycle, logins, managedLogin, signOut } = options;
  const attemptedAtMs = new LRUCache<SessionId, number>(atMost(MOST_ATTEMPTS));

  app.get(AUTH_ROUTES.session.path, async (request) => sessionDocument(await gate.require(visitOf(request)), options));

  // Before a body is asked for (Expect: 100-continue).
  const admitFirst = async (request: FastifyRequest) => {
    gate.admit(visitOf(request));
  };

  app.post(AUTH_ROUTES.session.path, { onRequest: admitFirst }, async (request) =>
    sessionDocument(lifecycle.touch(gate.admit(visitOf(request))), options),
  );

  app.post(AUTH_ROUTES.refresh.path, { onRequest: admitFirst, config: configOf(AUTH_ROUTES.refresh) }, async (request) => {
    const session = gate.admit(visitOf(request));
    const nowMs = clock.now();
    const lastAtMs = Math.max(session.refreshedAtMs, attemptedAtMs.get(session.id) ?? 0);
    // One that lies ahead was written by a process whose clock goes ahead of ours, and must not forbid refreshing until ours gets there.
    if (nowMs - lastAtMs >= REFRESH_AT_MOST_EVERY_MS || lastAtMs > nowMs) {
      attemptedAtMs.set(session.id, nowMs);
      const outcome = await coordinator.refreshNow(session);
      if (outcome.kind === "refreshed" || outcome.kind === "rejected") return sessionDocument(gate.settle(outcome), options);
    }
    // An outage while the token lives: the session is as good as it was.
    return sessionDocument(await gate.require(visitOf(request)), options);
  });

  const logoutUrl = managedLogin?.logoutUrl() ?? "/";
  app.post(AUTH_ROUTES.logout.path, { config: configOf(AUTH_ROUTES.logout) }, async (request, reply) => {
    const visit = visitOf(request);
    const { reading } = visit;
    if (reading.kind === "invalid" || reading.kind === "foreign" || reading.kind === "gone") {
      // Kept on every other answer, since it may be the server that is wrong; but this person asks to leave.
      request.log.warn(
        { reading: reading.kind },
        "signed out in the browser alone: the session could not be opened, so nothing was revoked",
      );
      visit.replacement = { kind: "nothing" };
    }
    if (reading.kind === "unavailable") lifecycle.endUnseen(reading.id, { reason: "signed_out", cause: "logout" });
    if (reading.kind === "session") {
      const everywhere = wantsEverywhere(request.body);
      for (const value of logins.demandNew(request.headers.cookie, reading.session)) reply.header("set-cookie", value);
      const signedOut = everywhere ? signOut.everywhere(reading.session) : signOut.here(reading.session);
      // The promise goes on after the answer; it never rejects for what Cognito says.
      signedOut.catch((error: unknown) => request.log.error({ error: describeError(error) }, "signing out failed unexpectedly"));
      const result = await Promise.race([signedOut, sleep(clock, SIGN_OUT_WAIT_MS).then(() => "pending" as const)]);
      return answerLogout(request, reply, { logout_url: logoutUrl, ...(everywhere ? { everywhere: result } : {}) });
    }
    return answerLogout(request, reply, { logout_url: logoutUrl });
  });
}

function answerLogout(request: FastifyRequest, reply: FastifyReply, document: LogoutDocument): FastifyReply {
  const contentType = request.headers["content-type"] ?? "";
  const isForm =
    isNavigation(request.method, request.headers) ||
    (!sentByScript(request) && contentType.startsWith("application/x-www-form-urlencoded"));
  return isForm ? reply.redirect(document.logout_url, 303) : reply.send(document);
}

function sentByScript({ headers }: FastifyRequest): boolean {
  const mode = headers["sec-fetch-mode"];
  return (mode !== undefined && mode !== "navigate") || /\bjson\b/.test(headers.accept ?? "");
}

function wantsEverywhere(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  const { [LOGOUT_EVERYWHERE]: everywhere } = body as { [LOGOUT_EVERYWHERE]?: unknown };
  return everywhere === true || everywhere === "true";
}
