import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import { requireConfig } from "../config/config-error.js";
import type { BffOptions } from "../config/options.js";
import { type SessionDocumentOptions, sessionDocument } from "../http/auth/session.js";
import { requestIdleLimits } from "../http/calls/matched-call.js";
import { refuseBadMessage } from "../http/connection/bad-message.js";
import { followRequestLines, refuseOtherProtocols } from "../http/connection/request-line.js";
import { serveInTurn } from "../http/connection/turns.js";
import { judgeCall, judgeStaticHeader, judgeUpgrade, refuseCrossSite } from "../http/gate/cross-site.js";
import { addSessionCookies } from "../http/gate/session-cookies.js";
import { loadLoginCookies } from "../http/login/login-cookies.js";
import { ProblemError } from "../http/problem/problem.js";
import { sendProblem } from "../http/problem/problem-details.js";
import { nameRequest } from "../http/problem/request-id.js";
import { declareRequestState, targetOf } from "../http/problem/request-state.js";
import type { Session } from "../model/session.js";
import type { SessionDocument } from "../wire/shapes.js";
import { addAnswerHeaders } from "./answer-headers.js";
import { type Composition, compose, orClose } from "./compose.js";
import { closeInTime, endLongCalls } from "./drain.js";
import { requireOneFastify } from "./one-fastify.js";
import { observeRequests } from "./request-observer.js";
import { registerRoutes } from "./routes.js";

/** A signed-in person, as the routes beside the proxy see one. */
export interface BffSession {
  readonly user: SessionDocument["user"];
  /**
   * The token to call something else with.
   * @throws Error where no proxied route needs this kind, since it is not kept then.
   */
  token(kind: "id" | "access"): string;
}

/** What the plugin adds to the app: `app.bff`. */
export interface BffDecoration {
  /** Prometheus metrics of these routes, to be served or merged with an app's own (`Registry.merge` of prom-client). */
  readonly metrics: Registry;
  /**
   * An `onRequest` or `preHandler` hook for a route of your own: cross-site checks, session, refresh where needed. Answers with the problem
   * itself where there is no session, and fills `request.bff`.
   */
  requireSession(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
}

declare module "fastify" {
  interface FastifyInstance {
    bff: BffDecoration;
  }
  interface FastifyRequest {
    /** The session, filled by `app.bff.requireSession`; null on routes without it. */
    bff: BffSession | null;
  }
}

/** The settings of docs/configuration.md in camel case; the log and its level are the app's own. */
export type BffPluginOptions = Omit<BffOptions, "logLevel" | "logTime">;

function toBffSession(session: Session, options: SessionDocumentOptions): BffSession {
  const { user } = sessionDocument(session, options);
  return {
    user,
    token(kind) {
      const token = session.tokens[kind];
      if (!token) throw new Error(`the session keeps no ${kind} token: no proxied route asks for one`);
      return token.jwt.reveal();
    },
  };
}

function decoration(parts: Composition): BffDecoration {
  const { config, gate, hammerGuard, lifecycle, metrics } = parts;
  return {
    metrics: metrics.registry,
    async requireSession(request, reply) {
      nameRequest(request);
      const visit = await gate.open(request.headers.cookie);
      try {
        refuseCrossSite(judgeCall(request, config), judgeStaticHeader(request, config, null));
        if (request.headers.upgrade !== undefined) refuseCrossSite(judgeUpgrade(request, config));
        hammerGuard.check(request, visit);
        const session = await gate.require(visit);
        lifecycle.touch(session);
        request.bff = toBffSession(session, parts);
        addSessionCookies(reply, gate, visit);
        return undefined;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        addSessionCookies(reply, gate, visit);
        return sendProblem(request, reply, error.problem, parts);
      }
    },
  };
}

/** Cookies, callback and the table of routes go by the paths that the browser sees: below a scope's prefix nothing but 404 would come of them. */
function requireNoPrefix({ prefix }: FastifyInstance): void {
  if (prefix === "") return;
  throw new Error(
    `cognito-bff: it is registered below the prefix ${prefix}. Register it in a scope without one, and say whole paths in authPrefix and proxyRoutes.`,
  );
}

/**
 * The sign-in, session and proxy routes in a Fastify app of one's own. Their hooks, parsers and error pages hold for them alone; an
 * @fastify/cookie that is there is left alone. SPA and management stay with `createServer`.
 *
 * @throws ConfigError with every fault of the options at once; Error where the app was made by another copy of Fastify, or its scope has a prefix.
 */
export const cognitoBff: FastifyPluginAsync<BffPluginOptions> = async (app: FastifyInstance, options: BffPluginOptions) => {
  requireOneFastify(app);
  requireNoPrefix(app);
  const config = requireConfig(options);
  await loadLoginCookies();
  const parts = await compose(config, { log: app.log, embedded: true });
  await orClose(parts, () => build(app, parts));
};

function build(app: FastifyInstance, parts: Composition): void {
  const { config } = parts;
  app.decorate("bff", decoration(parts));
  app.decorateRequest("bff", null);
  registerRoutes(app, parts, (scope) => {
    declareRequestState(scope);
    serveInTurn(scope);
    observeRequests(scope, parts);
    addAnswerHeaders(scope, parts.transportSecurity);
    parts.unread.closeBehind(scope, requestIdleLimits(parts.routes));
    scope.addHook("onRequest", (request, reply, done) => {
      nameRequest(request);
      refuseBadMessage(request, reply);
      done();
    });
  });
  const pathOf = (request: IncomingMessage) => {
    const target = targetOf(request);
    return target.kind === "target" ? target.path : null;
  };
  const isCall = (request: IncomingMessage) => {
    const path = pathOf(request);
    return path !== null && parts.routes.match(path) !== null;
  };
  app.addHook("onReady", parts.load);
  app.addHook("onReady", async () => parts.followedClock?.ready);
  const lines = followRequestLines(app.server);
  parts.upgrades.listen(app, lines, isCall);
  const isOurs = (request: IncomingMessage) =>
    isCall(request) || (pathOf(request) ?? request.url)?.startsWith(`${config.authPrefix}/`) === true;
  parts.expectations.listen(app.server, isOurs);
  refuseOtherProtocols(app, lines, parts, isOurs);
  app.addHook("preClose", async () => endLongCalls(parts, app.log));
  app.addHook("onClose", () => closeInTime(parts, app.log));
}

// The decorations are for the app that registers the plugin (what the package fastify-plugin does); the routes have scopes of their own.
Object.assign(cognitoBff, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "cognito-bff",
});
