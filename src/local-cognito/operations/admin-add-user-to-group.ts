import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminAddUserToGroup: ResourceNotFoundException when there is no such group. */
export function adminAddUserToGroup(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return adminUserOperation(parts, (pool, user, fields) => {
    parts.directory.addToGroup(pool, user, fields.text("GroupName"));
    return {};
  });
}
