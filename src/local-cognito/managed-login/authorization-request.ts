import type { AppClient } from "../pools/app-clients.js";
import type { UserPool } from "../pools/user-pool.js";
import type { CognitoState } from "../sign-in/state.js";

/** A valid request to `/oauth2/authorize` or `/login`. */
export interface AuthorizationRequest {
  readonly client: AppClient;
  readonly pool: UserPool;
  readonly redirectUri: string;
  readonly state: string | null;
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  readonly codeChallenge: string | null;
  readonly prompt: "none" | "login" | null;
  readonly loginHint: string;
  /** The request's own parameters: they travel on through the form. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** An error that may be told to the app, because its redirect URI is known to be its own. */
export interface RedirectError {
  readonly redirectUri: string;
  readonly state: string | null;
  readonly error: string;
  readonly description: string;
}

/**
 * What became of a request. Without a client and a redirect URI of that client the person gets an error page and never a redirect
 * (RFC 6749 section 4.1.2.1), or we would be an open redirector.
 */
export type ParsedAuthorization =
  | { readonly kind: "valid"; readonly request: AuthorizationRequest }
  | { readonly kind: "page"; readonly error: string; readonly explanation: string }
  | ({ readonly kind: "redirect" } & RedirectError);

/** The parameters that are kept; everything else in a request is ignored. */
export const AUTHORIZATION_PARAMETERS: readonly string[] = [
  "response_type",
  "client_id",
  "redirect_uri",
  "state",
  "scope",
  "identity_provider",
  "idp_identifier",
  "code_challenge",
  "code_challenge_method",
  "nonce",
  "lang",
  "login_hint",
  "prompt",
  "resource",
];

class Refused extends Error {
  readonly code: string;

  constructor(code: string, description: string) {
    super(description);
    this.code = code;
  }
}

function requireFlow(client: AppClient, responseType: string | undefined): void {
  if (responseType !== "code" && responseType !== "token") {
    throw new Refused("invalid_request", "response_type must be code");
  }
  const { AllowedOAuthFlowsUserPoolClient, AllowedOAuthFlows = [] } = client.settings;
  if (!AllowedOAuthFlowsUserPoolClient || !AllowedOAuthFlows.includes("code")) {
    throw new Refused("unauthorized_client", "The app client may not use the authorization code flow");
  }
  if (responseType === "token") {
    throw new Refused("unsupported_response_type", "Local Cognito offers the authorization code flow only");
  }
}

function readScopes(client: AppClient, scope: string | undefined): readonly string[] {
  const allowed = client.settings.AllowedOAuthScopes ?? [];
  const asked = (scope ?? "").split(" ").filter((name) => name !== "");
  if (!asked.every((name) => allowed.includes(name))) {
    throw new Refused("invalid_scope", "A scope is not allowed for the app client");
  }
  return asked.length === 0 ? allowed : [...new Set(asked)];
}

/** RFC 7636 section 4.3, with S256 the only method, as at Cognito. */
function readChallenge(challenge: string | undefined, method: string | undefined): string | null {
  if (challenge === undefined && method === undefined) {
    return null;
  }
  if (challenge === undefined || method !== "S256" || !/^[\w-]{43}$/.test(challenge)) {
    throw new Refused("invalid_request", "code_challenge needs code_challenge_method S256");
  }
  return challenge;
}

function readPrompt(prompt: string | undefined): "none" | "login" | null {
  const values = (prompt ?? "").split(" ").filter((value) => value !== "");
  if (values.includes("none") && values.length > 1) {
    throw new Refused("invalid_request", "prompt none goes with no other value");
  }
  return values.includes("none") ? "none" : values.includes("login") ? "login" : null;
}

function requireProvider(client: AppClient, provider: string | undefined): void {
  if (provider !== undefined && provider !== "COGNITO") {
    throw new Refused("invalid_request", "Local Cognito has no identity providers besides COGNITO");
  }
  // Nothing set counts as all of them here; a list without COGNITO turns the sign-in form off.
  const supported = client.settings.SupportedIdentityProviders ?? [];
  if (supported.length > 0 && !supported.includes("COGNITO")) {
    throw new Refused("unauthorized_client", "The app client does not support COGNITO as identity provider");
  }
}

/** Checks a request against its app client. */
export function parseAuthorization(state: Pick<CognitoState, "clients" | "pools">, given: URLSearchParams): ParsedAuthorization {
  const repeated = AUTHORIZATION_PARAMETERS.find((name) => given.getAll(name).length > 1);
  if (repeated !== undefined) {
    // RFC 6749 section 3.1: parameters must not be included more than once.
    return { kind: "page", error: "invalid_request", explanation: `The parameter ${repeated} was sent more than once.` };
  }
  const parameters = new Map([...given].filter(([name]) => AUTHORIZATION_PARAMETERS.includes(name)));
  const client = state.clients.find(parameters.get("client_id") ?? "");
  if (client === undefined) {
    return { kind: "page", error: "invalid_client", explanation: "There is no app client with this client_id." };
  }
  const redirectUri = parameters.get("redirect_uri") ?? client.settings.DefaultRedirectURI;
  if (redirectUri === undefined || !client.settings.CallbackURLs?.includes(redirectUri)) {
    return {
      kind: "page",
      error: "redirect_mismatch",
      explanation: "The redirect_uri is not among the app client’s callback URLs. It must match one of them character for character.",
    };
  }
  const echoed = parameters.get("state") ?? null;
  try {
    requireFlow(client, parameters.get("response_type"));
    requireProvider(client, parameters.get("identity_provider"));
    const request: AuthorizationRequest = {
      client,
      pool: state.pools.get(client.poolId),
      redirectUri,
      state: echoed,
      scopes: readScopes(client, parameters.get("scope")),
      nonce: parameters.get("nonce") ?? null,
      codeChallenge: readChallenge(parameters.get("code_challenge"), parameters.get("code_challenge_method")),
      prompt: readPrompt(parameters.get("prompt")),
      loginHint: parameters.get("login_hint") ?? "",
      parameters,
    };
    return { kind: "valid", request };
  } catch (error) {
    if (error instanceof Refused) {
      return { kind: "redirect", redirectUri, state: echoed, error: error.code, description: error.message };
    }
    throw error;
  }
}
