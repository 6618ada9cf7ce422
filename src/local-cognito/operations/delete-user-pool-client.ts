import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

/** DeleteUserPoolClient: its refresh tokens answer ResourceNotFoundException from now on. */
export function deleteUserPoolClient(parts: Pick<CognitoState, "clients">): Operation {
  return (fields) => {
    parts.clients.delete(parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId")));
    return {};
  };
}
