import fastifyCookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { authRoutes } from "./auth-routes.js";
import { answerErrorsAsProblems } from "./problem-details.js";
import { proxyRoutes } from "./proxy-routes.js";
import { addScope } from "./scope.js";
import type { Services } from "./services.js";

/**
 * What server and plugin have in common: the sign-in and session routes below AUTH_PREFIX, and the proxied prefixes.
 *
 * @param refuse looks at every request of theirs first; null where the app does that for all of its own.
 */
export function registerRoutes(
  app: FastifyInstance,
  services: Services,
  refuse: ((request: FastifyRequest, reply: FastifyReply) => void) | null,
): void {
  const { config } = services;
  addScope(app, (scope) => {
    answerErrorsAsProblems(scope, config);
    scope.decorateRequest("bffVisit", null);
    if (refuse) scope.addHook("onRequest", async (request, reply) => refuse(request, reply));
    // One that the app brought along serves as well; ours would be refused as a duplicate.
    if (!scope.hasRequestDecorator("cookies")) void scope.register(fastifyCookie);
    addScope(scope, (auth) => authRoutes(auth, services), { prefix: config.authPrefix });
    addScope(scope, (proxy) => proxyRoutes(proxy, services));
  });
}
