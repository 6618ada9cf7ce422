import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Answer } from "../common/answer.js";
import type { CallContext } from "../common/call-context.js";
import type { CorsOrigins } from "../common/cors.js";
import { isObject } from "../common/json.js";
import type { RateCategory } from "../common/rate-limits.js";
import { oauthStyle } from "../controls/endpoint-style.js";
import type { Gate } from "../controls/gate.js";
import type { CognitoState } from "../sign-in/state.js";
import { BrowserSessions } from "./browser-session.js";
import { jwks, openidConfiguration } from "./discovery.js";
import { type BrowserRequest, Login, refuseForeignForm } from "./login.js";
import { logout } from "./logout.js";
import { revoke } from "./revoke.js";
import { token } from "./token.js";
import { userInfo } from "./user-info.js";

/** The OAuth endpoints by the names that the call log and faults use. */
export const ENDPOINT_NAMES = ["authorize", "login", "logout", "token", "revoke", "userInfo", "jwks", "openid-configuration"] as const;

/** What Cognito lets pages of other origins call; the rest is for navigations. */
const CALLED_BY_PAGES: ReadonlySet<string> = new Set(["token", "revoke", "userInfo", "jwks", "openid-configuration"]);

type Handler = (request: FastifyRequest, call: CallContext) => Answer | Promise<Answer>;

interface Endpoint {
  readonly name: (typeof ENDPOINT_NAMES)[number];
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly quota: RateCategory | null;
  readonly handle: Handler;
}

function query(request: FastifyRequest): URLSearchParams {
  const mark = request.url.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : request.url.slice(mark + 1));
}

function form(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(typeof request.body === "string" ? request.body : "");
}

function fromBrowser(request: FastifyRequest, parameters: URLSearchParams): BrowserRequest {
  return { parameters, cookie: request.headers.cookie };
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

function poolId({ params }: FastifyRequest): string {
  return isObject(params) && typeof params["poolId"] === "string" ? params["poolId"] : "";
}

/** Registers managed login and the OAuth endpoints. `publicUrl` is how the browser reaches this server. */
export function registerManagedLogin(
  app: FastifyInstance,
  state: CognitoState,
  gate: Gate,
  cors: CorsOrigins,
  publicUrl: () => string,
): void {
  const browserSessions = new BrowserSessions(state, () => publicUrl().startsWith("https:"));
  const login = new Login(state, browserSessions);
  const submit: Handler = (request, call) =>
    refuseForeignForm({ origin: request.headers.origin, host: request.host, secFetchSite: header(request, "sec-fetch-site") }) ??
    login.submit(fromBrowser(request, form(request)), call);
  const authorize: Handler = (request, call) => login.authorize(fromBrowser(request, query(request)), call);
  const showForm: Handler = (request) => login.form(fromBrowser(request, query(request)));
  const signOut: Handler = (request) => logout(state, browserSessions, fromBrowser(request, query(request)));
  const tokens: Handler = (request, call) => token(state, request.headers.authorization, form(request), call);
  const revocation: Handler = (request, call) => revoke(state, request.headers.authorization, form(request), call);
  const profile: Handler = (request, call) => userInfo(state, request.headers.authorization, call);
  const keys: Handler = (request) => jwks(state, poolId(request));
  const metadata: Handler = (request) => openidConfiguration(state, poolId(request), publicUrl());

  const endpoints: readonly Endpoint[] = [
    { name: "authorize", method: "GET", path: "/oauth2/authorize", quota: null, handle: authorize },
    { name: "login", method: "GET", path: "/login", quota: null, handle: showForm },
    { name: "login", method: "POST", path: "/login", quota: "UserAuthentication", handle: submit },
    { name: "logout", method: "GET", path: "/logout", quota: null, handle: signOut },
    { name: "token", method: "POST", path: "/oauth2/token", quota: "UserAuthentication", handle: tokens },
    { name: "revoke", method: "POST", path: "/oauth2/revoke", quota: "UserToken", handle: revocation },
    { name: "userInfo", method: "GET", path: "/oauth2/userInfo", quota: null, handle: profile },
    { name: "jwks", method: "GET", path: "/:poolId/.well-known/jwks.json", quota: null, handle: keys },
    { name: "openid-configuration", method: "GET", path: "/:poolId/.well-known/openid-configuration", quota: null, handle: metadata },
  ];
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => done(null, body));
  for (const { name, method, path, quota, handle } of endpoints) {
    app.route({
      method,
      url: path,
      ...(CALLED_BY_PAGES.has(name) ? { onRequest: cors.open(app, method, path) } : {}),
      handler: (request: FastifyRequest, reply: FastifyReply) =>
        gate.pass(reply, { operation: name, style: oauthStyle, quota, run: (call) => handle(request, call) }),
    });
  }
}
