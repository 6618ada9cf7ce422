import type { CallContext } from "../common/call-context.js";
import type { JsonObject } from "../common/json.js";
import type { RequestFields } from "../common/request-fields.js";
import type { User, UserPool } from "../pools/user-pool.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

/** An operation on the user that `UserPoolId` and `Username` (canonical or alias) name; UserNotFoundException when there is none. */
export function adminUserOperation(
  parts: Pick<CognitoState, "pools" | "directory">,
  run: (pool: UserPool, user: User, fields: RequestFields) => JsonObject,
): Operation {
  return (fields: RequestFields, call: CallContext) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const user = parts.directory.get(pool, fields.text("Username"));
    call.identify(pool.id, user.username);
    return run(pool, user, fields);
  };
}
