import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminDisableUser: "Deactivates a user profile and revokes all access tokens for the user" (API reference); enabling brings none back. */
export function adminDisableUser(parts: Pick<CognitoState, "pools" | "directory" | "sessions">): Operation {
  return adminUserOperation(parts, (pool, user) => {
    parts.directory.setEnabled(user, false);
    parts.sessions.revokeAllOf(pool.id, user.username);
    return {};
  });
}
