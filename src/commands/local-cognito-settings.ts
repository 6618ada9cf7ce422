import type { Environment } from "../config/given-settings.js";
import type { IssuerForm } from "../local-cognito/index.js";
import { portOf } from "./port.js";

/** What the environment says of local Cognito, alone and in the demo. */
export interface LocalCognitoSettings {
  readonly host: string;
  readonly port: number;
  readonly issuer: IssuerForm;
  readonly corsOrigins: readonly string[];
}

/** @throws RangeError naming the variable whose value makes no sense */
export function localCognitoSettings(env: Environment): LocalCognitoSettings {
  return {
    host: env["LOCAL_COGNITO_HOST"] || "127.0.0.1",
    port: portOf(env, "LOCAL_COGNITO_PORT", 9229),
    issuer: issuerOf(env["LOCAL_COGNITO_ISSUER"] || "aws"),
    corsOrigins: (env["LOCAL_COGNITO_CORS_ORIGINS"] ?? "").split(/[\s,]+/).filter((origin) => origin !== ""),
  };
}

function issuerOf(text: string): IssuerForm {
  if (text !== "aws" && text !== "url") {
    throw new RangeError(
      `LOCAL_COGNITO_ISSUER: expected aws, or url for clients that discover their endpoints, got ${JSON.stringify(text)}`,
    );
  }
  return text === "aws" ? "regional" : "url";
}
