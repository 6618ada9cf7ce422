import { type Answer, jsonAnswer } from "../common/answer.js";
import type { CallContext } from "../common/call-context.js";
import { OAuthError } from "../common/oauth-error.js";
import type { CognitoState } from "../sign-in/state.js";
import { authenticateClient } from "./client-authentication.js";

/** `POST /oauth2/revoke` (RFC 7009): refresh tokens only; one that is invalid already is answered with 200. Throws OAuthError. */
export function revoke(
  state: Pick<CognitoState, "clients" | "sessions" | "accessTokens">,
  authorization: string | undefined,
  form: URLSearchParams,
  call: CallContext,
): Answer {
  const refreshToken = form.get("token");
  if (refreshToken === null || refreshToken === "") {
    throw new OAuthError("invalid_request", "token is missing");
  }
  const client = authenticateClient(state, authorization, form);
  if (!client.settings.EnableTokenRevocation) {
    throw new OAuthError("invalid_request", "Token revocation is not enabled for this client");
  }
  if (state.accessTokens.isOurJwt(refreshToken)) {
    throw new OAuthError("unsupported_token_type");
  }
  const session = state.sessions.sessionOf(refreshToken);
  if (session !== undefined) {
    call.identify(session.poolId, session.username);
    if (session.clientId !== client.id) {
      throw new OAuthError("unauthorized_client");
    }
    state.sessions.revoke(refreshToken);
  }
  return { ...jsonAnswer(200, {}), body: "" };
}
