import type { FastifyInstance } from "fastify";
import { authRoutes } from "../http/auth/auth-routes.js";
import { proxyRoutes } from "../http/calls/proxied-calls.js";
import { answerErrorsAsProblems } from "../http/problem/problem-details.js";
import { addScope } from "../http/problem/scope.js";
import type { Services } from "./compose.js";

/**
 * What server and plugin have in common: the sign-in and session routes below AUTH_PREFIX, and the proxied prefixes.
 *
 * @param prepare adds the hooks that come before all others; null where the app has them for all of its routes.
 */
export function registerRoutes(app: FastifyInstance, services: Services, prepare: ((scope: FastifyInstance) => void) | null): void {
  const { config } = services;
  addScope(app, (scope) => {
    prepare?.(scope);
    // Not part of an app's own API description: `hide` is what @fastify/swagger and its kin look at.
    scope.addHook("onRoute", (route) => {
      route.schema = Object.assign({ hide: true }, route.schema);
    });
    answerErrorsAsProblems(scope, config);
    scope.decorateRequest("bffVisit", null);
    addScope(scope, (auth) => authRoutes(auth, services), { prefix: config.authPrefix });
    addScope(scope, (proxy) => proxyRoutes(proxy, services, prepare !== null));
  });
}
