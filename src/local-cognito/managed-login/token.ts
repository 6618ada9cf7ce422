import { createHash } from "node:crypto";
import { type Answer, jsonAnswer } from "../common/answer.js";
import type { CallContext } from "../common/call-context.js";
import { CognitoException } from "../common/exceptions.js";
import { OAuthError } from "../common/oauth-error.js";
import { equalSecret } from "../common/random-text.js";
import type { AppClient } from "../pools/app-clients.js";
import type { AuthorizationCode, CognitoState } from "../sign-in/state.js";
import type { IssuedTokens } from "../sign-in/token-issuer.js";
import { authenticateClient } from "./client-authentication.js";

type Grant = (state: CognitoState, client: AppClient, form: URLSearchParams, call: CallContext) => IssuedTokens;

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === "") {
    throw new OAuthError("invalid_request", `${name} is missing`);
  }
  return value;
}

/** RFC 7636 section 4.6. A verifier is demanded exactly when the authorization request had a challenge. */
function requireVerifier(code: AuthorizationCode, form: URLSearchParams): void {
  if (code.codeChallenge === null) {
    return;
  }
  const challenge = createHash("sha256").update(required(form, "code_verifier"), "ascii").digest("base64url");
  if (!equalSecret(challenge, code.codeChallenge)) {
    throw new OAuthError("invalid_grant", "code_verifier does not match");
  }
}

const redeemCode: Grant = (state, client, form, call) => {
  if (!client.settings.AllowedOAuthFlowsUserPoolClient || !client.settings.AllowedOAuthFlows?.includes("code")) {
    throw new OAuthError("unauthorized_client");
  }
  const text = required(form, "code");
  const redirectUri = required(form, "redirect_uri");
  // Taken before it is checked: whoever guesses a verifier has one try.
  const found = state.codes.take(text);
  if (found.state !== "found" || found.value.clientId !== client.id) {
    throw new OAuthError("invalid_grant");
  }
  const code = found.value;
  if (redirectUri !== code.redirectUri) {
    throw new OAuthError("invalid_grant", "redirect_uri does not match");
  }
  requireVerifier(code, form);
  const pool = state.pools.get(code.poolId);
  const user = pool.users.get(code.username);
  if (user === undefined || !user.enabled) {
    throw new OAuthError("invalid_grant");
  }
  call.identify(pool.id, user.username);
  const { scopes, authTimeMs, nonce } = code;
  return state.authentication.start({ pool, client, user, origin: "managed_login", scopes, authTimeMs, code: { nonce } }).tokens;
};

const refresh: Grant = (state, client, form, call) => {
  const refreshToken = required(form, "refresh_token");
  try {
    const proof = { refreshToken, deviceKey: null, through: "token_endpoint", requireSecret: () => undefined } as const;
    return state.authentication.refresh(client, proof, call);
  } catch (error) {
    // The token endpoint cannot say more: expired, revoked, reused and disabled are all invalid_grant.
    if (error instanceof CognitoException && error.name !== "TooManyRequestsException") {
      throw new OAuthError("invalid_grant");
    }
    throw error;
  }
};

const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ["authorization_code", redeemCode],
  ["refresh_token", refresh],
]);

/** `POST /oauth2/token`: redeems codes and refreshes. Throws OAuthError. */
export function token(state: CognitoState, authorization: string | undefined, form: URLSearchParams, call: CallContext): Answer {
  const grantType = required(form, "grant_type");
  const grant = GRANTS.get(grantType);
  if (grant === undefined) {
    throw new OAuthError("unsupported_grant_type");
  }
  call.useFlow(grantType);
  const client = authenticateClient(state, authorization, form);
  const tokens = grant(state, client, form, call);
  return jsonAnswer(200, {
    id_token: tokens.idToken ?? undefined,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken ?? undefined,
    expires_in: tokens.expiresInSeconds,
    token_type: "Bearer",
  });
}
