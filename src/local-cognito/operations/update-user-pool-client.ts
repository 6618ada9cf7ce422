import { readClientSettings } from "../pools/client-settings.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userPoolClientType } from "./shapes.js";

/** UpdateUserPoolClient: what is left out goes back to its default. Tokens already issued keep their expiry. */
export function updateUserPoolClient(parts: Pick<CognitoState, "clients" | "floor">): Operation {
  return (fields) => {
    const client = parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId"));
    parts.clients.update(client, readClientSettings(fields, parts.floor, client.settings.ClientName));
    return { UserPoolClient: userPoolClientType(client) };
  };
}
