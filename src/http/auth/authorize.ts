import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { AuthorizeParameters, ManagedLogin } from "../../cognito/managed-login.js";
import type { Config } from "../../config/config.js";
import type { Clock } from "../../model/clock.js";
import { type Beginning, type Demand, demandsNewSignIn } from "../../session/demand.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import type { Sealer } from "../../store/sealing.js";
import { LOGIN_QUERY, POPUP_DISPLAY, THROUGH_LOGOUT } from "../../wire/paths.js";
import { judgeNavigation, refuseCrossSite } from "../gate/cross-site.js";
import { authTimeSecondsOf, type SessionGate, sessionIdOf } from "../gate/session-gate.js";
import type { LoginCookies } from "../login/login-cookies.js";
import { sealState } from "../login/login-state.js";
import { beginLogin } from "../login/login-transaction.js";
import { ProblemError } from "../problem/problem.js";
import type { Visit } from "../problem/request-state.js";
import { parseReturnPath, returnPathOfReferer } from "../problem/return-path.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";
import { singleParameters } from "./query-parameters.js";

/** Cognito's own limit for both is below it. */
const LONGEST_PARAMETER = 256;

export interface LoginRouteOptions {
  readonly config: Pick<Config, "publicUrl" | "authPrefix">;
  readonly clock: Clock;
  readonly time: Pick<CognitoTime, "learnedNow">;
  readonly sealer: Sealer;
  readonly logins: Pick<LoginCookies, "begin">;
  readonly gate: Pick<SessionGate, "open">;
  readonly lifecycle: Pick<SessionLifecycle, "keepAtHand" | "hasEndedForGood">;
}

/** `GET /login`: the way to managed login. */
export function loginRoute(app: FastifyInstance, options: LoginRouteOptions, managedLogin: ManagedLogin): void {
  const { config, clock, gate, lifecycle, logins, sealer, time } = options;

  async function toManagedLogin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    refuseCrossSite(judgeNavigation(request));
    const query = singleParameters(request);
    const visit = await gate.open(request.headers.cookie);
    const session = visit.reading.kind === "session" ? visit.reading.session : null;
    if (session) lifecycle.keepAtHand(session);
    const beginning: Beginning = { begunAtMs: clock.now(), begunForCognitoMs: time.learnedNow() };
    const demand = demandOf(visit, query, beginning);
    const transaction = beginLogin({
      returnTo: returnPath(request, query),
      display: query.get(LOGIN_QUERY.display) === POPUP_DISPLAY ? "popup" : "page",
      // Also of one that the store could not be asked for just now.
      previous: visit.reading.kind === "ended" ? null : sessionIdOf(visit.reading),
      demand,
      ...beginning,
    });

    for (const value of logins.begin(request.headers.cookie, transaction)) reply.header("set-cookie", value);
    const { nonce, codeVerifier } = transaction;
    const state = sealState(transaction, sealer);
    const parameters = { state, nonce, codeVerifier, ...chosenParameters(query, demand !== null) };
    const location =
      query.get(LOGIN_QUERY.through) === THROUGH_LOGOUT ? managedLogin.signInAgainUrl(parameters) : managedLogin.authorizeUrl(parameters);
    return reply.redirect(location, 302);
  }

  app.route({ ...registrationOf(AUTH_ROUTES.login), handler: toManagedLogin });

  function returnPath(request: FastifyRequest, query: ReadonlyMap<string, string>): string {
    const wanted = query.get(LOGIN_QUERY.returnTo);
    if (wanted === undefined) return returnPathOfReferer(request.headers.referer, config.publicUrl, config.authPrefix);
    const parsed = parseReturnPath(wanted, config.authPrefix);
    if (parsed.kind === "refused") throw new ProblemError({ reason: "bad_request", detail: `return_to is not acceptable: ${parsed.why}.` });
    return parsed.path;
  }

  /** A sign-in of its own, where the caller asks for it and where it must be one. */
  function demandOf(visit: Visit, query: ReadonlyMap<string, string>, beginning: Beginning): Demand | null {
    if (!promptsOf(query).includes("login") && !mustAskAgain(visit)) return null;
    return { newerThanSeconds: authTimeSecondsOf(visit.reading), ...beginning };
  }

  function mustAskAgain({ reading }: Visit): boolean {
    if (reading.kind === "session") return lifecycle.hasEndedForGood(reading.session);
    return reading.kind === "ended" && demandsNewSignIn(reading.ending);
  }
}

/** OpenID Connect Core 3.1.2.1: a list with spaces between. */
function promptsOf(query: ReadonlyMap<string, string>): string[] {
  return query.get(LOGIN_QUERY.prompt)?.split(" ") ?? [];
}

/** The parameters of the query that reach Cognito, each by name: nothing else in it can alter the authorize request. */
function chosenParameters(query: ReadonlyMap<string, string>, demanded: boolean): Partial<AuthorizeParameters> {
  const short = (name: string) => {
    const value = query.get(name);
    return value !== undefined && value !== "" && value.length <= LONGEST_PARAMETER ? value : undefined;
  };
  const identityProvider = short(LOGIN_QUERY.identityProvider);
  const loginHint = short(LOGIN_QUERY.loginHint);
  const chosen = demanded ? "login" : promptsOf(query).includes("none") ? "none" : undefined;
  return {
    ...(identityProvider === undefined ? {} : { identityProvider }),
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(chosen === undefined ? {} : { prompt: chosen }),
  };
}
