import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { pageOf } from "./paging.js";
import { userPoolDescription } from "./shapes.js";

/** ListUserPools, paged. */
export function listUserPools(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => {
    const { page, next } = pageOf(parts.pools.list(), fields.integer("MaxResults", 1, 60) ?? 60, fields.optionalText("NextToken"));
    return { UserPools: page.map(userPoolDescription), NextToken: next };
  };
}
