import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { version } from "../model/version.js";
import { ENDING_CAUSES } from "../wire/reasons.js";
import type { Tell } from "./events.js";

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
/** The methods OpenTelemetry knows; any other is one label, or a client could make as many series as it likes. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "QUERY"]);

/** What became of one request. */
export interface FinishedRequest {
  readonly method: string;
  /** The route, never the path. */
  readonly route: string;
  /** Null where the client left before an answer began. */
  readonly status: number | null;
  readonly seconds: number;
  readonly headerBytes: number;
}

/** Prometheus metrics of one server; docs/operations.md says what each is for. */
export interface Metrics {
  readonly registry: Registry;
  readonly tell: Tell;
  request(request: FinishedRequest): void;
  /** The head of an API's answer is here. */
  upstreamAnswered(route: string, answer: { readonly status: number; readonly seconds: number; readonly withToken: boolean }): void;
  /** A call ended without a whole answer of the API. `kind` is the forwarder's own word for it, never anything from outside. */
  upstreamFailed(route: string, kind: string): void;
  /** Adds what is measured only when somebody asks. */
  watch(gauges: Gauges): void;
  /** Adds what became of log lines, of whole servers: a plugin writes to the log of its app. */
  watchLog(lost: () => number): void;
  /** Adds `bff_ready`, of whole servers. */
  watchReady(ready: () => boolean): void;
}

/** What is asked for when Prometheus asks. */
export interface Gauges {
  readonly openCalls: () => number;
  readonly openSockets: () => number;
  readonly openStreams: () => number;
  readonly watchedSessions: () => number;
  readonly waitingCalls: () => number;
  readonly waitingRefreshes: () => number;
  readonly cognitoAheadMs: () => number;
  readonly cache: () => {
    readonly hits: number;
    readonly misses: number;
    readonly openedBytes: number;
    readonly newestBytes: number;
    readonly endingBytes: number;
  };
  readonly cacheMaxBytes: number;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
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
  const revoked = counter("bff_tokens_revoked_total", "Refresh tokens revoked at Cognito");
  const cookieBytes = histogram("bff_session_cookie_bytes", "Bytes of the Cookie header a session's ticket takes", COOKIE_BYTES);
  const alerts = counter("bff_alerts_total", "Log lines somebody has to act on", ["alert"]);
  const storeErrors = counter("bff_store_errors_total", "What the session store could not do", ["operation"]);
  const problems = counter("bff_problems_total", "Problem documents answered, by reason", ["reason"]);
  const requestSeconds = histogram("http_server_request_duration_seconds", "Duration of HTTP requests", REQUEST_SECONDS, [
    "http_request_method",
    "http_route",
    "http_response_status_code",
  ]);
  const headerBytes = histogram("bff_request_header_bytes", "Bytes of request headers, cookies included", HEADER_BYTES);
  const upstreamSeconds = histogram(
    "bff_upstream_duration_seconds",
    "From handing a call on to the head of the API's answer",
    REQUEST_SECONDS,
    ["route", "status_class"],
  );
  const upstreamFailures = counter("bff_upstream_failures_total", "Calls without a whole answer of the API", ["route", "kind"]);
  const upstreamUnauthorized = counter("bff_upstream_unauthorized_total", "401 answers of an API to a call with a token", ["route"]);

  const tell: Tell = (event) => {
    switch (event.kind) {
      case "session_started":
        started.inc();
        cookieBytes.observe(event.cookieBytes);
        break;
      case "session_ended": {
        ended.inc(event.ending);
        if (event.known) age.observe(event.ending, event.known.ageSeconds);
        break;
      }
      case "refresh_finished":
        refreshes.inc({ result: event.result });
        refreshSeconds.observe({ result: event.result }, event.seconds);
        break;
      case "refresh_joined":
        joined.inc();
        break;
      case "refresh_turn_missed":
        missedTurns.inc();
        break;
      case "cognito_called":
        cognitoCalls.inc({ operation: event.operation, outcome: event.outcome });
        cognitoSeconds.observe({ operation: event.operation }, event.seconds);
        break;
      case "token_revoked":
        revoked.inc();
        break;
      case "signed_in":
        signIns.inc({ result: "started" });
        break;
      case "sign_in_resumed":
        signIns.inc({ result: "resumed" });
        break;
      case "sign_in_failed":
        signIns.inc({ result: event.cause ?? event.reason });
        break;
      case "problem_answered":
        problems.inc({ reason: event.reason });
        break;
      case "ticket_sealed":
        cookieBytes.observe(event.bytes);
        break;
      case "store_failed":
        storeErrors.inc({ operation: event.operation });
        break;
      case "alert":
        alerts.inc({ alert: event.alert });
    }
  };
  const build = new Gauge({ name: "bff_build_info", help: "Always 1, with the version", labelNames: ["version", "node"], registers });
  build.set({ version, node: process.version }, 1);
  // A series that is missing until the first time cannot show its first increase.
  for (const result of ["refreshed", "rejected", "doubtful", "unavailable", "misconfigured", "denied"]) refreshes.inc({ result }, 0);
  for (const alert of ["refreshes_doubtful", "misconfigured", "session_too_large"]) alerts.inc({ alert }, 0);
  for (const operation of ["keep", "seal", "forget"]) storeErrors.inc({ operation }, 0);
  for (const [reason, causes] of Object.entries(ENDING_CAUSES)) for (const cause of causes) ended.inc({ reason, cause }, 0);
  for (const outcome of ["ok", "cognito_throttled", "cognito_blocked"]) cognitoCalls.inc({ operation: "InitiateAuth", outcome }, 0);
  age.zero({ reason: "expired", cause: "refresh_token_expired" });

  const gauge = (name: string, help: string, read: () => number) => {
    const measured: Gauge = new Gauge({ name, help, registers, collect: () => measured.set(read()) });
  };

  const total = (name: string, help: string, read: () => number) => {
    const counted: Counter = new Counter({
      name,
      help,
      registers,
      collect() {
        counted.reset();
        counted.inc(read());
      },
    });
  };

  return {
    registry,
    tell,
    request({ method, route, status, seconds, headerBytes: bytes }) {
      const labels = {
        http_request_method: KNOWN_METHODS.has(method) ? method : "_OTHER",
        http_route: route,
        http_response_status_code: status === null ? "none" : statusLabel(status),
      };
      requestSeconds.observe(labels, seconds);
      headerBytes.observe(bytes);
    },
    upstreamAnswered(route, { status, seconds, withToken }) {
      upstreamSeconds.observe({ route, status_class: `${Math.floor(status / 100)}xx` }, seconds);
      if (status === 401 && withToken) upstreamUnauthorized.inc({ route });
    },
    upstreamFailed: (route, kind) => upstreamFailures.inc({ route, kind }),
    watch(gauges) {
      gauge("bff_open_calls", "Calls under way to an API", gauges.openCalls);
      gauge("bff_open_sockets", "WebSockets open through the proxy", gauges.openSockets);
      gauge("bff_open_streams", "Event streams open through the proxy", gauges.openStreams);
      gauge("bff_watched_sessions", "Sessions whose end open sockets and event streams wait for", gauges.watchedSessions);
      gauge("bff_upstream_waiting", "Calls that wait for their turn at an API under UPSTREAM_MAX_CONNECTIONS", gauges.waitingCalls);
      const cognitoAhead = "How far Cognito's clock is ahead of this machine's, learned from the tokens it issues";
      gauge("bff_cognito_clock_difference_seconds", cognitoAhead, () => gauges.cognitoAheadMs() / 1000);
      gauge("bff_refresh_waiting", "Refreshes that wait for their turn under REFRESH_RATE_LIMIT", gauges.waitingRefreshes);
      total("bff_session_cache_hits_total", "Tickets found opened in memory", () => gauges.cache().hits);
      total("bff_session_cache_misses_total", "Tickets that had to be opened", () => gauges.cache().misses);
      gauge("bff_session_endings_bytes", "Estimated bytes of ended sessions that are remembered", () => gauges.cache().endingBytes);
      gauge("bff_session_cache_max_bytes", "SESSION_CACHE_BYTES", () => gauges.cacheMaxBytes);
      const cacheBytes: Gauge<"cache"> = new Gauge({
        name: "bff_session_cache_bytes",
        help: "Estimated bytes of opened tickets, and of versions no browser has brought back yet",
        labelNames: ["cache"],
        registers,
        collect() {
          const { openedBytes, newestBytes } = gauges.cache();
          cacheBytes.set({ cache: "opened" }, openedBytes);
          cacheBytes.set({ cache: "newest" }, newestBytes);
        },
      });
    },
    watchLog: (lost) => total("bff_log_lines_lost_total", "Log lines that could not be written", lost),
    watchReady: (ready) => gauge("bff_ready", "1 while the server takes calls, 0 while it starts or drains", () => (ready() ? 1 : 0)),
  };
}

function statusLabel(status: number): string {
  return status >= 100 && status < 600 ? String(status) : "_OTHER";
}

let ofProcess: Registry | null = null;

/** Node's own metrics, of the whole process however many servers run in it. */
export function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
