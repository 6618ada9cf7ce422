import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { FastifyInstance } from "fastify";
import type { Config } from "../config/config.js";
import { handoverOf } from "../http/calls/handover.js";
import { onFinished, problemOf } from "../http/problem/request-state.js";
import type { Clock } from "../model/clock.js";
import type { Tell } from "../telemetry/events.js";
import { tellFinished } from "../telemetry/finished-request.js";
import type { Tracer } from "../telemetry/tracing.js";
import type { Reason } from "../wire/reasons.js";

/** What is not below a route of ours or of an API: the single-page app, whose paths are anybody's; or an API that has them all. */
const SPA_ROUTE = "/*";

export interface RequestObserverOptions {
  readonly config: Pick<Config, "authPrefix" | "proxyRoutes">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly tell: Tell;
  /** Null where no OpenTelemetry SDK is registered. */
  readonly tracer: Tracer | null;
}

/** Measures and traces every request of a scope, from its first hook to the end of its answer. Add it before any other hook. */
export function observeRequests(app: FastifyInstance, { config, clock, tell, tracer }: RequestObserverOptions): void {
  const nameOf = routeNames(config);
  // A request's own logger is made at its first use: where nobody reads the line, nobody pays for it.
  const logsRequests = writesRequests(app);
  app.addHook("onRequest", (request, reply, done) => {
    const startedAtMs = handoverOf(request.raw)?.failed?.startedAtMs ?? clock.monotonicMs();
    const route = nameOf(request.routeOptions.url);
    let span: Span | null = null;
    let isOver = false;

    const finish = (status: number | null) => {
      if (isOver) return;
      isOver = true;
      const seconds = (clock.monotonicMs() - startedAtMs) / 1000;
      const { method, raw } = request;
      tellFinished(tell, logsRequests ? request.log : null, { method, route, status, seconds, rawHeaders: raw.rawHeaders });
      if (span) endSpan(span, status, problemOf(request));
    };
    onFinished(request, finish);
    // Not Fastify's onResponse, which says nothing of clients that left.
    reply.raw.once("close", () => finish(reply.raw.headersSent ? reply.raw.statusCode : null));

    if (!tracer) {
      done();
      return;
    }
    // Where Node's own instrumentation has begun a span for the request, ours belongs below it.
    const active = context.active();
    const parent = trace.getSpan(active) ? active : propagation.extract(active, request.headers);
    const attributes = { "http.request.method": request.method, "http.route": route };
    span = tracer.startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    context.with(trace.setSpan(parent, span), done);
  });
}

/** Whether the log has a line for every request. */
export function writesRequests({ log }: Pick<FastifyInstance, "log">): boolean {
  return !/^(?:info|warn|error|fatal|silent)$/.test(log.level);
}

/** Names where a request goes, by the pattern of its route: out of a set that the configuration bounds. */
function routeNames(config: RequestObserverOptions["config"]): (pattern: string | undefined) => string {
  const patternsOf = (prefix: string) => (prefix === "/" ? ["/*"] : [prefix, `${prefix}/*`]);
  const apis = new Map(config.proxyRoutes.flatMap(({ prefix }) => patternsOf(prefix).map((pattern) => [pattern, prefix] as const)));
  return (pattern) => {
    if (pattern === undefined) return SPA_ROUTE;
    return apis.get(pattern) ?? (pattern.startsWith(`${config.authPrefix}/`) ? pattern : SPA_ROUTE);
  };
}

function endSpan(span: Span, status: number | null, reason: Reason | null): void {
  if (status !== null) span.setAttribute("http.response.status_code", status);
  if (reason) span.setAttribute("bff.reason", reason);
  // OpenTelemetry's conventions: a 4xx is the client's, not an error of the server.
  if (status === null || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
