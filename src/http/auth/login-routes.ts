import type { FastifyInstance } from "fastify";
import type { ManagedLogin } from "../../cognito/managed-login.js";
import type { Problem } from "../problem/problem.js";
import { type ProblemSettings, sendProblem } from "../problem/problem-details.js";
import { AUTH_ROUTES } from "./auth-route-table.js";
import { type LoginRouteOptions, loginRoute } from "./authorize.js";
import { type CallbackRouteOptions, callbackRoute } from "./callback.js";

export type LoginRoutesOptions = LoginRouteOptions &
  CallbackRouteOptions & {
    /** Null without COGNITO_DOMAIN. */
    readonly managedLogin: ManagedLogin | null;
    readonly config: ProblemSettings;
  };

const NOT_SET_UP: Problem = { reason: "not_found", detail: "Sign-in by redirect is not set up here." };

/** Sign-in through managed login: the way there and the way back. */
export function loginRoutes(app: FastifyInstance, options: LoginRoutesOptions): void {
  const { managedLogin } = options;
  if (!managedLogin) {
    for (const { path } of [AUTH_ROUTES.login, AUTH_ROUTES.callback])
      app.get(path, { exposeHeadRoute: false }, async (request, reply) => sendProblem(request, reply, NOT_SET_UP, options.config));
    return;
  }
  loginRoute(app, options, managedLogin);
  callbackRoute(app, options, managedLogin);
}
