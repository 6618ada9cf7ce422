import { refusals } from "./exceptions.js";
import type { RequestFields } from "./request-fields.js";

const TIME_UNITS = ["seconds", "minutes", "hours", "days"] as const;

export type TimeUnit = (typeof TIME_UNITS)[number];

const UNIT_SECONDS: Readonly<Record<TimeUnit, number>> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** TokenValidityUnits as the API takes and returns it. */
export type TokenValidityUnits = {
  readonly AccessToken?: TimeUnit;
  readonly IdToken?: TimeUnit;
  readonly RefreshToken?: TimeUnit;
};

/** The three validities of an app client, each with its unit apart, as the API takes and returns them. */
export type TokenValidity = {
  readonly AccessTokenValidity?: number;
  readonly IdTokenValidity?: number;
  /** 30 when nothing or 0 was given. */
  readonly RefreshTokenValidity: number;
  readonly TokenValidityUnits: TokenValidityUnits;
};

/** The shortest validities a client may have, in seconds. */
export interface ValidityFloor {
  readonly tokenSeconds: number;
  readonly refreshSeconds: number;
}

/** Cognito's floors (5 minutes and 60 minutes), or `minTokenValidityMs` for all three when that is shorter than 5 minutes. */
export function validityFloor(minTokenValidityMs: number): ValidityFloor {
  const tokenSeconds = minTokenValidityMs / 1_000;
  return { tokenSeconds, refreshSeconds: tokenSeconds < 300 ? tokenSeconds : Math.max(3_600, tokenSeconds) };
}

/** How long an access token of the client lives, in seconds (1 hour by default). */
export function accessTokenSeconds(validity: TokenValidity): number {
  return (validity.AccessTokenValidity ?? 1) * UNIT_SECONDS[validity.TokenValidityUnits.AccessToken ?? "hours"];
}

/** How long an ID token of the client lives, in seconds (1 hour by default). */
export function idTokenSeconds(validity: TokenValidity): number {
  return (validity.IdTokenValidity ?? 1) * UNIT_SECONDS[validity.TokenValidityUnits.IdToken ?? "hours"];
}

/** How long a refresh token of the client lives, in seconds (30 days by default). */
export function refreshTokenSeconds(validity: TokenValidity): number {
  return validity.RefreshTokenValidity * UNIT_SECONDS[validity.TokenValidityUnits.RefreshToken ?? "days"];
}

const LONGEST_TOKEN_SECONDS = 86_400;
const LONGEST_REFRESH_SECONDS = 3_650 * 86_400;

function readUnits(fields: RequestFields): TokenValidityUnits {
  const units = fields.fields("TokenValidityUnits");
  const access = units?.oneOf("AccessToken", TIME_UNITS);
  const id = units?.oneOf("IdToken", TIME_UNITS);
  const refresh = units?.oneOf("RefreshToken", TIME_UNITS);
  return {
    ...(access === undefined ? {} : { AccessToken: access }),
    ...(id === undefined ? {} : { IdToken: id }),
    ...(refresh === undefined ? {} : { RefreshToken: refresh }),
  };
}

/**
 * Reads the validities of CreateUserPoolClient and UpdateUserPoolClient. A unit that is left out is the default one (hours, hours,
 * days), so that a bare `RefreshTokenValidity: 60` means 60 days.
 *
 * @throws InvalidParameterException "Invalid range for token validity." out of range, for a unit without its value, and for an ID or
 * access token that would outlive its refresh token.
 */
export function readTokenValidity(fields: RequestFields, floor: ValidityFloor): TokenValidity {
  const units = readUnits(fields);
  const access = fields.integer("AccessTokenValidity", 1, 86_400);
  const id = fields.integer("IdTokenValidity", 1, 86_400);
  const refresh = fields.integer("RefreshTokenValidity", 0, 315_360_000);
  const unitWithoutValue =
    (units.AccessToken !== undefined && access === undefined) ||
    (units.IdToken !== undefined && id === undefined) ||
    (units.RefreshToken !== undefined && refresh === undefined);
  const validity: TokenValidity = {
    ...(access === undefined ? {} : { AccessTokenValidity: access }),
    ...(id === undefined ? {} : { IdTokenValidity: id }),
    RefreshTokenValidity: refresh || 30,
    TokenValidityUnits: refresh === 0 ? { ...units, RefreshToken: "days" } : units,
  };
  const refreshSeconds = refreshTokenSeconds(validity);
  const tokenSeconds = [accessTokenSeconds(validity), idTokenSeconds(validity)];
  const inRange =
    tokenSeconds.every((seconds) => seconds >= floor.tokenSeconds && seconds <= LONGEST_TOKEN_SECONDS && seconds <= refreshSeconds) &&
    refreshSeconds >= floor.refreshSeconds &&
    refreshSeconds <= LONGEST_REFRESH_SECONDS;
  if (unitWithoutValue || !inRange) {
    throw refusals.tokenValidityRange();
  }
  return validity;
}
