import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

/** GetUserPoolMfaConfig. */
export function getUserPoolMfaConfig(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => parts.pools.get(fields.text("UserPoolId")).mfa;
}

const STRUCTURES = ["SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration", "WebAuthnConfiguration"] as const;

/** SetUserPoolMfaConfig: kept and told; no sign-in here asks for a second factor. */
export function setUserPoolMfaConfig(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const given = STRUCTURES.map((name) => [name, fields.structure(name)] as const).filter(([, value]) => value !== undefined);
    pool.mfa = { ...Object.fromEntries(given), MfaConfiguration: fields.oneOf("MfaConfiguration", ["OFF", "ON", "OPTIONAL"]) ?? "OFF" };
    return pool.mfa;
  };
}
