import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminUserGlobalSignOut: ends all sessions of a user. */
export function adminUserGlobalSignOut(parts: Pick<CognitoState, "pools" | "directory" | "sessions">): Operation {
  return adminUserOperation(parts, (pool, user) => {
    parts.sessions.revokeAllOf(pool.id, user.username);
    return {};
  });
}
