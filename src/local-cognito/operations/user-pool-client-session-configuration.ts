import { invalidParameter } from "../common/exceptions.js";
import type { JsonObject } from "../common/json.js";
import type { AppClient } from "../pools/app-clients.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

function configurationOf({ id, poolId, ssoMinutes }: AppClient): JsonObject {
  return { UserPoolId: poolId, ClientId: id, SSOSession: { MaxValidityMinutes: ssoMinutes } };
}

/** GetUserPoolClientSessionConfiguration. */
export function getUserPoolClientSessionConfiguration(parts: Pick<CognitoState, "clients">): Operation {
  return (fields) => configurationOf(parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId")));
}

/** SetUserPoolClientSessionConfiguration: 0 to 129,600 minutes, 90 days. */
export function setUserPoolClientSessionConfiguration(parts: Pick<CognitoState, "clients">): Operation {
  return (fields) => {
    const client = parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId"));
    const minutes = fields.fields("SSOSession")?.integer("MaxValidityMinutes", 0, 129_600);
    if (minutes === undefined) {
      throw invalidParameter("SSOSession is required.");
    }
    client.ssoMinutes = minutes;
    return configurationOf(client);
  };
}
