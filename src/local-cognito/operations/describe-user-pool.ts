import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userPoolType } from "./shapes.js";

/** DescribeUserPool. */
export function describeUserPool(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => ({ UserPool: userPoolType(parts.pools.get(fields.text("UserPoolId"))) });
}
