import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";

/** AdminUpdateUserAttributes: an empty value removes the attribute. Tokens show the change at the next refresh. */
export function adminUpdateUserAttributes(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return adminUserOperation(parts, (pool, user, fields) => {
    parts.directory.updateAttributes(pool, user, fields.attributes("UserAttributes"));
    return {};
  });
}
