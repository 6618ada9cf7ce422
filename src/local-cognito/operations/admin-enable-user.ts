import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminEnableUser: the user may sign in again. */
export function adminEnableUser(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return adminUserOperation(parts, (_pool, user) => {
    parts.directory.setEnabled(user, true);
    return {};
  });
}
