import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { version } from "../model/version.js";
import { ENDING_CAUSES } from "../wire/reasons.js";
import type { Alert, BffEvent, CognitoOutcome, RefreshResult } from "./events.js";
import { PlainHistogram } from "./plain-histogram.js";
import { SUSPECTS } from "./suspects.js";

/** OpenTelemetry's for `http.server.request.duration` (semantic conventions for HTTP metrics). Seconds. */
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const COGNITO_SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Around what hops on the way let through: 8 KiB (nginx), 10,240 (API Gateway), 16 KiB (ALB, Node), 20,480 (CloudFront). */
const HEADER_BYTES = [1_024, 2_048, 4_096, 6_144, 8_192, 10_240, 12_288, 16_384, 20_480, 32_768];
const COOKIE_BYTES = [1_024, 2_048, 3_072, 4_096, 5_120, 6_144, 7_168, 8_192, 12_288, 16_384];
const HOUR = 3_600;
const DAY = 24 * HOUR;
/**
 * Bounds at ages that are somebody's setting, since a session ends at the first call after its limit, and so in the bucket above it. What
 * lies between 30 and 31 hours had refresh tokens of 30 hours where 30 days were meant. Seconds.
 */
const AGE_SECONDS = [
  ...[60, 300, 900, 0.5 * HOUR, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 29 * HOUR, 30 * HOUR, 31 * HOUR],
  ...[2 * DAY, 7 * DAY, 14 * DAY, 29 * DAY, 30 * DAY, 31 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY],
];
/** Every counter and histogram, by what it counts; docs/operations.md says what each is for. */
export function createSeries(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string = never>(name: string, help: string, buckets: number[], labelNames: readonly L[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers });

  const refreshes = counter("bff_refresh_total", "Refreshes of sessions, by what they came to", ["result"]);
  const refreshSeconds = histogram("bff_refresh_duration_seconds", "How long a refresh took, retries included", COGNITO_SECONDS, [
    "result",
  ]);
  const joined = counter("bff_refresh_coalesced_total", "Calls that joined a refresh of their session already under way");
  const missedTurns = counter("bff_refresh_turns_missed_total", "Refreshes that REFRESH_RATE_LIMIT did not let through in time");
  const cognitoCalls = counter("bff_cognito_calls_total", "Calls to Cognito, by operation and outcome", ["operation", "outcome"]);
  const cognitoSeconds = histogram("bff_cognito_call_duration_seconds", "How long one call to Cognito took", COGNITO_SECONDS, [
    "operation",
  ]);
  const signIns = counter("bff_sign_ins_total", "Callbacks of managed login, by what they came to", ["result"]);
  const started = counter("bff_sessions_started_total", "Sessions started");
  const ended = counter("bff_sessions_ended_total", "Sessions ended, by reason and cause", ["reason", "cause"]);
  const age = histogram("bff_session_age_at_end_seconds", "How old sessions were when they ended", AGE_SECONDS, ["reason", "cause"]);
  const lost = counter("bff_sessions_lost_total", "Sessions ended because nobody wrote the refresh token that Cognito had rotated to");
  const revoked = counter("bff_tokens_revoked_total", "Refresh tokens revoked at Cognito");
  const cookieBytes = histogram("bff_session_cookie_bytes", "Bytes of the Cookie header a session's ticket takes", COOKIE_BYTES);
  const alerts = counter("bff_alerts_total", "Log lines somebody has to act on", ["alert"]);
  const suspected = counter("bff_misconfigured_total", "Times that Cognito refused a setting, by the variable to look at first", [
    "setting",
  ]);
  const storeErrors = counter("bff_store_errors_total", "What the session store could not do", ["operation"]);
  const problems = counter("bff_problems_total", "Problem documents answered, by reason", ["reason"]);
  /** Observed for every call. */
  const plain = <L extends string = never>(name: string, help: string, buckets: number[], labelNames: readonly L[] = []) =>
    new PlainHistogram({ name, help, buckets, labelNames, registers });
  const requestSeconds = plain("http_server_request_duration_seconds", "Duration of HTTP requests", REQUEST_SECONDS, [
    "http_request_method",
    "http_route",
    "http_response_status_code",
  ]);
  const headerBytes = plain("bff_request_header_bytes", "Bytes of request headers, cookies included", HEADER_BYTES);
  const upstreamSeconds = plain(
    "bff_upstream_duration_seconds",
    "From handing a call on to the head of the API's answer",
    REQUEST_SECONDS,
    ["route", "status_class"],
  );
  const upstreamFailures = counter("bff_upstream_failures_total", "Calls without a whole answer of the API", ["route", "kind"]);
  const upstreamUnauthorized = counter("bff_upstream_unauthorized_total", "401 answers of an API to a call with a token", ["route"]);
  return {
    refreshes,
    refreshSeconds,
    joined,
    missedTurns,
    cognitoCalls,
    cognitoSeconds,
    signIns,
    started,
    ended,
    age,
    lost,
    revoked,
    cookieBytes,
    alerts,
    suspected,
    storeErrors,
    problems,
    requestSeconds,
    headerBytes: headerBytes.series({}),
    upstreamSeconds,
    upstreamFailures,
    upstreamUnauthorized,
  };
}

export type Series = ReturnType<typeof createSeries>;

/** The words of a label, all of them: the compiler misses one that is left out. */
const wordsOf = <Word extends string>(words: { readonly [word in Word]: true }) => Object.keys(words);

const REFRESH_RESULTS = wordsOf<RefreshResult>({
  refreshed: true,
  rejected: true,
  doubtful: true,
  unavailable: true,
  misconfigured: true,
  denied: true,
});
const ALERTS = wordsOf<Alert>({ refreshes_doubtful: true, misconfigured: true, session_too_large: true });
const STORE_OPERATIONS = wordsOf<Extract<BffEvent, { kind: "store_failed" }>["operation"]>({ keep: true, seal: true, forget: true });
/** Those that somebody waits for. */
const COGNITO_OUTCOMES: readonly CognitoOutcome[] = ["ok", "cognito_throttled", "cognito_blocked"];

/** A series that is missing until the first time cannot show its first increase. */
export function zero({ refreshes, alerts, suspected, storeErrors, ended, cognitoCalls, age }: Series, registry: Registry): void {
  const build = new Gauge({
    name: "bff_build_info",
    help: "Always 1, with the version",
    labelNames: ["version", "node"],
    registers: [registry],
  });
  build.set({ version, node: process.version }, 1);
  for (const result of REFRESH_RESULTS) refreshes.inc({ result }, 0);
  for (const alert of ALERTS) alerts.inc({ alert }, 0);
  for (const setting of SUSPECTS) suspected.inc({ setting }, 0);
  for (const operation of STORE_OPERATIONS) storeErrors.inc({ operation }, 0);
  for (const [reason, causes] of Object.entries(ENDING_CAUSES)) for (const cause of causes) ended.inc({ reason, cause }, 0);
  for (const outcome of COGNITO_OUTCOMES) cognitoCalls.inc({ operation: "InitiateAuth", outcome }, 0);
  age.zero({ reason: "expired", cause: "refresh_token_expired" });
}
