import { SELF_SERVICE_SCOPE } from "../sign-in/access-tokens.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userProfile } from "./shapes.js";

/** GetUser: the profile of the access token's user. */
export function getUser(parts: Pick<CognitoState, "accessTokens">): Operation {
  return (fields, call) => {
    const { pool, user } = parts.accessTokens.verify(fields.text("AccessToken"), SELF_SERVICE_SCOPE);
    call.identify(pool.id, user.username);
    return userProfile(user).own;
  };
}
