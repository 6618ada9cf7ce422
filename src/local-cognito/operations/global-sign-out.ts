import { SELF_SERVICE_SCOPE } from "../sign-in/access-tokens.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

/** GlobalSignOut: ends all sessions of the access token's user. Managed login's cookie stays, as at Cognito. */
export function globalSignOut(parts: Pick<CognitoState, "accessTokens" | "sessions">): Operation {
  return (fields, call) => {
    const { pool, user } = parts.accessTokens.verify(fields.text("AccessToken"), SELF_SERVICE_SCOPE);
    call.identify(pool.id, user.username);
    parts.sessions.revokeAllOf(pool.id, user.username);
    return {};
  };
}
