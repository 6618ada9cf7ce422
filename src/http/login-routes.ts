import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { AuthorizeParameters, CodeAnswer, ManagedLogin } from "../cognito/managed-login.js";
import type { Tell } from "../model/events.js";
import type { SessionId } from "../model/session.js";
import type { StartOutcome } from "../session/session-lifecycle.js";
import type { SignInCause } from "../wire/reasons.js";
import { judgeNavigation, refuseCrossSite } from "./cross-site.js";
import { pageHeaders, renderPage } from "./html.js";
import {
  beginLogin,
  isSameState,
  LOGIN_LIFETIME_MS,
  type LoginTransaction,
  loginIdOfState,
  openLogin,
  sealLogin,
} from "./login-transaction.js";
import { ProblemError } from "./problem.js";
import { SIGN_IN_LIMIT } from "./rate-limits.js";
import { parseReturnPath, returnPathOfReferer } from "./return-path.js";
import type { Services } from "./services.js";
import type { Visit } from "./session-gate.js";

const MOST_LOGINS = 5;
const MOST_USED = 100_000;
/** What one takes at most, name included. */
const LONGEST_LOGIN_BYTES = 1024;
/** Cognito's own limit for both is below it. */
const LONGEST_PARAMETER = 256;
const CALLBACK_RETRY_SECONDS = 2;

/** Sign-in through managed login: the way there and the way back. */
export function loginRoutes(app: FastifyInstance, services: Services): void {
  const { config, clock, cookies, gate, lifecycle, managedLogin, metrics, sealer, tell, verifier } = services;
  // A state works once (RFC 9700 4.7.1), for a copied cookie too.
  const used = new LRUCache<string, true>({ max: MOST_USED, ttl: LOGIN_LIFETIME_MS, perf: { now: () => clock.now() }, ttlResolution: 0 });

  app.get("/login", { exposeHeadRoute: false, config: { rateLimit: SIGN_IN_LIMIT } }, async (request, reply) => {
    refuseCrossSite(judgeNavigation(request));
    const login = requireManagedLogin(managedLogin);
    const query = singleParameters(request);
    const visit = gate.open(request.headers.cookie);
    if (visit.reading.kind === "session") lifecycle.keepAtHand(visit.reading.session);
    const transaction = beginLogin({
      returnTo: returnPath(request, query),
      display: query.get("display") === "popup" ? "popup" : "page",
      previous: sessionIdOf(visit),
      begunAtMs: clock.now(),
    });

    for (const id of staleLogins(request.cookies, services)) clearLogin(reply, id);
    reply.setCookie(cookies.names.loginPrefix + transaction.id, sealLogin(transaction, sealer), cookies.loginAttributes);
    const location = login.authorizeUrl({ ...transaction, ...chosenParameters(query, mustAskAgain(visit)) });
    return reply.header("cache-control", "no-store").redirect(location, 302);
  });

  const callback = {
    exposeHeadRoute: false,
    config: { rateLimit: SIGN_IN_LIMIT },
    async onError(_request: FastifyRequest, _reply: FastifyReply, error: Error) {
      if (error instanceof ProblemError) metrics.signIn(error.problem.cause ?? error.problem.reason);
    },
  };
  app.get("/callback", callback, async (request, reply) => {
    refuseCrossSite(judgeNavigation(request));
    const login = requireManagedLogin(managedLogin);
    const query = singleParameters(request);
    const transaction = findTransaction(request, query.get("state"));
    if (used.has(transaction.id)) throw signInFailed("state_missing");
    const error = query.get("error");
    const code = query.get("code");
    if (error !== undefined || code === undefined) {
      clearLogin(reply, transaction.id);
      request.log.info({ oauth_error: knownOAuthError(error) }, "managed login sent an error back");
      throw oauthProblem(error);
    }

    // A code works once: it is redeemed when its tokens can be verified, and until then reloading the page goes on here.
    if (!(await verifier.haveKeys())) throw new ProblemError({ reason: "cognito_unavailable", retryAfterSeconds: CALLBACK_RETRY_SECONDS });
    const answer = await login.redeemCode(code, transaction.codeVerifier);
    // An outage is not a verdict: the transaction stays, and reloading the page redeems the code.
    if (answer.kind === "unavailable") throw new ProblemError({ reason: answer.reason, retryAfterSeconds: CALLBACK_RETRY_SECONDS });
    clearLogin(reply, transaction.id);
    used.set(transaction.id, true);
    if (answer.kind !== "issued") throw codeProblem(answer, tell);
    const presented = gate.open(request.headers.cookie);
    const started = await lifecycle.start({
      ...answer,
      nonce: transaction.nonce,
      previous: sessionIdOf(presented) ?? transaction.previous,
    });
    if (started.kind !== "started") throw startProblem(request, started, tell);
    handOver(request, reply, transaction, started.session.id);
    metrics.signIn("started");
    request.log.info({ event: "authn_login_success" }, "signed in");

    reply.header("cache-control", "no-store");
    for (const value of [...cookies.setTicket(started.sealed, presented.presented.names), cookies.clearEnded()])
      reply.header("set-cookie", value);
    if (transaction.display === "popup") return sendPopupPage(reply);
    // A page behind the session, reached by this redirect, would not get the Strict cookie just set: a page that moves on by itself does.
    const { pathname } = new URL(transaction.returnTo, config.publicUrl);
    if (services.routes.match(pathname)) return sendOnwardPage(reply, transaction.returnTo);
    return reply.redirect(transaction.returnTo, 302);
  });

  /** The other tabs' sign-ins under way replace this session now, when they end: they began before it was there. */
  function handOver(request: FastifyRequest, reply: FastifyReply, finished: LoginTransaction, previous: SessionId): void {
    const prefix = cookies.names.loginPrefix;
    for (const [name, sealed = ""] of Object.entries(request.cookies)) {
      const id = name.startsWith(prefix) ? name.slice(prefix.length) : finished.id;
      const other = id === finished.id ? null : openLogin(id, sealed, sealer, clock.now());
      if (other) reply.setCookie(name, sealLogin({ ...other, previous }, sealer), cookies.loginAttributes);
    }
  }

  function clearLogin(reply: FastifyReply, id: string): void {
    reply.clearCookie(cookies.names.loginPrefix + id, cookies.loginAttributes);
  }

  function findTransaction(request: FastifyRequest, state: string | undefined): LoginTransaction {
    if (state === undefined) throw signInFailed("state_missing");
    const id = loginIdOfState(state);
    const sealed = id === null ? undefined : request.cookies[cookies.names.loginPrefix + id];
    const transaction = id !== null && sealed !== undefined ? openLogin(id, sealed, sealer, clock.now()) : null;
    if (transaction && isSameState(transaction.state, state)) return transaction;
    const others = Object.keys(request.cookies).some((name) => name.startsWith(cookies.names.loginPrefix));
    throw signInFailed(others ? "state_mismatch" : "state_missing");
  }

  function returnPath(request: FastifyRequest, query: ReadonlyMap<string, string>): string {
    const wanted = query.get("return_to");
    if (wanted === undefined) return returnPathOfReferer(request.headers.referer, config.publicUrl, config.authPrefix);
    const parsed = parseReturnPath(wanted, config.authPrefix);
    if (parsed.kind === "refused") throw new ProblemError({ reason: "bad_request", detail: `return_to is not acceptable: ${parsed.why}.` });
    return parsed.path;
  }

  /** After an ending by limit, operator or sign-out Cognito's own cookie would let the person straight back in. */
  function mustAskAgain({ reading }: Visit): boolean {
    const ending = reading.kind === "session" ? lifecycle.enforceLimits(reading.session) : reading.kind === "ended" ? reading.ending : null;
    return ending !== null && (ending.reason === "signed_out" || ending.cause === "idle_timeout" || ending.cause === "session_lifetime");
  }
}

function requireManagedLogin(managedLogin: ManagedLogin | null): ManagedLogin {
  if (managedLogin) return managedLogin;
  throw new ProblemError({ reason: "not_found", detail: "Sign-in by redirect is not set up here." });
}

/** The query's parameters. One that stands twice is ambiguous, and different readers would pick different ones. */
function singleParameters(request: FastifyRequest): ReadonlyMap<string, string> {
  const url = request.raw.url ?? "";
  const start = url.indexOf("?");
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(start === -1 ? "" : url.slice(start))) {
    if (parameters.has(name)) throw new ProblemError({ reason: "bad_request", detail: "A query parameter stands twice." });
    parameters.set(name, value);
  }
  return parameters;
}

/** The parameters of the query that reach Cognito, each by name: nothing else in it can alter the authorize request. */
function chosenParameters(query: ReadonlyMap<string, string>, askAgain: boolean): Partial<AuthorizeParameters> {
  const short = (name: string) => {
    const value = query.get(name);
    return value !== undefined && value !== "" && value.length <= LONGEST_PARAMETER ? value : undefined;
  };
  const identityProvider = short("identity_provider");
  const loginHint = short("login_hint");
  const prompt = query.get("prompt");
  const chosen = askAgain || prompt === "login" ? "login" : prompt === "none" ? "none" : undefined;
  return {
    ...(identityProvider === undefined ? {} : { identityProvider }),
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(chosen === undefined ? {} : { prompt: chosen }),
  };
}

function sessionIdOf({ reading }: Visit): SessionId | null {
  return reading.kind === "session" ? reading.session.id : null;
}

/**
 * The transactions of this browser to give up before another is begun, so that prefetches and lost tabs do not pile up: those that do not open,
 * those beyond the newest few, and those for which the budget has no room beside the ticket.
 */
function staleLogins(all: Readonly<Record<string, string | undefined>>, { config, cookies, sealer, clock }: Services): string[] {
  const { session, ended, loginPrefix: prefix } = cookies.names;
  // Not those of another app on localhost, which would leave this one no room.
  const pairs = Object.entries(all).filter(([name]) => [session, ended, prefix].some((own) => name.startsWith(own)));
  const bytesOf = ([name, value = ""]: readonly [string, string | undefined]) => name.length + value.length + 3;
  const logins = pairs
    .filter(([name]) => name.startsWith(prefix) && /^[A-Za-z0-9_-]{1,32}$/.test(name.slice(prefix.length)))
    .map((pair) => {
      const id = pair[0].slice(prefix.length);
      return { id, bytes: bytesOf(pair), begunAtMs: openLogin(id, pair[1] ?? "", sealer, clock.now())?.begunAtMs ?? 0 };
    })
    .sort((a, b) => b.begunAtMs - a.begunAtMs);
  const others = pairs.filter(([name]) => !name.startsWith(prefix)).reduce((bytes, pair) => bytes + bytesOf(pair), 0);
  let left = config.cookieHeaderBudgetBytes - others - LONGEST_LOGIN_BYTES;
  return logins
    .filter(({ begunAtMs, bytes }, index) => {
      left -= bytes;
      return begunAtMs === 0 || index >= MOST_LOGINS - 1 || left < 0;
    })
    .map(({ id }) => id);
}

function signInFailed(cause: SignInCause): ProblemError {
  return new ProblemError({ reason: "sign_in_failed", cause });
}

/** The error codes of RFC 6749 4.1.2.1 and OpenID Connect Core 3.1.2.6 that mean something other than "access denied". */
const OAUTH_PROBLEMS: ReadonlyMap<string, () => ProblemError> = new Map([
  ["login_required", () => signInFailed("login_required")],
  ["interaction_required", () => signInFailed("login_required")],
  ["invalid_scope", () => new ProblemError({ reason: "misconfigured" })],
  ["unauthorized_client", () => new ProblemError({ reason: "misconfigured" })],
  ["unsupported_response_type", () => new ProblemError({ reason: "misconfigured" })],
  ["server_error", () => new ProblemError({ reason: "cognito_unavailable", retryAfterSeconds: CALLBACK_RETRY_SECONDS })],
  ["temporarily_unavailable", () => new ProblemError({ reason: "cognito_unavailable", retryAfterSeconds: CALLBACK_RETRY_SECONDS })],
]);

/** The `error_description` beside it is never looked at: whoever can send a browser here can write it. */
function oauthProblem(error: string | undefined): ProblemError {
  if (error === undefined) return signInFailed("code_rejected");
  return OAUTH_PROBLEMS.get(error)?.() ?? signInFailed("access_denied");
}

function knownOAuthError(error: string | undefined): string {
  return error !== undefined && /^[a-z_]{1,40}$/.test(error) ? error : "other";
}

function codeProblem(answer: Exclude<CodeAnswer, { kind: "issued" | "unavailable" }>, tell: Tell): ProblemError {
  if (answer.kind === "code_rejected") return signInFailed("code_rejected");
  tell({ kind: "alert", alert: "misconfigured", details: { operation: "token", problem: answer.problem } });
  return new ProblemError({ reason: "misconfigured" });
}

function startProblem(request: FastifyRequest, outcome: Exclude<StartOutcome, { kind: "started" }>, tell: Tell): ProblemError {
  switch (outcome.kind) {
    case "undecidable":
      request.log.warn({ why: outcome.why }, "a sign-in could not be verified: Cognito's keys cannot be had");
      return new ProblemError({ reason: "cognito_unavailable", retryAfterSeconds: CALLBACK_RETRY_SECONDS });
    case "invalid":
      tell({ kind: "alert", alert: "misconfigured", details: { problem: "the tokens of a sign-in are not good", why: outcome.why } });
      return new ProblemError({ reason: "misconfigured" });
    case "too_large":
      return new ProblemError({ reason: "session_too_large" });
  }
}

// `window.opener` is gone: Cognito's pages send Cross-Origin-Opener-Policy.
const POPUP_SCRIPT = `try{const c=new BroadcastChannel("cognito-bff");c.postMessage({type:"signed-in"});c.close()}catch{}window.close()`;

function sendPopupPage(reply: FastifyReply): FastifyReply {
  const body = `<h1>You are signed in</h1><p>You can close this window.</p>`;
  return reply.headers(pageHeaders(POPUP_SCRIPT)).send(renderPage({ title: "You are signed in", body, script: POPUP_SCRIPT }));
}

function sendOnwardPage(reply: FastifyReply, path: string): FastifyReply {
  const href = path.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const head = `<meta http-equiv="refresh" content="0;url=${href}">`;
  const body = `<h1>You are signed in</h1><p>Taking you back. <a href="${href}">Go on</a></p>`;
  return reply.headers(pageHeaders()).send(renderPage({ title: "You are signed in", body, head }));
}
