import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminResetUserPassword: signing in and refreshing answer PasswordResetRequiredException until an administrator sets a password. */
export function adminResetUserPassword(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return adminUserOperation(parts, (_pool, user) => {
    parts.directory.setStatus(user, "RESET_REQUIRED");
    return {};
  });
}
