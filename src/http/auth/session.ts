import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { Config } from "../../config/config.js";
import { atMost } from "../../model/at-most.js";
import type { Clock } from "../../model/clock.js";
import type { Session, SessionId } from "../../model/session.js";
import { idleEndsAtMs, type SessionLimits, sessionEndsAtMs } from "../../session/limits.js";
import type { RefreshCoordinator } from "../../session/refresh/refresh-coordinator.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import type { Json, SessionDocument } from "../../wire/shapes.js";
import type { SessionGate } from "../gate/session-gate.js";
import { visitOf } from "../problem/request-state.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";

/** POST /auth/refresh refreshes at most this often for one session. */
const REFRESH_AT_MOST_EVERY_MS = 30_000;
const MOST_ATTEMPTS = 50_000;

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
  readonly lifecycle: Pick<SessionLifecycle, "latest">;
}

export interface SessionRoutesOptions extends SessionDocumentOptions {
  readonly coordinator: Pick<RefreshCoordinator, "refreshNow">;
  readonly gate: SessionGate;
  readonly lifecycle: Pick<SessionLifecycle, "touch" | "latest">;
}

/** What `GET /auth/session` says of a session. */
export function sessionDocument(session: Session, { clock, time, limits, lifecycle, config }: SessionDocumentOptions): SessionDocument {
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
    idle_ends_at: isoOrNull(idleEndsAtMs(lifecycle.latest(session), limits)),
    session_ends_at: isoOrNull(sessionEndsAtMs(session, config.cognitoRefreshTokenValidityMs, limits)),
  };
}

/** Asking for the session, extending it, refreshing it. Cross-site checks and cookies are the scope's. */
export function sessionRoutes(app: FastifyInstance, options: SessionRoutesOptions): void {
  const { clock, coordinator, gate, lifecycle } = options;
  const attemptedAtMs = new LRUCache<SessionId, number>(atMost(MOST_ATTEMPTS));

  app.route({
    ...registrationOf(AUTH_ROUTES.session),
    handler: async (request) => sessionDocument(await gate.require(visitOf(request)), options),
  });

  // Before a body is asked for (Expect: 100-continue).
  const admitFirst = async (request: FastifyRequest) => {
    gate.admit(visitOf(request));
  };

  app.route({
    ...registrationOf(AUTH_ROUTES.touch),
    onRequest: admitFirst,
    handler: async (request) => sessionDocument(lifecycle.touch(gate.admit(visitOf(request))), options),
  });

  app.route({
    ...registrationOf(AUTH_ROUTES.refresh),
    onRequest: admitFirst,
    async handler(request) {
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
    },
  });
}
