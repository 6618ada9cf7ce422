import { type Finding, inOrder, type Severity } from "../finding.js";
import { counted } from "../text.js";
import type { Window } from "./histogram.js";
import type { EndedSessions, LogTally, TalliedCause, Told } from "./log-tally.js";
import { atOnce, isNarrow, likelyLifetime, pileInWords, pilesOf } from "./shapes.js";
import { ageInWords, partOf, timeInWords } from "./words.js";

/** Findings that explain, and ask for nothing. */
const NOTHING = "Nothing to do.";

type Judge = (of: EndedSessions, all: number) => Finding;

const minuteOf = (seconds: number) => timeInWords(seconds * 1_000);

function agesOf({ ages }: EndedSessions): string {
  if (ages.count === 0) return "their ages are not known";
  if (ages.count === 1) return `its age was ${ageInWords(ages.min)}`;
  const median = ages.quantile(0.5) ?? ages.min;
  return `ages from ${ageInWords(ages.min)} to ${ageInWords(ages.max)}, half of them up to ${ageInWords(median)}`;
}

function burstOf(window: Window, of: EndedSessions): string {
  return `${partOf(window.count, of.sessions, "sessions")} of this cause ended within five minutes from ${minuteOf(window.from)} on`;
}

function pilesInWords(piles: readonly Window[]): string {
  return piles.map(pileInWords).join(", or at ");
}

const countIn = (piles: readonly Window[]) => piles.reduce((sum, { count }) => sum + count, 0);

/** They had all signed in at one time, so that what looks like one moment is one age. */
function togetherNote(of: EndedSessions): string {
  return atOnce(of.times) === null ? "" : " They had signed in together, so they were out together.";
}

const expiredByCognito: Judge = (of, all) => {
  const piles = pilesOf(of.ages);
  const [pile] = piles;
  if (pile === undefined)
    return {
      id: "log-expired",
      severity: "note",
      what: `${partOf(of.sessions, all, "sessions")} ended as their refresh token did, at no one age`,
      meaning: `Cognito ended them (${agesOf(of)}). People came back after their refresh token's life was over. None lived less than the app client grants: the youngest is the longest that it can be.`,
      fix: "Compare the youngest with what RefreshTokenValidity should be; `cognito-bff doctor` reads it.",
    };
  const { words, meant } = likelyLifetime(Math.min(...piles.map(({ from }) => from)));
  const lifetimes = piles.map(({ from }) => likelyLifetime(from).words);
  const change = piles.length === 1 ? "" : ` More than one age: the setting was changed (${[...new Set(lifetimes)].join(", ")}).`;
  return {
    id: "log-lifetime",
    severity: meant === null ? "warning" : "error",
    what: `${partOf(countIn(piles), all, "sessions")} ended at ${pilesInWords(piles)}: a lifetime, not an outage`,
    meaning: `Cognito's refresh tokens end then: RefreshTokenValidity is ${words}${meant === null ? "" : `, where ${meant} were meant, it seems`}.${change}${togetherNote(of)}`,
    fix: `\`cognito-bff doctor\` reads the app client and names the setting; \`cognito-bff doctor fix --refresh-validity ${meant === null ? "30d" : meant.replace(" days", "d")}\` changes it safely.`,
  };
};

const endedByMaxAge: Judge = (of, all) => ({
  id: "log-session-max-age",
  severity: "note",
  what: `${partOf(of.sessions, all, "sessions")} ended at SESSION_MAX_AGE${pilesOf(of.ages).length > 0 ? ` (${pilesInWords(pilesOf(of.ages))})` : ""}`,
  meaning: `A limit of the proxy's own, and no fault of Cognito's: ${agesOf(of)}.${togetherNote(of)}`,
  fix: "Raise SESSION_MAX_AGE, or tell people how long they stay signed in.",
});

const endedByIdleness: Judge = (of, all) => ({
  id: "log-idle",
  severity: "note",
  what: `${partOf(of.sessions, all, "sessions")} ended at SESSION_IDLE_TIMEOUT`,
  meaning: `People were away longer than the proxy's own limit allows: ${agesOf(of)}.`,
  fix: "Raise SESSION_IDLE_TIMEOUT where that is too early; it counts calls, not open pages.",
});

const revoked: Judge = (of, all) => {
  const burst = atOnce(of.times);
  if (burst !== null)
    return {
      id: "log-revoked-at-once",
      severity: "warning",
      what: `${burstOf(burst, of)}: somebody revoked them`,
      meaning: `${partOf(of.sessions, all, "sessions")} ended since Cognito said that their refresh token was revoked (${agesOf(of)}). So many at one time are a script, AdminUserGlobalSignOut in a loop, or RevokeToken; no lifetime and no outage.`,
      fix: "Ask who. CloudTrail has AdminUserGlobalSignOut, AdminDeleteUser and UpdateUserPoolClient with caller and time.",
    };
  const piles = pilesOf(of.ages).filter(isNarrow);
  if (piles.length > 0)
    return {
      id: "log-revoked-at-an-age",
      severity: "warning",
      what: `${partOf(countIn(piles), all, "sessions")} were revoked at ${pilesInWords(piles)}: something revokes by age`,
      meaning: "Revocations have no age of their own. A scheduled job signs people out, or a session limit of the pool does.",
      fix: "Look for a job that calls AdminUserGlobalSignOut, and at the pool's session management (MaxPerUser).",
    };
  return {
    id: "log-revoked",
    severity: "note",
    what: `${partOf(of.sessions, all, "sessions")} were revoked, one at a time`,
    meaning: `People signed out everywhere, or an administrator signed one of them out: ${agesOf(of)}.`,
    fix: NOTHING,
  };
};

const reused: Judge = (of, all) => ({
  id: "log-token-reuse",
  severity: "warning",
  what: `${partOf(of.sessions, all, "sessions")} ended since a rotated refresh token came twice`,
  meaning: `Two processes with sessions in cookies spent the same token, or somebody else has used a copy: ${agesOf(of)}.`,
  fix: "With rotation on run one process, or a shared store; docs/operations.md, authn_token_reuse.",
});

const ofAccounts: Judge = (of, all) => {
  const burst = atOnce(of.times);
  return {
    id: `log-${of.cause.replaceAll("_", "-")}`,
    severity: burst === null ? "note" : "warning",
    what: burst === null ? `${partOf(of.sessions, all, "sessions")} ended as ${of.cause}` : `${burstOf(burst, of)} (${of.cause})`,
    meaning: `Their accounts were changed in the user pool: ${agesOf(of)}.`,
    fix: burst === null ? NOTHING : "Ask who changed so many accounts at one time; CloudTrail has the caller.",
  };
};

const byPeople: Judge = (of, all) => ({
  id: `log-${of.cause.replaceAll("_", "-")}`,
  severity: "note",
  what: `${partOf(of.sessions, all, "sessions")} ended by ${of.cause}`,
  meaning: `People signed out themselves: ${agesOf(of)}.`,
  fix: NOTHING,
});

const byOperator: Judge = (of, all) => ({
  id: "log-operator",
  severity: "note",
  what: `${partOf(of.sessions, all, "sessions")} were revoked by an operator`,
  meaning: `By way of the management port: ${agesOf(of)}.`,
  fix: NOTHING,
});

const unclear: Judge = (of, all) => ({
  id: `log-${of.cause.replaceAll("_", "-")}`,
  severity: "warning",
  what: `${partOf(of.sessions, all, "sessions")} ended of a cause that tells little (${of.cause})`,
  meaning: `A newer release wrote it, or Cognito said what nobody has seen: ${agesOf(of)}.`,
  fix: "The line `a call to Cognito failed` with the same `session` has Cognito's own words.",
});

const JUDGES: { readonly [cause in TalliedCause]: Judge } = {
  refresh_token_expired: expiredByCognito,
  refresh_token_revoked: revoked,
  refresh_token_reused: reused,
  refresh_token_invalid: unclear,
  user_disabled: ofAccounts,
  user_deleted: ofAccounts,
  password_reset_required: ofAccounts,
  user_unconfirmed: ofAccounts,
  client_replaced: unclear,
  idle_timeout: endedByIdleness,
  session_lifetime: endedByMaxAge,
  unknown: unclear,
  logout: byPeople,
  logout_everywhere: byPeople,
  logout_elsewhere: byPeople,
  operator: byOperator,
  other: unclear,
};

interface ToldOf {
  readonly severity: Severity;
  readonly meaning: string;
  readonly fix: string;
}

/** What else the log tells of that people take for a lost session. */
const TOLD: { readonly [name: string]: ToldOf } = {
  cognito_unavailable: {
    severity: "note",
    meaning: "Cognito did not answer. An outage, and no session ended by it: they were kept and came back.",
    fix: "docs/operations.md, cognito_unavailable: the AWS Health dashboard, DNS, the way out.",
  },
  cognito_throttled: {
    severity: "warning",
    meaning: "Cognito, or REFRESH_RATE_LIMIT, had no room for the refreshes. No session ended by it.",
    fix: "docs/operations.md, cognito_throttled: tells the two apart, and what to raise.",
  },
  cognito_blocked: {
    severity: "warning",
    meaning: "A web ACL on the user pool blocked the proxy's address. No session ended by it.",
    fix: "Allow the proxy's address in the web ACL of the user pool.",
  },
  store_unavailable: {
    severity: "warning",
    meaning: "The store of sessions could not be reached. No session ended by it.",
    fix: "Look at the store and the network to it.",
  },
  misconfigured: {
    severity: "error",
    meaning: "Cognito refuses because of a setting. Sessions are kept, and nobody can be served with them.",
    fix: "The line with `alert: misconfigured` names the setting; `cognito-bff check-config`, `cognito-bff doctor`.",
  },
  "invalid unknown_key": {
    severity: "warning",
    meaning: "Cookies came whose key no process has: people are signed out by a roll-out of keys in the wrong order.",
    fix: "docs/operations.md, Rotating session keys: OLD,NEW everywhere, then NEW,OLD.",
  },
  "invalid unknown_version": {
    severity: "warning",
    meaning: "Cookies of a newer release came to an older one.",
    fix: "Finish the deployment, or roll it back.",
  },
  session_too_large: {
    severity: "error",
    meaning: "Sessions did not fit into cookies: these people cannot sign in.",
    fix: "Take claims out of the ID token, or raise COOKIE_HEADER_BUDGET; the log line names the largest.",
  },
  refreshes_doubtful: {
    severity: "error",
    meaning: "Refreshes got answers that may be a mistake of the app client's settings. Sessions are kept.",
    fix: "docs/operations.md, doubtful refreshes: device remembering is the usual reason. `cognito-bff doctor` looks.",
  },
};

function toldVerdict({ name, count, times }: Told, what: string): Finding | null {
  const told = TOLD[name];
  if (told === undefined) return null;
  const when = times.count === 0 ? "" : ` between ${minuteOf(times.min)} and ${minuteOf(times.max)}`;
  const { severity, meaning, fix } = told;
  return { id: `log-${name.replaceAll(/[_ ]/g, "-")}`, severity, what: `${counted(count, what)} ${name}${when}`, meaning, fix };
}

/** Everything that the log says, what matters most first: by severity, and within one as it is counted. */
export function verdictsOf({ causes, ended, problems, alerts, linesLost }: LogTally): readonly Finding[] {
  const ofEnds = [...causes.values()].filter(({ sessions }) => sessions > 0).sort((a, b) => b.sessions - a.sessions);
  // A problem's own alert says the same.
  const ofProblems = [...problems.values()].filter(({ name }) => !alerts.has(name));
  const verdicts = [
    ...ofEnds.map((of) => JUDGES[of.cause](of, ended)),
    ...ofProblems.map((told) => toldVerdict(told, "answer")),
    ...[...alerts.values()].map((told) => toldVerdict(told, "alert")),
    linesLost > 0 ? lossVerdict(linesLost) : null,
  ].filter((verdict) => verdict !== null);
  return inOrder(verdicts);
}

function lossVerdict(lines: number): Finding {
  return {
    id: "log-lines-lost",
    severity: "warning",
    what: `the proxy could not write ${counted(lines, "line")}`,
    meaning: "Whoever takes the log was too slow or away, so some ends are not in it.",
    fix: "bff_log_lines_lost_total counts them; give the log driver more room.",
  };
}
