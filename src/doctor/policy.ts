import { parseDuration } from "../config/kinds/duration.js";
import { secondsInWords } from "./lifetime.js";

/** How long people are meant to stay signed in. */
export interface LifetimePolicy {
  /** As it was asked for. */
  readonly name: string;
  readonly leastSeconds: number;
  readonly mostSeconds: number;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** What Cognito takes (API reference, UpdateUserPoolClient: RefreshTokenValidity). */
const SHORTEST_SECONDS = HOUR;
const LONGEST_SECONDS = 3_650 * DAY;

/** Profiles by name, from what the kinds of app commonly promise. */
export const PROFILES: { readonly [name: string]: Omit<LifetimePolicy, "name"> } = {
  banking: { leastSeconds: SHORTEST_SECONDS, mostSeconds: DAY },
  saas: { leastSeconds: 30 * DAY, mostSeconds: 90 * DAY },
};

export type PolicyReading = { readonly kind: "policy"; readonly policy: LifetimePolicy } | { readonly kind: "fault"; readonly why: string };

/** Reads `banking`, `saas`, or the lifetime itself, `30d`. */
export function parsePolicy(text: string): PolicyReading {
  const profile = Object.hasOwn(PROFILES, text) ? PROFILES[text] : undefined;
  if (profile !== undefined) return { kind: "policy", policy: { name: text, ...profile } };
  const reading = parseDuration(text);
  const names = Object.keys(PROFILES).join(", ");
  if (reading.kind === "no_unit")
    return { kind: "fault", why: `--policy ${text}: ${text} what? Write ${text}d for days, ${text}h for hours` };
  if (reading.kind === "malformed")
    return { kind: "fault", why: `--policy takes ${names}, or how long people stay signed in, such as 30d` };
  const seconds = reading.ms / 1_000;
  if (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS)
    return { kind: "fault", why: `--policy ${text}: Cognito's refresh tokens live 60 minutes to 3,650 days` };
  return { kind: "policy", policy: { name: text, leastSeconds: seconds, mostSeconds: seconds } };
}

/** `30 days to 90 days`, `30 days`. */
export function policyInWords({ leastSeconds, mostSeconds }: LifetimePolicy): string {
  const [least, most] = [secondsInWords(leastSeconds), secondsInWords(mostSeconds)];
  return least === most ? least : `${least} to ${most}`;
}
