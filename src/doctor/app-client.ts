import type { UserPoolClientType } from "@aws-sdk/client-cognito-identity-provider";

/** The attributes of an app client that UpdateUserPoolClient takes; each that is left out goes back to its default there (API reference). */
export const MUTABLE_FIELDS = [
  "ClientName",
  "RefreshTokenValidity",
  "AccessTokenValidity",
  "IdTokenValidity",
  "TokenValidityUnits",
  "ReadAttributes",
  "WriteAttributes",
  "ExplicitAuthFlows",
  "SupportedIdentityProviders",
  "CallbackURLs",
  "LogoutURLs",
  "DefaultRedirectURI",
  "AllowedOAuthFlows",
  "AllowedOAuthScopes",
  "AllowedOAuthFlowsUserPoolClient",
  "AnalyticsConfiguration",
  "PreventUserExistenceErrors",
  "EnableTokenRevocation",
  "EnablePropagateAdditionalUserContextData",
  "AuthSessionValidity",
  "RefreshTokenRotation",
] as const;

export type MutableField = (typeof MUTABLE_FIELDS)[number];

/** What DescribeUserPoolClient tells besides, and no update takes. */
export const READ_ONLY_FIELDS = ["ClientSecret", "CreationDate", "LastModifiedDate", "ClientType"] as const;

const IDENTIFIERS = ["UserPoolId", "ClientId"] as const;

/** What can be set of an app client, as AWS's SDK takes it. Names that the SDK does not know yet, such as those of flows, stay in its lists. */
export type ClientSettings = Readonly<Pick<UserPoolClientType, MutableField>>;

export interface AppClient {
  readonly poolId: string;
  readonly clientId: string;
  readonly name: string;
  readonly settings: ClientSettings;
  readonly hasSecret: boolean;
  /**
   * Members that this release does not know, `TokenValidityUnits.Other` those of a structure, and known ones of another type than documented:
   * an update would lose them.
   */
  readonly unknownFields: readonly string[];
  readonly created: Date | null;
  readonly lastModified: Date | null;
}

type Kind = "text" | "integer" | "flag" | "texts";
type Members = { readonly [member: string]: Kind };

const KINDS: { readonly [field in MutableField]: Kind | Members } = {
  ClientName: "text",
  RefreshTokenValidity: "integer",
  AccessTokenValidity: "integer",
  IdTokenValidity: "integer",
  TokenValidityUnits: { AccessToken: "text", IdToken: "text", RefreshToken: "text" },
  ReadAttributes: "texts",
  WriteAttributes: "texts",
  ExplicitAuthFlows: "texts",
  SupportedIdentityProviders: "texts",
  CallbackURLs: "texts",
  LogoutURLs: "texts",
  DefaultRedirectURI: "text",
  AllowedOAuthFlows: "texts",
  AllowedOAuthScopes: "texts",
  AllowedOAuthFlowsUserPoolClient: "flag",
  AnalyticsConfiguration: { ApplicationId: "text", ApplicationArn: "text", RoleArn: "text", ExternalId: "text", UserDataShared: "flag" },
  PreventUserExistenceErrors: "text",
  EnableTokenRevocation: "flag",
  EnablePropagateAdditionalUserContextData: "flag",
  AuthSessionValidity: "integer",
  RefreshTokenRotation: { Feature: "text", RetryGracePeriodSeconds: "integer" },
};

const IS: { readonly [kind in Kind]: (value: unknown) => boolean } = {
  text: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value),
  flag: (value) => typeof value === "boolean",
  texts: (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string"),
};

const KNOWN: ReadonlySet<string> = new Set([...MUTABLE_FIELDS, ...READ_ONLY_FIELDS, ...IDENTIFIERS]);

function isStructure(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of a structure that are there; JSON 1.1 may write `null` for what is not. */
function present(value: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
}

/** The names of what a field's value has that its kind does not. */
function unknownIn(field: string, kind: Kind | Members, value: unknown): readonly string[] {
  if (typeof kind === "string") return IS[kind](value) ? [] : [field];
  if (!isStructure(value)) return [field];
  return present(value).flatMap(([member, inner]) => {
    const known = Object.hasOwn(kind, member) ? kind[member] : undefined;
    return known !== undefined && IS[known](inner) ? [] : [`${field}.${member}`];
  });
}

/** Looks at every member by its kind; lists of names may hold more names than the SDK's types do. */
function isSettings(value: Readonly<Record<string, unknown>>): value is ClientSettings {
  return MUTABLE_FIELDS.every(
    (field) => value[field] === undefined || unknownIn(field, KINDS[field], value[field]).every((name) => name !== field),
  );
}

/** JSON 1.1 carries timestamps as seconds since 1970; the SDK gives a Date. */
function dateOf(value: unknown): Date | null {
  if (value instanceof Date) return value;
  return typeof value === "number" ? new Date(Math.round(value * 1_000)) : null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * Reads UserPoolClientType as DescribeUserPoolClient answers it, from the JSON itself: AWS's SDK leaves out what it does not know, and then
 * nobody could refuse to write over it. The client secret ends here.
 */
export function parseAppClient(raw: Readonly<Record<string, unknown>>): AppClient {
  const fields = present(raw);
  const settings: Record<string, unknown> = {};
  const unknownFields = fields.map(([name]) => name).filter((name) => !KNOWN.has(name));
  const values = new Map(fields);
  for (const field of MUTABLE_FIELDS) {
    const value = values.get(field);
    if (value === undefined) continue;
    const unknown = unknownIn(field, KINDS[field], value);
    unknownFields.push(...unknown);
    if (!unknown.includes(field)) settings[field] = isStructure(value) ? Object.fromEntries(present(value)) : value;
  }
  if (!isSettings(settings)) throw new TypeError("An app client's settings are not of the types that were just looked at.");
  return {
    poolId: textOf(raw["UserPoolId"]),
    clientId: textOf(raw["ClientId"]),
    name: textOf(raw["ClientName"]),
    settings,
    hasSecret: textOf(raw["ClientSecret"]) !== "",
    unknownFields,
    created: dateOf(raw["CreationDate"]),
    lastModified: dateOf(raw["LastModifiedDate"]),
  };
}
