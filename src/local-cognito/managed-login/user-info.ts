import { type Answer, jsonAnswer } from "../common/answer.js";
import type { CallContext } from "../common/call-context.js";
import { CognitoException, refusals } from "../common/exceptions.js";
import type { CognitoState } from "../sign-in/state.js";
import { readableAttributes } from "../sign-in/token-issuer.js";

const INVALID_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out.";

function refused(status: number, error: string, description: string): Answer {
  const answer = jsonAnswer(status, { error, error_description: description }, error);
  // RFC 6750 section 3.
  return { ...answer, headers: { ...answer.headers, "www-authenticate": `Bearer error="${error}", error_description="${description}"` } };
}

/** `GET /oauth2/userInfo`: the user's attributes, all of them text, for an access token with `openid`. */
export function userInfo(state: Pick<CognitoState, "accessTokens">, authorization: string | undefined, call: CallContext): Answer {
  const accessToken = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (accessToken === undefined) {
    return refused(400, "invalid_request", "The access token is missing");
  }
  try {
    const { pool, client, user, session } = state.accessTokens.verify(accessToken, "openid");
    call.identify(pool.id, user.username);
    return jsonAnswer(200, {
      sub: user.sub,
      ...Object.fromEntries(readableAttributes(user, client.settings, session)),
      username: user.username,
    });
  } catch (error) {
    if (!(error instanceof CognitoException)) {
      throw error;
    }
    return error.message === refusals.accessTokenScopes().message
      ? refused(403, "insufficient_scope", "The access token has no openid scope")
      : refused(401, "invalid_token", INVALID_TOKEN);
  }
}
