import type { CallContext } from "../common/call-context.js";
import { invalidParameter, refusals, unsupportedOperation } from "../common/exceptions.js";
import type { JsonObject } from "../common/json.js";
import type { AppClient } from "../pools/app-clients.js";
import { requireSecretHashAtRefresh, requireSecretHashAtSignIn, requireSecretHashPresent } from "../pools/client-proof.js";
import { allowsFlow, rotates } from "../pools/client-settings.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { authenticationResult } from "./shapes.js";
import { passwordAnswer, type SignInParts } from "./sign-in-answer.js";

type Parts = SignInParts & Pick<CognitoState, "clients" | "pools">;
type AuthParameters = ReadonlyMap<string, string>;
type Flow = (parts: Parts, client: AppClient, parameters: AuthParameters, call: CallContext) => JsonObject;

function required(parameters: AuthParameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) {
    throw invalidParameter(`Missing required parameter ${name}`);
  }
  return value;
}

const withPassword: Flow = (parts, client, parameters, call) => {
  const username = required(parameters, "USERNAME");
  const password = required(parameters, "PASSWORD");
  requireSecretHashAtSignIn(client, username, parameters.get("SECRET_HASH"));
  const pool = parts.pools.get(client.poolId);
  return passwordAnswer(parts, pool, client, parts.authentication.checkPassword(pool, client, username, password, call));
};

const withRefreshToken: Flow = (parts, client, parameters, call) => {
  // Rotation rules this flow out: "use GetTokensFromRefreshToken" (developer guide, refresh token rotation).
  if (rotates(client.settings)) {
    throw refusals.flowNotEnabled("REFRESH_TOKEN_AUTH");
  }
  const secretHash = parameters.get("SECRET_HASH");
  const refreshToken = required(parameters, "REFRESH_TOKEN");
  requireSecretHashPresent(client, secretHash);
  const tokens = parts.authentication.refresh(
    client,
    {
      refreshToken,
      deviceKey: parameters.get("DEVICE_KEY") ?? null,
      through: "api",
      requireSecret: (canonicalUsername) => requireSecretHashAtRefresh(client, canonicalUsername, secretHash),
    },
    call,
  );
  return { ChallengeParameters: {}, AuthenticationResult: authenticationResult(tokens, null) };
};

/** The name in ExplicitAuthFlows that allows the flow, and what it does; null for what only real Cognito offers. */
interface FlowEntry {
  readonly allowedAs: string;
  readonly run: Flow | null;
}

const REFRESH: FlowEntry = { allowedAs: "REFRESH_TOKEN_AUTH", run: withRefreshToken };

const SHARED_FLOWS: Readonly<Record<string, FlowEntry>> = {
  REFRESH_TOKEN_AUTH: REFRESH,
  // The older name of the same flow.
  REFRESH_TOKEN: REFRESH,
  USER_SRP_AUTH: { allowedAs: "USER_SRP_AUTH", run: null },
  USER_AUTH: { allowedAs: "USER_AUTH", run: null },
  CUSTOM_AUTH: { allowedAs: "CUSTOM_AUTH", run: null },
};

const OWN_FLOWS: Readonly<Record<string, FlowEntry>> = {
  ...SHARED_FLOWS,
  USER_PASSWORD_AUTH: { allowedAs: "USER_PASSWORD_AUTH", run: withPassword },
};

const ADMIN_FLOWS: Readonly<Record<string, FlowEntry>> = {
  ...SHARED_FLOWS,
  ADMIN_USER_PASSWORD_AUTH: { allowedAs: "ADMIN_USER_PASSWORD_AUTH", run: withPassword },
};

function authOperation(
  parts: Parts,
  flows: Readonly<Record<string, FlowEntry>>,
  findClient: (...of: Parameters<Operation>) => AppClient,
): Operation {
  return (fields, call) => {
    const name = fields.oneOf("AuthFlow", Object.keys(flows)) ?? fields.text("AuthFlow");
    call.useFlow(name);
    const client = findClient(fields, call);
    const flow = flows[name];
    if (flow === undefined || !allowsFlow(client.settings, flow.allowedAs)) {
      throw refusals.flowNotEnabled(name);
    }
    if (flow.run === null) {
      throw unsupportedOperation(`Local Cognito does not offer ${name}.`);
    }
    return flow.run(parts, client, fields.textMap("AuthParameters"), call);
  };
}

/** InitiateAuth: USER_PASSWORD_AUTH, REFRESH_TOKEN_AUTH. */
export function initiateAuth(parts: Parts): Operation {
  return authOperation(parts, OWN_FLOWS, (fields) => parts.clients.get(fields.text("ClientId")));
}

/** AdminInitiateAuth: ADMIN_USER_PASSWORD_AUTH, REFRESH_TOKEN_AUTH. */
export function adminInitiateAuth(parts: Parts): Operation {
  return authOperation(parts, ADMIN_FLOWS, (fields) => parts.clients.getOf(fields.text("UserPoolId"), fields.text("ClientId")));
}
