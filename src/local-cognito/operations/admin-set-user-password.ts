import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminSetUserPassword: with `Permanent` the user is confirmed, without it the next sign-in asks for a new password. */
export function adminSetUserPassword(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return adminUserOperation(parts, (pool, user, fields) => {
    const status = fields.flag("Permanent") === true ? "CONFIRMED" : "FORCE_CHANGE_PASSWORD";
    parts.directory.setPassword(pool, user, fields.text("Password"), status);
    return {};
  });
}
