import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

/** DeleteUserPoolClientSecret: never the last one. */
export function deleteUserPoolClientSecret(parts: Pick<CognitoState, "clients">): Operation {
  return (fields) => {
    const client = parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId"));
    parts.clients.deleteSecret(client, fields.text("ClientSecretId"));
    return {};
  };
}
