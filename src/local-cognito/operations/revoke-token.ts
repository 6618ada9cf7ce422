import { CognitoException, unauthorized, unsupportedOperation, unsupportedTokenType } from "../common/exceptions.js";
import type { AppClient } from "../pools/app-clients.js";
import { requireSecret } from "../pools/client-proof.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

type Parts = Pick<CognitoState, "clients" | "sessions" | "accessTokens">;

// The API reference lists UnauthorizedException here, not NotAuthorizedException.
function requireSecretOrUnauthorized(client: AppClient, secret: string | undefined): void {
  try {
    requireSecret(client, secret);
  } catch (error) {
    throw error instanceof CognitoException ? unauthorized(error.message) : error;
  }
}

/** RevokeToken: ends the refresh token's whole family and its access tokens. Succeeds for tokens already revoked and never issued. */
export function revokeToken(parts: Parts): Operation {
  return (fields, call) => {
    const token = fields.text("Token");
    const client = parts.clients.get(fields.text("ClientId"));
    requireSecretOrUnauthorized(client, fields.optionalText("ClientSecret"));
    if (!client.settings.EnableTokenRevocation) {
      throw unsupportedOperation("Token revocation is not enabled for this client");
    }
    if (parts.accessTokens.isOurJwt(token)) {
      throw unsupportedTokenType("Unsupported token type");
    }
    const session = parts.sessions.sessionOf(token);
    if (session !== undefined) {
      call.identify(session.poolId, session.username);
      // RFC 7009 section 2.1: a token of another client is refused.
      if (session.clientId !== client.id) {
        throw unauthorized("Refresh Token has different Client");
      }
      parts.sessions.revoke(token);
    }
    return {};
  };
}
