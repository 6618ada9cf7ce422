import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userPoolType } from "./shapes.js";

/** DescribeUserPool. */
export function describeUserPool(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    return { UserPool: userPoolType(pool, parts.pools.domainsOf(pool.id)) };
  };
}
