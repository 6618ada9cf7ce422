import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminDeleteUser. */
export function adminDeleteUser(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return adminUserOperation(parts, (pool, user) => {
    pool.users.delete(user.username);
    return {};
  });
}
