import { formatDuration } from "../../config/kinds/duration.js";
import type { ClientSettings } from "../app-client.js";
import { describeLifetime, lifetimeOf, secondsInWords } from "../lifetime.js";
import type { LifetimePolicy } from "../policy.js";
import { policyInWords } from "../policy.js";
import { API, type Check, check, GUIDE } from "./check.js";
import { afterMondayAtNine } from "./monday.js";

const DAY = 86_400;
/** Numbers that people say of days, and hardly anybody of hours or minutes. */
const NUMBERS_OF_DAYS = new Set([7, 14, 30, 60, 90, 365]);
/** Beyond it no cookie lives (draft-ietf-httpbis-rfc6265bis, section 5.5). */
const LONGEST_COOKIE_DAYS = 400;

function refreshLifetime(settings: ClientSettings) {
  return lifetimeOf(settings, "RefreshToken");
}

/** What a lifetime means on a calendar. */
function consequence(seconds: number): string {
  const end = afterMondayAtNine(seconds);
  return end === null
    ? `everyone is signed out ${secondsInWords(seconds)} after signing in, whatever they did in between`
    : `everyone who signed in on Monday at nine is out ${end}`;
}

/** The number of days that somebody meant by a number of hours or minutes; null where the number is no such. */
function meantDays(settings: ClientSettings, policy: LifetimePolicy | null): number | null {
  const { value, unit, seconds, byDefault } = refreshLifetime(settings);
  if (byDefault || (unit !== "hours" && unit !== "minutes") || !NUMBERS_OF_DAYS.has(value)) return null;
  // Who asks for a bank's hours means hours.
  return policy !== null && seconds >= policy.leastSeconds && seconds <= policy.mostSeconds ? null : value;
}

export const LIFETIME_CHECKS: readonly Check[] = [
  check({
    id: "refresh-unit-smell",
    severity: "error",
    finds: "RefreshTokenValidity is 7, 14, 30, 60, 90 or 365 with the unit hours or minutes: a number of days with the wrong unit",
    meaning: "Everybody is signed out after hours, not days, at work and without a warning, although they were active.",
    fix: "`cognito-bff doctor fix --refresh-validity 30d`, with the days that were meant.",
    source: `${API}/API_TokenValidityUnitsType.html`,
    needs: [],
    judge: ({ client, policy }) => {
      const days = meantDays(client.settings, policy);
      if (days === null) return null;
      const lifetime = refreshLifetime(client.settings);
      return {
        what: `The refresh token lives ${describeLifetime(lifetime)}; ${days} days were meant, most likely.`,
        meaning: `${consequence(lifetime.seconds).replace(/^e/, "E")}: ${lifetime.words}, not ${days} days.`,
        fix: `cognito-bff doctor fix --refresh-validity ${days}d`,
      };
    },
  }),
  check({
    id: "refresh-below-policy",
    severity: "warning",
    finds: "the refresh token lives shorter than `--policy` asks for",
    meaning: "People sign in more often than the app promises.",
    fix: "`cognito-bff doctor fix --refresh-validity 30d`, with the lifetime that the policy asks for.",
    source: `${GUIDE}/amazon-cognito-user-pools-using-the-refresh-token.html`,
    needs: ["policy"],
    judge: ({ client, policy }) => {
      const lifetime = refreshLifetime(client.settings);
      if (lifetime.seconds >= policy.leastSeconds) return null;
      return {
        what: `The refresh token lives ${describeLifetime(lifetime)}; the policy ${policy.name} asks for ${policyInWords(policy)}.`,
        meaning: `Sooner than the policy says, ${consequence(lifetime.seconds)}.`,
        fix: `cognito-bff doctor fix --refresh-validity ${formatDuration(policy.leastSeconds * 1_000)}`,
      };
    },
  }),
  check({
    id: "refresh-above-policy",
    severity: "warning",
    finds: "the refresh token lives longer than `--policy` allows",
    meaning: "Whoever gets hold of a device or of a cookie stays signed in for longer than the policy allows.",
    fix: "`cognito-bff doctor fix --refresh-validity 24h`, with the lifetime that the policy allows.",
    source: `${GUIDE}/amazon-cognito-user-pools-using-the-refresh-token.html`,
    needs: ["policy"],
    judge: ({ client, policy }) => {
      const lifetime = refreshLifetime(client.settings);
      if (lifetime.seconds <= policy.mostSeconds) return null;
      return {
        what: `The refresh token lives ${describeLifetime(lifetime)}; the policy ${policy.name} allows ${policyInWords(policy)}.`,
        fix: `cognito-bff doctor fix --refresh-validity ${formatDuration(policy.mostSeconds * 1_000)}`,
      };
    },
  }),
  check({
    id: "refresh-short",
    severity: "warning",
    finds: "the refresh token lives less than a week, and no `--policy` says that this is meant",
    meaning: "People are signed out within days, at whatever moment that falls on.",
    fix: "`cognito-bff doctor fix --refresh-validity 30d`; or `--policy banking` where it is meant.",
    source: `${GUIDE}/amazon-cognito-user-pools-using-the-refresh-token.html`,
    needs: [],
    judge: ({ client, policy }) => {
      const lifetime = refreshLifetime(client.settings);
      // One finding for one fault: a smell says it already, and names the cause.
      if (policy !== null || lifetime.seconds >= 7 * DAY || meantDays(client.settings, policy) !== null) return null;
      return {
        what: `The refresh token lives ${describeLifetime(lifetime)}; AWS's default is 30 days, so somebody chose that.`,
        meaning: `${consequence(lifetime.seconds).replace(/^e/, "E")}.`,
        fix: "cognito-bff doctor fix --refresh-validity 30d; or --policy banking where it is meant",
      };
    },
  }),
  check({
    id: "refresh-above-cookie",
    severity: "warning",
    finds: `the refresh token lives more than ${LONGEST_COOKIE_DAYS} days, which no cookie does`,
    meaning: "Browsers forget the session cookie after 400 days: people who come back later are strangers, not people whose session ended.",
    fix: "`cognito-bff doctor fix --refresh-validity 365d`.",
    source: "https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.5",
    needs: [],
    judge: ({ client }) => {
      const lifetime = refreshLifetime(client.settings);
      return lifetime.seconds > LONGEST_COOKIE_DAYS * DAY ? { what: `The refresh token lives ${describeLifetime(lifetime)}.` } : null;
    },
  }),
  check({
    id: "token-outlives-refresh",
    severity: "error",
    finds: "the access or ID token lives as long as the refresh token, or longer",
    meaning: "There is never anything to refresh with: the session ends with its first token.",
    fix: "Shorten the access and ID token to an hour, or lengthen the refresh token: `cognito-bff doctor fix --refresh-validity 30d`.",
    source: `${API}/API_CreateUserPoolClient.html`,
    needs: [],
    judge: ({ client }) => {
      const refresh = refreshLifetime(client.settings);
      const long = (["AccessToken", "IdToken"] as const)
        .map((kind) => lifetimeOf(client.settings, kind))
        .filter(({ seconds }) => seconds >= refresh.seconds);
      if (long.length === 0) return null;
      const named = long.map(({ kind, words }) => `the ${kind === "IdToken" ? "ID" : "access"} token ${words}`).join(" and ");
      return { what: `The refresh token lives ${refresh.words}, ${named}.` };
    },
  }),
  check({
    id: "declared-validity",
    severity: "warning",
    finds: "COGNITO_REFRESH_TOKEN_VALIDITY is not what the app client says",
    meaning: "People are told a wrong end of their session, and warned at the wrong time or not at all.",
    fix: "Set COGNITO_REFRESH_TOKEN_VALIDITY to the app client's lifetime, after it is what it should be.",
    source: "docs/configuration.md",
    needs: ["declaredValidityMs"],
    judge: ({ client, proxy }) => {
      const lifetime = refreshLifetime(client.settings);
      if (proxy.declaredValidityMs === lifetime.seconds * 1_000) return null;
      const declared = formatDuration(proxy.declaredValidityMs);
      return { what: `COGNITO_REFRESH_TOKEN_VALIDITY is ${declared}, the app client's refresh token lives ${lifetime.words}.` };
    },
  }),
  check({
    id: "undeclared-validity",
    severity: "note",
    finds: "COGNITO_REFRESH_TOKEN_VALIDITY is not set, and no SESSION_MAX_AGE says when sessions end",
    meaning:
      "Nobody is warned before the session ends: `session_ends_at` is null, and `cognito-bff sessions summary` and the dashboard cannot say when many end at once.",
    fix: "`COGNITO_REFRESH_TOKEN_VALIDITY=30d`, with the lifetime that `doctor` has read from the app client.",
    source: "docs/configuration.md",
    needs: ["declaresValidity"],
    judge: ({ client, policy, proxy }) => {
      const lifetime = refreshLifetime(client.settings);
      if (proxy.declaresValidity) return null;
      // Then it is the limit that ends sessions, and it is known.
      if (proxy.sessionMaxAgeMs !== null && proxy.sessionMaxAgeMs <= lifetime.seconds * 1_000) return null;
      const days = meantDays(client.settings, policy);
      const what = `COGNITO_REFRESH_TOKEN_VALIDITY is not set; the app client's refresh token lives ${lifetime.words}.`;
      if (days === null) return { what, fix: `COGNITO_REFRESH_TOKEN_VALIDITY=${formatDuration(lifetime.seconds * 1_000)}` };
      // A wrong lifetime is not to be written down.
      return { what, fix: `Once it lives the ${days} days that were meant: COGNITO_REFRESH_TOKEN_VALIDITY=${days}d` };
    },
  }),
  check({
    id: "session-max-age",
    severity: "note",
    finds: "SESSION_MAX_AGE is beyond the refresh token's life",
    meaning: "The limit never applies: Cognito ends the session before.",
    fix: "Lower SESSION_MAX_AGE, or lengthen the refresh token.",
    source: "docs/configuration.md",
    needs: ["sessionMaxAgeMs"],
    judge: ({ client, proxy }) => {
      const lifetime = refreshLifetime(client.settings);
      if (proxy.sessionMaxAgeMs <= lifetime.seconds * 1_000) return null;
      return { what: `SESSION_MAX_AGE is ${formatDuration(proxy.sessionMaxAgeMs)}, the refresh token lives ${lifetime.words}.` };
    },
  }),
];
