import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Services } from "../../server/compose.js";
import { REASONS, SIGN_IN_CAUSES } from "../../wire/reasons.js";
import { judgeNavigation, refuseCrossSite } from "../gate/cross-site.js";
import type { Visit } from "../gate/session-gate.js";
import { sendPopupPage, sendSignedInPage } from "../problem/onward-pages.js";
import { ProblemError } from "../problem/problem.js";
import { parseReturnPath } from "../problem/return-path.js";
import { singleParameters } from "./query-parameters.js";
import { SIGN_IN_LIMIT } from "./rate-limits.js";
import { visitOf } from "./session.js";

/**
 * `GET /resume`: a callback could not be completed. Here the session's Strict cookie arrives: whoever has a living session goes on, and nobody
 * else is spared signing in again.
 */
export function resumeRoute(app: FastifyInstance, services: Services): void {
  const { config, gate, mayNeedSession, metrics } = services;
  const options = {
    exposeHeadRoute: false,
    config: { rateLimit: SIGN_IN_LIMIT },
    async onError(_request: FastifyRequest, _reply: FastifyReply, error: Error) {
      if (error instanceof ProblemError && error.problem.signIn) metrics.signIn(error.problem.cause ?? error.problem.reason);
    },
  };
  app.get("/resume", options, async (request, reply) => {
    refuseCrossSite(judgeNavigation(request));
    const query = singleParameters(request);
    const parsed = parseReturnPath(query.get("return_to") ?? "/", config.authPrefix);
    if (parsed.kind === "refused") throw new ProblemError({ reason: "bad_request", detail: `return_to is not acceptable: ${parsed.why}.` });
    const returnTo = parsed.path;
    const display = query.get("display") === "popup" ? "popup" : "page";
    if (!(await isAlive(visitOf(request)))) {
      const cause = SIGN_IN_CAUSES.find((candidate) => candidate === query.get("cause")) ?? "state_missing";
      throw new ProblemError({ reason: "sign_in_failed", cause, signIn: { button: "Sign in again", returnTo, display } });
    }
    metrics.signIn("resumed");
    if (display === "popup") return sendPopupPage(reply);
    // A page behind the session takes a click: a link from another site that ends here must not make a call with it.
    return mayNeedSession(returnTo) ? sendSignedInPage(reply, returnTo) : reply.redirect(returnTo, 302);
  });

  /** An outage says nothing about the session, and is told as what it is. */
  async function isAlive(visit: Visit): Promise<boolean> {
    try {
      await gate.require(visit);
      return true;
    } catch (error) {
      if (error instanceof ProblemError && REASONS[error.problem.reason].status !== 503) return false;
      throw error;
    }
  }
}
