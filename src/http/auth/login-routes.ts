import type { FastifyInstance } from "fastify";
import type { Services } from "../../server/compose.js";
import { ProblemError } from "../problem/problem.js";
import { loginRoute } from "./authorize.js";
import { callbackRoute } from "./callback.js";

/** Sign-in through managed login: the way there and the way back. */
export function loginRoutes(app: FastifyInstance, services: Services): void {
  const { managedLogin } = services;
  if (!managedLogin) {
    const handler = async () => {
      throw new ProblemError({ reason: "not_found", detail: "Sign-in by redirect is not set up here." });
    };
    for (const url of ["/login", "/callback"]) app.get(url, { exposeHeadRoute: false }, handler);
    return;
  }
  loginRoute(app, services, managedLogin);
  callbackRoute(app, services, managedLogin);
}
