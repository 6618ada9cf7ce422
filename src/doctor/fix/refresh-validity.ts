import { parseDuration } from "../../config/kinds/duration.js";
import type { ClientSettings } from "../app-client.js";
import { lifetimeOf, secondsInWords, type TimeUnit, UNIT_SECONDS } from "../lifetime.js";
import type { Fixed } from "./fixes.js";

/** A refresh token validity as somebody asks for it: the unit stays the one that was written. */
export type AskedValidity =
  | { readonly kind: "validity"; readonly value: number; readonly unit: TimeUnit }
  | { readonly kind: "fault"; readonly why: string };

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html
const SHORTEST_SECONDS = 3_600;
const LONGEST_SECONDS = 3_650 * UNIT_SECONDS.days;

const UNITS: { readonly [suffix: string]: TimeUnit } = { s: "seconds", m: "minutes", h: "hours", d: "days" };

function fault(why: string): AskedValidity {
  return { kind: "fault", why };
}

/** Reads `30d`, `720h`. */
export function parseValidity(text: string): AskedValidity {
  const reading = parseDuration(text);
  if (reading.kind === "no_unit") return fault(`${reading.number} what? Write ${reading.number}d for days, ${reading.number}h for hours`);
  const unit = text.endsWith("ms") ? undefined : UNITS[text.slice(-1)];
  if (reading.kind === "malformed" || unit === undefined) return fault("expected a whole number and its unit, such as 30d or 12h");
  const seconds = reading.ms / 1_000;
  if (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) return fault("Cognito allows 60 minutes to 3,650 days");
  return { kind: "validity", value: seconds / UNIT_SECONDS[unit], unit };
}

/** The settings with this refresh token validity, or why Cognito would refuse them. */
export function withValidity(settings: ClientSettings, { value, unit }: { readonly value: number; readonly unit: TimeUnit }): Fixed {
  const seconds = value * UNIT_SECONDS[unit];
  for (const token of ["AccessToken", "IdToken"] as const) {
    const lifetime = lifetimeOf(settings, token);
    if (lifetime.seconds > seconds) {
      const why = `--refresh-validity: ${token}Validity is ${lifetime.words}, and no token may outlive the refresh token (${secondsInWords(seconds)})`;
      return { kind: "impossible", why };
    }
  }
  const units = { ...settings.TokenValidityUnits, RefreshToken: unit };
  return { kind: "settings", settings: { ...settings, RefreshTokenValidity: value, TokenValidityUnits: units } };
}
