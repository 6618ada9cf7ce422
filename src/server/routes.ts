import type { FastifyInstance } from "fastify";
import { type AuthRoutesOptions, authRoutes } from "../http/auth/auth-routes.js";
import type { CallHandlerOptions } from "../http/calls/call-handler.js";
import { proxyRoutes } from "../http/calls/proxied-calls.js";
import { addSessionCookies } from "../http/gate/session-cookies.js";
import { answerErrorsAsProblems, type ProblemOptions } from "../http/problem/problem-details.js";
import { visitIn } from "../http/problem/request-state.js";
import { addScope } from "../http/problem/scope.js";

type RoutesOptions = AuthRoutesOptions & CallHandlerOptions & ProblemOptions;

/**
 * What server and plugin have in common: the sign-in and session routes below AUTH_PREFIX, and the proxied prefixes.
 *
 * @param prepare adds the hooks that come before all others; null where the app has them for all of its routes.
 */
export function registerRoutes(app: FastifyInstance, options: RoutesOptions, prepare: ((scope: FastifyInstance) => void) | null): void {
  const { config, gate } = options;
  addScope(app, (scope) => {
    prepare?.(scope);
    // Not part of an app's own API description: `hide` is what @fastify/swagger and its kin look at.
    scope.addHook("onRoute", (route) => {
      route.schema = Object.assign({ hide: true }, route.schema);
    });
    answerErrorsAsProblems(scope, options);
    // The one place where an answer of ours gets its session cookies: when its head is decided, since the newest version counts.
    scope.addHook("onSend", async (request, reply) => addSessionCookies(reply, gate, visitIn(request)));
    addScope(scope, (auth) => authRoutes(auth, options), { prefix: config.authPrefix });
    addScope(scope, (proxy) => proxyRoutes(proxy, options, prepare !== null));
  });
}
