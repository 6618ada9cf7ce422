import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userPoolClientType } from "./shapes.js";

/** DescribeUserPoolClient: the answer holds the client secret, as Cognito's does. */
export function describeUserPoolClient(parts: Pick<CognitoState, "clients">): Operation {
  return (fields) => ({ UserPoolClient: userPoolClientType(parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId"))) });
}
