import { createHash, createHmac, randomBytes } from "node:crypto";
import {
  type AuthenticationResultType,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import {
  DEFAULT_SEED,
  defaultSeed,
  type LocalCognito,
  type LocalCognitoClock,
  type LocalCognitoOptions,
  startLocalCognito,
} from "../../src/local-cognito/index.js";

export const POOL_ID: string = DEFAULT_SEED.userPoolId;
export const CLIENT_ID: string = DEFAULT_SEED.clientId;
export const CLIENT_SECRET: string = DEFAULT_SEED.clientSecret;
export const EMAIL: string = DEFAULT_SEED.user.email;
export const PASSWORD: string = DEFAULT_SEED.user.password;
export const USERNAME = "7c1e0b52-5f0a-4c0e-9d53-2f6f3b0a9d11";
export const REDIRECT_URI = "http://localhost:3000/auth/callback";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A clock that stands still until it is moved. */
export function standingClock(startMs = Date.UTC(2026, 0, 15, 12)): LocalCognitoClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

export interface Running {
  readonly cognito: LocalCognito;
  readonly clock: LocalCognitoClock;
  readonly sdk: CognitoIdentityProviderClient;
}

/** A local Cognito on a free port and a standing clock, with AWS's own SDK; both end with the test. */
export async function running(t: { teardown(end: () => unknown): void }, options: LocalCognitoOptions = {}): Promise<Running> {
  const clock = options.clock ?? standingClock();
  const cognito = await startLocalCognito({ port: 0, clock, seed: defaultSeed({ publicUrl: "http://localhost:3000" }), ...options });
  const sdk = new CognitoIdentityProviderClient({
    region: "us-east-1",
    endpoint: cognito.url,
    maxAttempts: 1,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  t.teardown(async () => {
    sdk.destroy();
    await cognito.close();
  });
  return { cognito, clock, sdk };
}

export function secretHash(username: string, secret: string = CLIENT_SECRET, clientId: string = CLIENT_ID): string {
  return createHmac("sha256", secret).update(`${username}${clientId}`).digest("base64");
}

/** The value, which the test says must be there. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new Error("a value that must be there is missing");
  }
  return value;
}

export interface SignedIn extends AuthenticationResultType {
  readonly AccessToken: string;
  readonly IdToken: string;
  readonly RefreshToken: string;
}

/** Signs the user in with USER_PASSWORD_AUTH on the default client or a public one. */
export async function signIn(
  sdk: CognitoIdentityProviderClient,
  clientId: string = CLIENT_ID,
  username: string = EMAIL,
  password: string = PASSWORD,
): Promise<SignedIn> {
  const hash = clientId === CLIENT_ID ? { SECRET_HASH: secretHash(username) } : {};
  const { AuthenticationResult: result } = await sdk.send(
    new InitiateAuthCommand({
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: clientId,
      AuthParameters: { USERNAME: username, PASSWORD: password, ...hash },
    }),
  );
  return {
    ...result,
    AccessToken: present(result?.AccessToken),
    IdToken: present(result?.IdToken),
    RefreshToken: present(result?.RefreshToken),
  };
}

/** Refreshes with REFRESH_TOKEN_AUTH as the default client; extra parameters replace the usual ones. */
export function refresh(sdk: CognitoIdentityProviderClient, refreshToken: string, parameters: Record<string, string> = {}) {
  return sdk.send(
    new InitiateAuthCommand({
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: CLIENT_ID,
      AuthParameters: { REFRESH_TOKEN: refreshToken, SECRET_HASH: secretHash(USERNAME), ...parameters },
    }),
  );
}

/** Refreshes with GetTokensFromRefreshToken as a public client; returns the new refresh token where there is one. */
export async function getTokens(sdk: CognitoIdentityProviderClient, clientId: string, refreshToken: string): Promise<string | undefined> {
  const { AuthenticationResult } = await sdk.send(new GetTokensFromRefreshTokenCommand({ ClientId: clientId, RefreshToken: refreshToken }));
  return AuthenticationResult?.RefreshToken;
}

/** Creates a public client in the default pool. */
export async function publicClient(
  sdk: CognitoIdentityProviderClient,
  settings: Partial<CreateUserPoolClientCommandInput> = {},
): Promise<string> {
  const { UserPoolClient } = await sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: POOL_ID,
      ClientName: "public",
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      ...settings,
    }),
  );
  return present(UserPoolClient?.ClientId);
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(present(token.split(".")[1]), "base64url").toString()) as Record<string, unknown>;
}

/** What the API says when asked without an SDK. */
export async function callApi(url: string, operation: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

export function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

export const AUTHORIZATION = {
  response_type: "code",
  client_id: CLIENT_ID,
  redirect_uri: REDIRECT_URI,
  scope: "openid email profile aws.cognito.signin.user.admin",
  state: "state-1",
};

/** GET without following redirects; null values leave a parameter out. */
export function browse(cognito: LocalCognito, path: string, parameters: Record<string, string | null>, cookie = ""): Promise<Response> {
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]));
  return fetch(`${cognito.url}${path}?${new URLSearchParams(given)}`, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });
}

/** Sends the form that the page contains, with its hidden fields. */
export async function sendForm(cognito: LocalCognito, page: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]): [string, string] => [
    name ?? "",
    (value ?? "")
      .replaceAll("&quot;", '"')
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&#39;", "'")
      .replaceAll("&amp;", "&"),
  ]);
  return fetch(`${cognito.url}/login`, {
    method: "POST",
    redirect: "manual",
    headers,
    body: new URLSearchParams([...hidden, ...Object.entries(fields)]),
  });
}

/** Signs in through the form; returns where it leads and managed login's cookie. */
export async function signInByForm(cognito: LocalCognito, parameters: Record<string, string> = {}) {
  const form = await browse(cognito, "/login", { ...AUTHORIZATION, ...parameters });
  const answer = await sendForm(cognito, await form.text(), { username: EMAIL, password: PASSWORD });
  const location = new URL(present(answer.headers.get("location")));
  return {
    location,
    code: present(location.searchParams.get("code")),
    cookie: present(answer.headers.get("set-cookie")?.split(";")[0]),
  };
}

export const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString("base64")}`;

/** `POST` of a form to an OAuth endpoint, as the default client unless told. */
export function postForm(
  cognito: LocalCognito,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = { authorization: BASIC },
) {
  return fetch(`${cognito.url}${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });
}

/** Redeems a code at the token endpoint. */
export function redeem(cognito: LocalCognito, code: string, fields: Record<string, string> = {}): Promise<Response> {
  return postForm(cognito, "/oauth2/token", { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, ...fields });
}

/** The members of a JSON answer, as text. */
export async function membersOf(answer: Response): Promise<Record<string, string>> {
  return (await answer.json()) as Record<string, string>;
}
