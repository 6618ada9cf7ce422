import { invalidParameter } from "../common/exceptions.js";
import type { JsonObject } from "../common/json.js";
import type { RequestFields } from "../common/request-fields.js";
import { readTokenValidity, type TokenValidity, type ValidityFloor } from "../common/token-validity.js";

export type RefreshTokenRotation = {
  readonly Feature: "ENABLED" | "DISABLED";
  /** Seconds, 0 to 60, during which a token that was rotated out still refreshes. */
  readonly RetryGracePeriodSeconds?: number;
};

/** The 21 attributes of an app client that UpdateUserPoolClient takes, with the API's names and shapes. */
export type ClientSettings = TokenValidity & {
  readonly ClientName: string;
  readonly ReadAttributes?: readonly string[];
  readonly WriteAttributes?: readonly string[];
  readonly ExplicitAuthFlows?: readonly string[];
  readonly SupportedIdentityProviders?: readonly string[];
  readonly CallbackURLs?: readonly string[];
  readonly LogoutURLs?: readonly string[];
  readonly DefaultRedirectURI?: string;
  readonly AllowedOAuthFlows?: readonly string[];
  readonly AllowedOAuthScopes?: readonly string[];
  readonly AllowedOAuthFlowsUserPoolClient: boolean;
  readonly AnalyticsConfiguration?: JsonObject;
  readonly PreventUserExistenceErrors?: "LEGACY" | "ENABLED";
  readonly EnableTokenRevocation: boolean;
  readonly EnablePropagateAdditionalUserContextData: boolean;
  /** Minutes, 3 to 15. */
  readonly AuthSessionValidity: number;
  readonly RefreshTokenRotation?: RefreshTokenRotation;
};

const LISTS = [
  "ReadAttributes",
  "WriteAttributes",
  "ExplicitAuthFlows",
  "SupportedIdentityProviders",
  "CallbackURLs",
  "LogoutURLs",
  "AllowedOAuthFlows",
  "AllowedOAuthScopes",
] as const;

type Lists = { readonly [name in (typeof LISTS)[number]]?: readonly string[] };

const AUTH_FLOWS: readonly string[] = [
  "ALLOW_ADMIN_USER_PASSWORD_AUTH",
  // The API reference describes it; the enumeration of AWS's SDK does not have it yet.
  "ALLOW_CLIENT_TOKEN_AUTH",
  "ALLOW_CUSTOM_AUTH",
  "ALLOW_REFRESH_TOKEN_AUTH",
  "ALLOW_USER_AUTH",
  "ALLOW_USER_PASSWORD_AUTH",
  "ALLOW_USER_SRP_AUTH",
];

// What an app client gets when ExplicitAuthFlows is left out (API reference, CreateUserPoolClient).
const DEFAULT_AUTH_FLOWS: readonly string[] = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"];

/** Whether the client may use the flow, `USER_PASSWORD_AUTH` for instance. */
export function allowsFlow(settings: ClientSettings, flow: string): boolean {
  return (settings.ExplicitAuthFlows ?? DEFAULT_AUTH_FLOWS).includes(`ALLOW_${flow}`);
}

/** Whether refreshing gives a new refresh token. */
export function rotates(settings: ClientSettings): boolean {
  return settings.RefreshTokenRotation?.Feature === "ENABLED";
}

// "Amazon Cognito requires HTTPS over HTTP except for callback URLs to http://localhost, http://127.0.0.1 and http://[::1]"
const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

function requireRedirectTargets(urls: readonly string[]): void {
  for (const text of urls) {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || text.includes("#")) {
      throw invalidParameter(`Invalid URL: ${text.slice(0, 200)}`);
    }
    if (url.protocol === "http:" && !LOOPBACK.includes(url.hostname)) {
      throw invalidParameter(`${text.slice(0, 200)} cannot use the HTTP protocol.`);
    }
  }
}

function requireConsistent(settings: ClientSettings): void {
  const unknownFlow = settings.ExplicitAuthFlows?.find((flow) => !AUTH_FLOWS.includes(flow));
  if (unknownFlow !== undefined) {
    throw invalidParameter(
      `1 validation error detected: Value '[${unknownFlow.slice(0, 100)}]' at 'explicitAuthFlows' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [${AUTH_FLOWS.join(", ")}]]`,
    );
  }
  requireRedirectTargets([...(settings.CallbackURLs ?? []), ...(settings.LogoutURLs ?? [])]);
  if (settings.DefaultRedirectURI !== undefined && !settings.CallbackURLs?.includes(settings.DefaultRedirectURI)) {
    throw invalidParameter("Default redirect URI must be in the list of callback URLs.");
  }
  if (settings.AllowedOAuthFlowsUserPoolClient && !(settings.AllowedOAuthFlows?.length && settings.AllowedOAuthScopes?.length)) {
    throw invalidParameter("AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.");
  }
}

function readRotation(fields: RequestFields): RefreshTokenRotation | undefined {
  const rotation = fields.fields("RefreshTokenRotation");
  const feature = rotation?.oneOf("Feature", ["ENABLED", "DISABLED"]);
  if (rotation === undefined || feature === undefined) {
    return undefined;
  }
  const grace = rotation.integer("RetryGracePeriodSeconds", 0, 60);
  return { Feature: feature, ...(grace === undefined ? {} : { RetryGracePeriodSeconds: grace }) };
}

function readLists(fields: RequestFields): Lists {
  return Object.fromEntries(
    LISTS.flatMap((name) => {
      const list = fields.texts(name);
      return list === undefined ? [] : [[name, list]];
    }),
  );
}

/**
 * Reads an app client's settings. Whatever the request leaves out takes its default: that is what CreateUserPoolClient does, and, to the
 * surprise of many, UpdateUserPoolClient as well (API reference: "If you don't provide a value for an attribute, Amazon Cognito sets it
 * to its default value"). Only the name stays, having no default.
 *
 * @throws InvalidParameterException with Cognito's text for whatever it refuses.
 */
export function readClientSettings(fields: RequestFields, floor: ValidityFloor, previousName: string | null): ClientSettings {
  const defaultRedirect = fields.optionalText("DefaultRedirectURI");
  const analytics = fields.structure("AnalyticsConfiguration");
  const existenceErrors = fields.oneOf("PreventUserExistenceErrors", ["LEGACY", "ENABLED"]);
  const rotation = readRotation(fields);
  const settings: ClientSettings = {
    ClientName: previousName === null ? fields.text("ClientName") : (fields.optionalText("ClientName") ?? previousName),
    ...readTokenValidity(fields, floor),
    ...readLists(fields),
    ...(defaultRedirect === undefined ? {} : { DefaultRedirectURI: defaultRedirect }),
    AllowedOAuthFlowsUserPoolClient: fields.flag("AllowedOAuthFlowsUserPoolClient") ?? false,
    ...(analytics === undefined ? {} : { AnalyticsConfiguration: analytics }),
    ...(existenceErrors === undefined ? {} : { PreventUserExistenceErrors: existenceErrors }),
    EnableTokenRevocation: fields.flag("EnableTokenRevocation") ?? true,
    EnablePropagateAdditionalUserContextData: fields.flag("EnablePropagateAdditionalUserContextData") ?? false,
    AuthSessionValidity: fields.integer("AuthSessionValidity", 3, 15) ?? 3,
    ...(rotation === undefined ? {} : { RefreshTokenRotation: rotation }),
  };
  requireConsistent(settings);
  return settings;
}
