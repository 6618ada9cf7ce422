import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ManagedLogin } from "../../cognito/managed-login.js";
import { acceptSmallBodies, type SmallBodiesOptions } from "../connection/small-bodies.js";
import { type CrossSiteSettings, judgeCall, judgeStaticHeader, refuseCrossSite } from "../gate/cross-site.js";
import type { HammerGuard } from "../gate/hammering.js";
import { addRateLimits } from "../gate/rate-limits.js";
import type { SessionGate } from "../gate/session-gate.js";
import type { Problem } from "../problem/problem.js";
import { type ProblemOptions, sendProblem } from "../problem/problem-details.js";
import { keepVisit } from "../problem/request-state.js";
import { addScope } from "../problem/scope.js";
import { AUTH_ROUTES, allowedAt, registrationOf } from "./auth-route-table.js";
import { type LoginRouteOptions, loginRoute } from "./authorize.js";
import { browserFileRoutes } from "./browser-files.js";
import { type CallbackRouteOptions, callbackRoute } from "./callback.js";
import { type LogoutRouteOptions, logoutRoute } from "./logout.js";
import { problemRoute } from "./problem-route.js";
import { type ResumeRouteOptions, resumeRoute } from "./resume.js";
import { type SessionRoutesOptions, sessionRoutes } from "./session.js";
import { type OwnSessionRoutesOptions, ownSessionRoutes } from "./sessions.js";

type SessionScopeOptions = ResumeRouteOptions &
  SessionRoutesOptions &
  OwnSessionRoutesOptions &
  LogoutRouteOptions & {
    readonly config: CrossSiteSettings;
    readonly gate: SessionGate;
    readonly hammerGuard: HammerGuard;
  };

type LoginScopeOptions = LoginRouteOptions &
  CallbackRouteOptions &
  ProblemOptions & {
    /** Null without COGNITO_DOMAIN. */
    readonly managedLogin: ManagedLogin | null;
  };

export type AuthRoutesOptions = LoginScopeOptions & SessionScopeOptions & SmallBodiesOptions;

const NOT_SET_UP: Problem = { reason: "not_found", detail: "Sign-in by redirect is not set up here." };

/** Everything below AUTH_PREFIX. */
export function authRoutes(app: FastifyInstance, options: AuthRoutesOptions): void {
  app.addHook("onSend", async (_request, reply) => {
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
  acceptSmallBodies(app, options);
  addRateLimits(app);
  // A scope of its own, since the limits count only routes that are added once their plugin has loaded.
  addScope(app, (scope) => loginScope(scope, options));
  problemRoute(app, options.config);
  browserFileRoutes(app);
  addScope(app, (scope) => sessionScope(scope, options));
  refuseTheRest(app, options);
}

/** Sign-in through managed login: the way there and the way back. */
function loginScope(app: FastifyInstance, options: LoginScopeOptions): void {
  const { managedLogin } = options;
  if (managedLogin) {
    loginRoute(app, options, managedLogin);
    callbackRoute(app, options, managedLogin);
    return;
  }
  const handler = async (request: FastifyRequest, reply: FastifyReply) => sendProblem(request, reply, NOT_SET_UP, options);
  // Without their limits: nothing is begun here.
  for (const { path, methods } of [AUTH_ROUTES.login, AUTH_ROUTES.callback]) app.route({ ...registrationOf({ path, methods }), handler });
}

/** The routes that look at the session: cross-site checks before anything else. */
function sessionScope(app: FastifyInstance, options: SessionScopeOptions): void {
  const { config, gate, hammerGuard } = options;
  app.addHook("onRequest", async (request) => {
    refuseCrossSite(judgeCall(request, config), judgeStaticHeader(request, config, null));
    const visit = await gate.open(request.headers.cookie);
    keepVisit(request, visit);
    if (!request.routeOptions.config.mayHammer) hammerGuard.check(request, visit);
  });
  resumeRoute(app, options);
  sessionRoutes(app, options);
  ownSessionRoutes(app, options);
  logoutRoute(app, options);
}

/** Nothing of the app is served below our prefix, and our own paths take no other methods than theirs. */
function refuseTheRest(app: FastifyInstance, options: ProblemOptions): void {
  const refuse = async (request: FastifyRequest, reply: FastifyReply) => {
    const [path = ""] = request.url.slice(app.prefix.length).split("?", 1);
    const allow = allowedAt(path);
    return sendProblem(request, reply, allow === null ? { reason: "not_found" } : { reason: "method_not_allowed", allow }, options);
  };
  // Before Fastify looks at a body. It wants a handler, too, which nothing gets to.
  for (const url of ["/", "/*"]) app.route({ method: app.supportedMethods, url, onRequest: refuse, handler: refuse });
}
