import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { clientSecretDescriptor } from "./shapes.js";

/** ListUserPoolClientSecrets: ids and dates, never values. */
export function listUserPoolClientSecrets(parts: Pick<CognitoState, "clients">): Operation {
  return (fields) => {
    const client = parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId"));
    return { ClientSecrets: client.secrets.map(clientSecretDescriptor) };
  };
}
