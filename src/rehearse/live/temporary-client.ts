import type { CreateUserPoolClientRequest, UserPoolClientType } from "@aws-sdk/client-cognito-identity-provider";

/** Cognito's minimum for RefreshTokenValidity (API reference, CreateUserPoolClient: 60 minutes to 10 years). */
export const REFRESH_VALIDITY_MINUTES = 60;

/** What no app client can be created with. AnalyticsConfiguration is left out as well: a rehearsal's sign-ins are no user's. */
const NOT_COPIED = ["UserPoolId", "ClientId", "ClientSecret", "ClientType", "CreationDate", "LastModifiedDate", "AnalyticsConfiguration"];

const UNIT_MINUTES: Readonly<Record<string, number>> = { seconds: 1 / 60, minutes: 1, hours: 60, days: 24 * 60 };

/** An ID or access token may not outlive its refresh token. */
function capped(value: number | undefined, unit: string | undefined): number {
  // Cognito's own defaults: an hour, and hours where no unit is given.
  const minutes = (value ?? 1) * (UNIT_MINUTES[unit ?? "hours"] ?? 60);
  return Math.min(REFRESH_VALIDITY_MINUTES, Math.max(5, Math.floor(minutes)));
}

export function rotates({ RefreshTokenRotation }: Pick<UserPoolClientType, "RefreshTokenRotation">): boolean {
  return RefreshTokenRotation?.Feature === "ENABLED";
}

/**
 * The flows of the copy. Names of before 2019 (ADMIN_NO_SRP_AUTH) cannot stand beside those with ALLOW_; an app client that rotates cannot allow
 * REFRESH_TOKEN_AUTH (developer guide, refresh token rotation).
 */
function flowsOf(original: UserPoolClientType): NonNullable<UserPoolClientType["ExplicitAuthFlows"]> {
  const kept = (original.ExplicitAuthFlows ?? []).filter((flow) => flow.startsWith("ALLOW_"));
  const needed = rotates(original)
    ? (["ALLOW_ADMIN_USER_PASSWORD_AUTH"] as const)
    : (["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] as const);
  return [...new Set([...kept, ...needed])];
}

/** A copy of the app client under another name, whose refresh tokens live as short as Cognito allows, and that lets an administrator sign in. */
export function temporaryClient(original: UserPoolClientType, poolId: string, name: string): CreateUserPoolClientRequest {
  const copied = Object.fromEntries(Object.entries(original).filter(([field]) => !NOT_COPIED.includes(field)));
  const { AccessToken, IdToken } = original.TokenValidityUnits ?? {};
  return {
    ...copied,
    UserPoolId: poolId,
    ClientName: name,
    ...(original.ClientSecret === undefined ? {} : { GenerateSecret: true }),
    ExplicitAuthFlows: flowsOf(original),
    AccessTokenValidity: capped(original.AccessTokenValidity, AccessToken),
    IdTokenValidity: capped(original.IdTokenValidity, IdToken),
    RefreshTokenValidity: REFRESH_VALIDITY_MINUTES,
    TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "minutes" },
  };
}
