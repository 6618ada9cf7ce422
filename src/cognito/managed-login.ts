import { createHash } from "node:crypto";
import { type Dispatcher, getGlobalDispatcher, request } from "undici";
import type { Clock } from "../model/clock.js";
import { withDeadline } from "../model/deadline.js";
import { describeError, type Log } from "../model/log.js";
import { Secret } from "../model/secret.js";
import { dispatcherThrough } from "../network/way-out.js";
import type { Tell } from "../telemetry/events.js";
import type { CodeAnswer } from "./answers.js";
import { readAtMost } from "./bounded-body.js";
import type { ClientSecrets } from "./client-secrets.js";
import { callAndTell } from "./outcome.js";
import { createRefusalLog } from "./refusal-log.js";
import { judgeRefusal, refusalNamed } from "./refusals.js";

/** The parameters of `/oauth2/authorize` that differ from sign-in to sign-in; all but the first three come from the caller's query. */
export interface AuthorizeParameters {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly identityProvider?: string;
  readonly loginHint?: string;
  readonly prompt?: "login" | "none";
}

export interface ManagedLoginOptions {
  /** Base as the browser reaches it. */
  readonly domain: string;
  /** Base of `/oauth2/token` as this process reaches it. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecrets: ClientSecrets;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly logoutUri: string;
  /** The HTTP proxy on the way to the token endpoint; absent or null: straight. */
  readonly proxy?: URL | null;
  /** Longest wait for the token endpoint. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly log: Log;
}

/** Cognito's managed login and its OAuth 2.0 endpoints (RFC 6749, PKCE by RFC 7636). */
export interface ManagedLogin {
  authorizeUrl(parameters: AuthorizeParameters): string;
  /** The same by way of Cognito's `/logout`, which clears its own cookie first: nobody is signed in without a form then. */
  signInAgainUrl(parameters: AuthorizeParameters): string;
  /** Cognito's `/logout`, which clears its own cookie; it must run in the browser. */
  logoutUrl(): string;
  /** Redeems a code; one attempt, and one with the other client secret where the first is refused, since a code works once. Never throws. */
  redeemCode(code: string, codeVerifier: string): Promise<CodeAnswer>;
}

const LONGEST_ANSWER_BYTES = 256 * 1024;

interface TokenEndpointAnswer {
  readonly status: number;
  readonly body: { readonly [name: string]: unknown };
}

async function post(
  url: string,
  form: URLSearchParams,
  headers: Record<string, string>,
  { signal, dispatcher }: { readonly signal: AbortSignal; readonly dispatcher: Dispatcher },
): Promise<TokenEndpointAnswer> {
  const answer = await request(url, {
    method: "POST",
    dispatcher,
    signal,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json", ...headers },
    body: form.toString(),
  });
  const read = await readAtMost(LONGEST_ANSWER_BYTES, answer.body);
  if (read === null) throw new RangeError("the token endpoint's answer is too long");
  const text = read.toString("utf8");
  // A failure may come as a page of a load balancer; its status is what counts then.
  const parsed: unknown = answer.statusCode === 200 || text.startsWith("{") ? JSON.parse(text) : {};
  return { status: answer.statusCode, body: typeof parsed === "object" && parsed !== null ? (parsed as TokenEndpointAnswer["body"]) : {} };
}

const isToken = (value: unknown): value is string => typeof value === "string" && value !== "";

/** Judges the token endpoint's answer (RFC 6749 5.1 and 5.2). */
export function judgeCodeAnswer({ status, body }: TokenEndpointAnswer): CodeAnswer {
  const { error, id_token: id, access_token: access, refresh_token: refresh } = body;
  if (status === 200) {
    if (!isToken(id)) return { kind: "misconfigured", problem: "no ID token: the scope openid is missing" };
    if (!isToken(access)) return { kind: "misconfigured", problem: "no access token in the answer" };
    if (!isToken(refresh)) return { kind: "misconfigured", problem: "no refresh token in the answer" };
    return { kind: "issued", id: new Secret(id), access: new Secret(access), refresh: new Secret(refresh) };
  }
  if (status === 429) return { kind: "unavailable", reason: "cognito_throttled", answerLost: false };
  if (status >= 500) return { kind: "unavailable", reason: "cognito_unavailable", answerLost: true };
  if (typeof error === "string") {
    const named = refusalNamed("code", error, "");
    if (named) return named;
    // RFC 6749 5.2 leaves room for more of them (8.5).
    if (/^[a-z_]{1,40}$/.test(error)) return { kind: "misconfigured", problem: error };
  }
  if (status === 403) return { kind: "unavailable", reason: "cognito_blocked", answerLost: false };
  return { kind: "unavailable", reason: "cognito_unavailable", answerLost: true };
}

export function createManagedLogin(options: ManagedLoginOptions): ManagedLogin {
  const { clientId, clientSecrets, redirectUri } = options;
  const refusals = createRefusalLog(options);

  const dispatcher = options.proxy
    ? dispatcherThrough(options.proxy, { clock: options.clock, timeoutMs: options.deadlineMs })
    : getGlobalDispatcher();

  async function redeem(secret: Secret | undefined, code: string, codeVerifier: string): Promise<CodeAnswer> {
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: clientId,
      code,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
    });
    const headers: Record<string, string> = {};
    if (secret) headers["authorization"] = `Basic ${Buffer.from(`${clientId}:${secret.reveal()}`).toString("base64")}`;
    try {
      const answer = await withDeadline(options.clock, options.deadlineMs, (signal) =>
        post(`${options.tokenUrl}/oauth2/token`, form, headers, { signal, dispatcher }),
      );
      const judged = judgeCodeAnswer(answer);
      if (judged.kind !== "issued")
        refusals({ operation: "token", status: answer.status, outcome: judged }, "the token endpoint issued nothing");
      return judged;
    } catch (error) {
      const outcome = judgeRefusal("code", error);
      refusals({ operation: "token", error: describeError(error), outcome }, "the token endpoint cannot be reached");
      return outcome;
    }
  }

  function signInUrl(path: string, { state, nonce, codeVerifier, identityProvider, loginHint, prompt }: AuthorizeParameters): string {
    const url = new URL(`${options.domain}${path}`);
    const parameters = {
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: options.scopes.join(" "),
      state,
      nonce,
      code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
      code_challenge_method: "S256",
      identity_provider: identityProvider,
      login_hint: loginHint,
      prompt,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  }

  return {
    authorizeUrl: (parameters) => signInUrl("/oauth2/authorize", parameters),

    // "A logout request with a redirect_uri parameter must also include parameters for your subsequent request to the Login endpoint"
    // (https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html).
    signInAgainUrl: (parameters) => signInUrl("/logout", parameters),

    logoutUrl() {
      const url = new URL(`${options.domain}/logout`);
      url.searchParams.set("client_id", clientId);
      url.searchParams.set("logout_uri", options.logoutUri);
      return url.href;
    },

    redeemCode: (code, codeVerifier) =>
      clientSecrets.with((secret) => callAndTell("token", options, () => redeem(secret, code, codeVerifier))),
  };
}
