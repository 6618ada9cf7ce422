import { invalidParameter } from "../common/exceptions.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { clientSecretDescriptor } from "./shapes.js";

/** AddUserPoolClientSecret: a second active secret. The value is in the answer only when Cognito made it. */
export function addUserPoolClientSecret(parts: Pick<CognitoState, "clients">): Operation {
  return (fields) => {
    const client = parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId"));
    // "Creates a new client secret for an existing confidential user pool app client" (API reference).
    if (client.secrets.length === 0) {
      throw invalidParameter(`Client ${client.id} is not configured with secret.`);
    }
    const own = fields.optionalText("ClientSecret");
    const secret = parts.clients.addSecret(client, own);
    return {
      ClientSecretDescriptor: { ...clientSecretDescriptor(secret), ClientSecretValue: own === undefined ? secret.value : undefined },
    };
  };
}
