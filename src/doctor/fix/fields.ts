import { type ClientSettings, MUTABLE_FIELDS, type MutableField } from "../app-client.js";
import { DEFAULT_VALIDITY, lifetimeOf, type TokenKind } from "../lifetime.js";

/**
 * What can be changed, told apart and named: every attribute, and the unit of a lifetime with its value, never alone. A unit without its
 * value makes hours of days.
 */
export type Field = Exclude<MutableField, "TokenValidityUnits">;

function isField(name: MutableField): name is Field {
  return name !== "TokenValidityUnits";
}

export const FIELDS: readonly Field[] = MUTABLE_FIELDS.filter(isField);

const TOKENS: { readonly [field in Field]?: TokenKind } = {
  RefreshTokenValidity: "RefreshToken",
  AccessTokenValidity: "AccessToken",
  IdTokenValidity: "IdToken",
};

/** The token whose lifetime the field is; null for other fields. */
export function tokenOf(field: Field): TokenKind | null {
  return TOKENS[field] ?? null;
}

/** What an attribute that is left out means (API reference, CreateUserPoolClient); nothing where the reference names nothing. */
const WHEN_ABSENT: { readonly [field in Field]?: unknown } = {
  ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"],
  AllowedOAuthFlowsUserPoolClient: false,
  PreventUserExistenceErrors: "LEGACY",
  EnableTokenRevocation: true,
  EnablePropagateAdditionalUserContextData: false,
  AuthSessionValidity: 3,
  RefreshTokenRotation: { Feature: "DISABLED" },
};

function isStructure(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The attribute's lists are sets: Cognito promises no order, and another one is no change. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value)].sort();
  if (isStructure(value)) return Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return value;
}

/** A text that is the same for two settings whose field means the same. */
function meaningOf(settings: ClientSettings, field: Field): string {
  const token = tokenOf(field);
  if (token !== null) {
    const { value, unit, byDefault } = lifetimeOf(settings, token);
    // A unit that this release does not know is none of those that it knows.
    return `${value} ${byDefault ? unit : (settings.TokenValidityUnits?.[token] ?? unit)}`;
  }
  const given = settings[field] ?? WHEN_ABSENT[field] ?? null;
  return JSON.stringify(Array.isArray(given) && given.length === 0 ? null : ordered(given));
}

/** Whether the field means the same in both: a default that is said and one that is left out are one. */
export function sameField(field: Field, left: ClientSettings, right: ClientSettings): boolean {
  return meaningOf(left, field) === meaningOf(right, field);
}

/** Whether the field is said alike in both, and not only meant alike: a default that is spelled out is not one that is left out. */
export function saidAlike(field: Field, left: ClientSettings, right: ClientSettings): boolean {
  const token = tokenOf(field);
  const said = (settings: ClientSettings) =>
    JSON.stringify([ordered(settings[field]), token === null ? null : settings.TokenValidityUnits?.[token]]);
  return said(left) === said(right);
}

/** The fields that do not mean the same in both. */
export function differingFields(left: ClientSettings, right: ClientSettings): readonly Field[] {
  return FIELDS.filter((field) => !sameField(field, left, right));
}

/** Whether the field is what an update that leaves it out makes of it. The name alone stays in such an update. */
export function atDefault(field: Field, settings: ClientSettings): boolean {
  return field !== "ClientName" && sameField(field, settings, {});
}

/** The settings with one field as it is in others, a lifetime with its unit. */
export function withField(settings: ClientSettings, field: Field, source: ClientSettings): ClientSettings {
  const token = tokenOf(field);
  if (token === null) return { ...settings, [field]: source[field] };
  const unit = source.TokenValidityUnits?.[token];
  return { ...settings, [field]: source[field], TokenValidityUnits: { ...settings.TokenValidityUnits, [token]: unit } };
}

/** Whether the client says something of the token's lifetime itself, be it half of it. */
function saysLifetime(settings: ClientSettings, field: Field, token: TokenKind): boolean {
  return (settings[field] ?? settings.TokenValidityUnits?.[token]) !== undefined;
}

/**
 * What an update has to carry so that nothing else moves: all that is there, and each lifetime as a value with its unit. A value alone is
 * read in the default unit, so that 60 means 60 days; a unit alone is refused. An ID or access token of which nothing is said stays so.
 */
export function completeSettings(settings: ClientSettings): ClientSettings {
  let complete = settings;
  for (const field of FIELDS) {
    const token = tokenOf(field);
    if (token === null || (token !== "RefreshToken" && !saysLifetime(settings, field, token))) continue;
    const { value, unit, byDefault } = lifetimeOf(settings, token);
    const given = settings.TokenValidityUnits?.[token];
    // A unit that this release does not know is sent back as it came.
    const units = { ...complete.TokenValidityUnits, [token]: byDefault ? DEFAULT_VALIDITY[token].unit : (given ?? unit) };
    complete = { ...complete, [field]: value, TokenValidityUnits: units };
  }
  return complete;
}
