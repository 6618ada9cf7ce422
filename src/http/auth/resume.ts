import type { FastifyInstance } from "fastify";
import type { Config } from "../../config/config.js";
import type { Tell } from "../../telemetry/events.js";
import { POPUP_DISPLAY, RESUME_QUERY } from "../../wire/paths.js";
import { REASONS, SIGN_IN_CAUSES } from "../../wire/reasons.js";
import { judgeNavigation, refuseCrossSite } from "../gate/cross-site.js";
import type { SessionGate } from "../gate/session-gate.js";
import { sendPopupPage, sendSignedInPage } from "../problem/onward-pages.js";
import { namedBy, ProblemError } from "../problem/problem.js";
import { type Visit, visitOf } from "../problem/request-state.js";
import { parseReturnPath } from "../problem/return-path.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";
import { singleParameters } from "./query-parameters.js";

export interface ResumeRouteOptions {
  readonly config: Pick<Config, "authPrefix">;
  readonly gate: Pick<SessionGate, "require">;
  /** Whether a return path may lead to a page behind the session. */
  readonly mayNeedSession: (returnTo: string) => boolean;
  readonly tell: Tell;
}

/**
 * `GET /resume`: a callback could not be completed. Here the session's Strict cookie arrives: whoever has a living session goes on, and nobody
 * else is spared signing in again.
 */
export function resumeRoute(app: FastifyInstance, { config, gate, mayNeedSession, tell }: ResumeRouteOptions): void {
  app.route({
    ...registrationOf(AUTH_ROUTES.resume),
    async handler(request, reply) {
      refuseCrossSite(judgeNavigation(request));
      const query = singleParameters(request);
      const parsed = parseReturnPath(query.get(RESUME_QUERY.returnTo) ?? "/", config.authPrefix);
      if (parsed.kind === "refused")
        throw new ProblemError({ reason: "bad_request", detail: `return_to is not acceptable: ${parsed.why}.` });
      const returnTo = parsed.path;
      const display = query.get(RESUME_QUERY.display) === POPUP_DISPLAY ? "popup" : "page";
      if (!(await isAlive(visitOf(request)))) {
        const cause = SIGN_IN_CAUSES.find((candidate) => candidate === query.get(RESUME_QUERY.cause)) ?? "state_missing";
        throw new ProblemError({ reason: "sign_in_failed", cause, signIn: { button: "Sign in again", returnTo, display } });
      }
      tell({ kind: "sign_in_resumed" });
      if (display === "popup") return sendPopupPage(reply);
      // A page behind the session takes a click: a link from another site that ends here must not make a call with it.
      return mayNeedSession(returnTo) ? sendSignedInPage(reply, returnTo) : reply.redirect(returnTo, 302);
    },
    async onError(_request, _reply, error: Error) {
      if (error instanceof ProblemError && error.problem.signIn) tell({ kind: "sign_in_failed", ...namedBy(error.problem) });
    },
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
