import type { FastifyInstance } from "fastify";
import { callbackRoute } from "./callback-route.js";
import { createLoginCookies } from "./login-cookies.js";
import { loginRoute } from "./login-route.js";
import { ProblemError } from "./problem.js";
import type { Services } from "./services.js";

/** Sign-in through managed login: the way there and the way back. */
export function loginRoutes(app: FastifyInstance, services: Services): void {
  const { config, cookies, sealer, clock, managedLogin } = services;
  if (!managedLogin) {
    const handler = async () => {
      throw new ProblemError({ reason: "not_found", detail: "Sign-in by redirect is not set up here." });
    };
    for (const url of ["/login", "/callback"]) app.get(url, { exposeHeadRoute: false }, handler);
    return;
  }
  const logins = createLoginCookies({ cookies, sealer, clock, budgetBytes: config.cookieHeaderBudgetBytes });
  loginRoute(app, services, { logins, managedLogin });
  callbackRoute(app, services, { logins, managedLogin });
}
