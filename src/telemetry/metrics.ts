import { collectDefaultMetrics, Registry } from "prom-client";
import type { FinishedRequest, Tell } from "./events.js";
import { addGauge, addGauges, addTotal, type Gauges } from "./gauges.js";
import type { PlainSeries } from "./plain-histogram.js";
import { createSeries, type Series, zero } from "./series.js";
import { suspectOf } from "./suspects.js";

/** The methods OpenTelemetry knows; any other is one label, or a client could make as many series as it likes. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "QUERY"]);

/** Prometheus metrics of one server; docs/operations.md says what each is for. */
export interface Metrics {
  readonly registry: Registry;
  readonly tell: Tell;
  /** Adds what is measured only when somebody asks. */
  watch(gauges: Gauges): void;
  /** Adds what became of log lines, of whole servers: a plugin writes to the log of its app. */
  watchLog(lost: () => number): void;
  /** Adds `bff_ready`, of whole servers. */
  watchReady(ready: () => boolean): void;
}

/** What was looked up once: each request and each answer counts in one of a few. */
class Found<Value> {
  readonly #values = new Map<string, Value>();

  get(key: string, make: () => Value): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#values.set(key, made);
    return made;
  }
}

/** What each event counts. */
function countEvents(series: Series): Tell {
  const requests = new Found<PlainSeries>();
  const answers = new Found<PlainSeries>();
  return (event) => {
    switch (event.kind) {
      case "session_started":
        series.started.inc();
        series.cookieBytes.observe(event.cookieBytes);
        break;
      case "session_ended": {
        series.ended.inc(event.ending);
        if (event.known) series.age.observe(event.ending, event.known.ageSeconds);
        if (event.lost) series.lost.inc();
        break;
      }
      case "refresh_finished":
        series.refreshes.inc({ result: event.result });
        series.refreshSeconds.observe({ result: event.result }, event.seconds);
        break;
      case "refresh_joined":
        series.joined.inc();
        break;
      case "refresh_turn_missed":
        series.missedTurns.inc();
        break;
      case "cognito_called":
        series.cognitoCalls.inc({ operation: event.operation, outcome: event.outcome });
        series.cognitoSeconds.observe({ operation: event.operation }, event.seconds);
        break;
      case "token_revoked":
        series.revoked.inc();
        break;
      case "signed_in":
        series.signIns.inc({ result: "started" });
        break;
      case "sign_in_resumed":
        series.signIns.inc({ result: "resumed" });
        break;
      case "sign_in_failed":
        series.signIns.inc({ result: event.cause ?? event.reason });
        break;
      case "problem_answered":
        series.problems.inc({ reason: event.reason });
        break;
      case "request_finished":
        seriesOf(requests, event, series).observe(event.seconds);
        series.headerBytes.observe(event.headerBytes);
        break;
      case "upstream_answered": {
        const { route, status, seconds, withToken } = event;
        const statusClass = `${Math.floor(status / 100)}xx`;
        answers.get(`${statusClass} ${route}`, () => series.upstreamSeconds.series({ route, status_class: statusClass })).observe(seconds);
        if (status === 401 && withToken) series.upstreamUnauthorized.inc({ route });
        break;
      }
      case "upstream_failed":
        series.upstreamFailures.inc({ route: event.route, kind: event.failure });
        break;
      case "ticket_sealed":
        series.cookieBytes.observe(event.bytes);
        break;
      case "store_failed":
        series.storeErrors.inc({ operation: event.operation });
        break;
      case "alert":
        series.alerts.inc({ alert: event.alert });
        if (event.alert === "misconfigured") series.suspected.inc({ setting: suspectOf(event.details) });
    }
  };
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const series = createSeries(registry);
  zero(series, registry);
  return {
    registry,
    tell: countEvents(series),
    watch: (gauges) => addGauges(registry, gauges),
    watchLog: (lost) => addTotal(registry, "bff_log_lines_lost_total", "Log lines that could not be written", lost),
    watchReady: (ready) =>
      addGauge(
        registry,
        "bff_ready",
        "1 while the server takes calls, 0 while it starts, drains or has been without its shared store for too long",
        () => (ready() ? 1 : 0),
      ),
  };
}

/** A method that no label has is none of the key either: what is kept is bounded by the labels. */
function seriesOf(
  found: Found<PlainSeries>,
  { method: asked, route, status: code }: FinishedRequest,
  { requestSeconds }: Series,
): PlainSeries {
  const method = KNOWN_METHODS.has(asked) ? asked : "_OTHER";
  const status = code === null ? "none" : statusLabel(code);
  return found.get(`${method} ${status} ${route}`, () =>
    requestSeconds.series({ http_request_method: method, http_route: route, http_response_status_code: status }),
  );
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
