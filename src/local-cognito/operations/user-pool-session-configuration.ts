import { invalidParameter } from "../common/exceptions.js";
import type { JsonObject } from "../common/json.js";
import type { UserPool } from "../pools/user-pool.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

function configurationOf({ id, sessionTracking: { tracking, maxPerUser } }: UserPool): JsonObject {
  return { UserPoolId: id, UserSessionTracking: tracking, TokenSession: { MaxPerUser: maxPerUser } };
}

/** GetUserPoolSessionConfiguration. */
export function getUserPoolSessionConfiguration(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => configurationOf(parts.pools.get(fields.text("UserPoolId")));
}

/** SetUserPoolSessionConfiguration. */
export function setUserPoolSessionConfiguration(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const tracking = fields.oneOf("UserSessionTracking", ["ENABLED", "DISABLED"]);
    const maxPerUser = fields.fields("TokenSession")?.integer("MaxPerUser", 1, 100);
    if (tracking === undefined || maxPerUser === undefined) {
      throw invalidParameter("UserSessionTracking and TokenSession are required.");
    }
    pool.sessionTracking = { tracking, maxPerUser };
    return configurationOf(pool);
  };
}
