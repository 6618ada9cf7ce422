import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ManagedLogin } from "../../cognito/managed-login.js";
import type { TokenVerifier } from "../../cognito/token-verifier.js";
import type { Config } from "../../config/config.js";
import type { Clock } from "../../model/clock.js";
import type { Session, SessionId } from "../../model/session.js";
import type { Demand } from "../../session/demand.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import type { Tell } from "../../telemetry/events.js";
import { judgeNavigation, refuseCrossSite } from "../gate/cross-site.js";
import type { SessionGate } from "../gate/session-gate.js";
import type { FoundLogin, LoginCookies } from "../login/login-cookies.js";
import type { LoginState } from "../login/login-state.js";
import { clockDifferenceMs, type LoginTransaction } from "../login/login-transaction.js";
import { createUsedLogins, type UsedLogins } from "../login/used-logins.js";
import { userAgentOf } from "../login/user-agent.js";
import { sendOnwardPage, sendPopupPage } from "../problem/onward-pages.js";
import { type FailedSignIn, namedBy, type Problem, ProblemError } from "../problem/problem.js";
import { keepVisit } from "../problem/request-state.js";
import { parseReturnPath } from "../problem/return-path.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";
import { codeProblem, describeOAuthError, keysProblem, oauthProblem, startProblem, TOO_OLD } from "./oauth-errors.js";
import { singleParameters } from "./query-parameters.js";

/** Cognito's own sign-out comes first: where it, or a provider behind it, ignores `prompt=login`, the same answer would come for ever. */
const SIGN_OUT_FIRST = { button: "Sign in again", through: "logout" } as const;

/** What the answer says of a sign-in that came back. */
interface Answer {
  readonly code: string | undefined;
  readonly error: string | undefined;
  readonly description: string | undefined;
}

export interface CallbackRouteOptions {
  readonly config: Pick<Config, "authPrefix">;
  readonly clock: Clock;
  readonly gate: Pick<SessionGate, "open">;
  readonly lifecycle: Pick<SessionLifecycle, "start" | "keepAtHand" | "hasEndedForGood">;
  readonly logins: Pick<LoginCookies, "find" | "clear" | "handOver">;
  /** Whether a return path may lead to a page behind the session. */
  readonly mayNeedSession: (returnTo: string) => boolean;
  readonly verifier: Pick<TokenVerifier, "haveKeys">;
  readonly tell: Tell;
}

/** `GET /callback`: the way back from managed login. */
export function callbackRoute(app: FastifyInstance, options: CallbackRouteOptions, managedLogin: ManagedLogin): void {
  const { authPrefix } = options.config;
  const { clock, gate, lifecycle, logins, mayNeedSession, tell, verifier } = options;
  const used = createUsedLogins(clock, app.log);

  app.route({
    ...registrationOf(AUTH_ROUTES.callback),
    async handler(request, reply) {
      refuseCrossSite(judgeNavigation(request));
      const query = singleParameters(request);
      const answer = { code: query.get("code"), error: query.get("error"), description: query.get("error_description") };
      const found = logins.find(request.headers.cookie, query.get("state"));
      nameClockDifference(found, clock, request);
      const transaction = claim(found, answer, used, authPrefix);
      return finish(transaction, answer, request, reply);
    },
    async onError(_request, _reply, error: Error) {
      // One that moves on is counted where it arrives.
      if (error instanceof ProblemError && !error.problem.signIn?.movesOn) tell({ kind: "sign_in_failed", ...namedBy(error.problem) });
    },
  });

  async function finish(
    transaction: LoginTransaction,
    answer: Answer,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const failed = (problem: Problem) => new ProblemError({ ...problem, signIn: failedSignIn(transaction, authPrefix) });
    /** An outage is not a verdict: the transaction stays, and reloading the page redeems the code. */
    const outage = (problem: Problem) => {
      used.release(transaction);
      return failed(problem);
    };
    const over = () => reply.header("set-cookie", logins.clear(transaction.id));

    if (answer.error !== undefined) {
      over();
      request.log.info(describeOAuthError(answer.error, answer.description), "managed login sent an error back");
      throw failed(oauthProblem(answer.error));
    }
    // A code works once: it is redeemed when its tokens can be verified.
    const keys = await verifier.haveKeys();
    if (keys !== "had") throw outage(keysProblem(keys, tell));
    const issued =
      answer.code === undefined
        ? ({ kind: "code_rejected" } as const)
        : await managedLogin.redeemCode(answer.code, transaction.codeVerifier);
    if (issued.kind === "unavailable") throw outage(codeProblem(issued, tell));
    over();
    if (issued.kind === "code_rejected") throw incomplete(codeProblem(issued, tell), failedSignIn(transaction, authPrefix), answer);
    if (issued.kind === "misconfigured") throw failed(codeProblem(issued, tell));

    const visit = await gate.open(request.headers.cookie);
    const previous = visit.reading.kind === "session" ? visit.reading.session : transaction.previous;
    const started = await lifecycle.start({
      ...issued,
      nonce: transaction.nonce,
      demand: demandOf(transaction, previous, lifecycle),
      previous,
      userAgent: userAgentOf(request.headers),
    });
    if (started.kind === "too_old")
      throw new ProblemError({ ...TOO_OLD, signIn: { ...failedSignIn(transaction, authPrefix), ...SIGN_OUT_FIRST } });
    if (started.kind !== "started") throw failed(startProblem(request, started, tell));
    tell({ kind: "signed_in", requestId: request.id });

    const handedOver = logins.handOver(request.headers.cookie, transaction, started.session.id);
    // So that the next one to finish can revoke its token.
    if (handedOver.length > 0) lifecycle.keepAtHand(started.session);
    for (const value of handedOver) reply.header("set-cookie", value);
    visit.replacement = { kind: "session", sealed: started.sealed };
    keepVisit(request, visit);
    return leaveFor(transaction, reply, mayNeedSession);
  }
}

/** Where two processes have different clocks nothing else may show it: the sign-in works all the same, or expires at once. */
function nameClockDifference(found: FoundLogin, clock: Clock, request: FastifyRequest): void {
  const begunAtMs = found.kind === "transaction" ? found.transaction.begunAtMs : found.begunAtMs;
  const differenceMs = begunAtMs === undefined ? 0 : clockDifferenceMs({ begunAtMs }, clock.now());
  if (differenceMs === 0) return;
  request.log.warn(
    { clock_difference_seconds: Math.round(differenceMs / 1000) },
    "a sign-in was begun by a clock that differs from this one; compare the time synchronisation of the processes",
  );
}

/**
 * Nothing can come of this callback any more, but perhaps nothing has to: the person pressed Back, reloaded, or finished in another tab. Only
 * a request from our own page brings the session's Strict cookie that would show it.
 */
function incomplete(problem: Problem, failed: FailedSignIn, { error }: Answer): ProblemError {
  const again = { ...failed, button: "Sign in again" } as const;
  return new ProblemError({ ...problem, signIn: error === undefined ? { ...again, movesOn: true } : again });
}

/** What is said of the sign-in that a state is of. */
function failedSignIn(state: LoginState | null, authPrefix: string): FailedSignIn {
  // Parsed again: another release may have sealed it, by other rules.
  const parsed = parseReturnPath(state?.returnTo ?? "/", authPrefix);
  return { button: "Try again", returnTo: parsed.kind === "path" ? parsed.path : "/", display: state?.display ?? "page" };
}

/** The session before may have ended only after the sign-in began: the browser was away at Cognito, and nobody could tell it. */
function demandOf(
  { demand, begunAtMs, begunForCognitoMs }: LoginTransaction,
  previous: Session | SessionId | null,
  lifecycle: CallbackRouteOptions["lifecycle"],
): Demand | null {
  if (demand || previous === null || !lifecycle.hasEndedForGood(previous)) return demand;
  return { newerThanSeconds: null, begunAtMs, begunForCognitoMs };
}

function leaveFor(
  { display, returnTo }: LoginTransaction,
  reply: FastifyReply,
  mayNeedSession: CallbackRouteOptions["mayNeedSession"],
): FastifyReply {
  if (display === "popup") return sendPopupPage(reply);
  // A page behind the session, reached by this redirect, would not get the Strict cookie just set: a page that moves on by itself does.
  return mayNeedSession(returnTo) ? sendOnwardPage(reply, returnTo) : reply.redirect(returnTo, 302);
}

/** The transaction that is answered, for the first time. A state works once, whatever the answer to it says. */
function claim(found: FoundLogin, answer: Answer, used: UsedLogins, authPrefix: string): LoginTransaction {
  if (found.kind === "transaction" && used.claim(found.transaction)) return found.transaction;
  const [cause, state] = found.kind === "none" ? [found.cause, found.state] : (["transaction_expired", found.transaction] as const);
  throw incomplete({ reason: "sign_in_failed", cause }, failedSignIn(state, authPrefix), answer);
}
