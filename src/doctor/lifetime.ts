import type { ClientSettings } from "./app-client.js";

/** The tokens of an app client, each with its validity and the unit of that apart. */
export const TOKEN_KINDS = ["RefreshToken", "AccessToken", "IdToken"] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

export const TIME_UNITS = ["seconds", "minutes", "hours", "days"] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

export const UNIT_SECONDS: { readonly [unit in TimeUnit]: number } = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** What holds where nothing is said (API reference, CreateUserPoolClient). */
export const DEFAULT_VALIDITY: { readonly [kind in TokenKind]: { readonly value: number; readonly unit: TimeUnit } } = {
  RefreshToken: { value: 30, unit: "days" },
  AccessToken: { value: 1, unit: "hours" },
  IdToken: { value: 1, unit: "hours" },
};

/** How long a token lives, as the app client says it and as people do. */
export interface Lifetime {
  readonly kind: TokenKind;
  readonly value: number;
  readonly unit: TimeUnit;
  /** Whether value and unit are AWS's, since the client has none of its own. */
  readonly byDefault: boolean;
  readonly seconds: number;
  /** As it is set: `30 hours`. */
  readonly words: string;
  /** In the units people count in, where those are others: `1 day 6 hours`; null where they are not. */
  readonly human: string | null;
}

function isUnit(text: string | undefined): text is TimeUnit {
  return TIME_UNITS.some((unit) => unit === text);
}

function counted(value: number, unit: string): string {
  return `${value.toLocaleString("en")} ${value === 1 ? unit.slice(0, -1) : unit}`;
}

/** Seconds in words, the largest units first and at most two: `1 day 6 hours`, `45 minutes`. */
export function secondsInWords(seconds: number): string {
  if (seconds === 0) return "0 seconds";
  const parts: string[] = [];
  let left = seconds;
  for (const unit of [...TIME_UNITS].reverse()) {
    const whole = Math.floor(left / UNIT_SECONDS[unit]);
    left -= whole * UNIT_SECONDS[unit];
    if (whole > 0) parts.push(counted(whole, unit));
  }
  return parts.slice(0, 2).join(" ");
}

const VALUES: { readonly [kind in TokenKind]: (settings: ClientSettings) => number | undefined } = {
  RefreshToken: (settings) => settings.RefreshTokenValidity,
  AccessToken: (settings) => settings.AccessTokenValidity,
  IdToken: (settings) => settings.IdTokenValidity,
};

/** How long this client's tokens of a kind live. A refresh validity of 0 is AWS's 30 days, whatever unit stands beside it. */
export function lifetimeOf(settings: ClientSettings, kind: TokenKind): Lifetime {
  const standard = DEFAULT_VALIDITY[kind];
  const given = VALUES[kind](settings) || undefined;
  const unit = settings.TokenValidityUnits?.[kind];
  const set = given === undefined ? standard : { value: given, unit: isUnit(unit) ? unit : standard.unit };
  const seconds = set.value * UNIT_SECONDS[set.unit];
  const words = counted(set.value, set.unit);
  const human = secondsInWords(seconds);
  return { kind, ...set, byDefault: given === undefined, seconds, words, human: human === words ? null : human };
}

/** `30 hours (1 day 6 hours), 108,000 seconds`. */
export function describeLifetime({ words, human, seconds, unit }: Lifetime): string {
  const inSeconds = unit === "seconds" ? "" : `, ${seconds.toLocaleString("en")} seconds`;
  return `${words}${human === null ? "" : ` (${human})`}${inSeconds}`;
}
