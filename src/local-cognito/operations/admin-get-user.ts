import type { CognitoState } from "../sign-in/state.js";
import { adminUserOperation } from "./admin-user-operation.js";
import type { Operation } from "./operation.js";
import { userProfile } from "./shapes.js";

/** AdminGetUser. */
export function adminGetUser(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return adminUserOperation(parts, (_pool, user) => userProfile(user).admin);
}
