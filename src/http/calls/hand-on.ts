import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Exchange, Forwarder, ForwardOutcome } from "../../proxy/forward.js";
import { inSpan, type PropagatedHeaders, propagatedHeaders, type Span, type Tracer } from "../../telemetry/tracing.js";
import type { UnreadBodies } from "../connection/unread-bodies.js";
import type { Upgrades, WatchEnding } from "../connection/upgrade.js";
import { finish } from "../problem/request-state.js";
import type { OpenCalls } from "./open-calls.js";
import { type UpstreamFailure, upstreamFailure } from "./upstream-failure.js";

/** What every request is handed on with. */
export interface HandOnOptions {
  readonly unread: UnreadBodies;
  readonly upgrades: Upgrades;
  readonly forwarder: Forwarder;
  readonly open: Pick<OpenCalls, "handOn">;
}

/** What is besides a request's own exchange. */
export interface Way {
  /** Of the session that a WebSocket is opened with; null: nobody's. */
  readonly watchSocket: WatchEnding | null;
  /** Whose span the request gets, which the API's spans hang below; null: none. */
  readonly tracer: Tracer | null;
}

export interface HandedOn {
  readonly outcome: ForwardOutcome;
  /** What the caller answers with; null where the answer is out, or nobody is left to have one. */
  readonly failure: UpstreamFailure | null;
}

/** The one way a request leaves, for an API and for a development server alike. Never rejects. */
export type HandOn = (exchange: Handed, way: Way, request: FastifyRequest, reply: FastifyReply) => Promise<HandedOn>;

/** Its trace is known once its span has begun. */
export type Handed = Omit<Exchange, "propagated"> & { propagated?: PropagatedHeaders | null };

export function createHandOn(options: HandOnOptions): HandOn {
  const { open, unread } = options;

  return async function handOn(exchange, way, request, reply) {
    const { raw } = request;
    let outcome: ForwardOutcome = { kind: "client_gone" };
    // Not what was refused at the end of draining, or left, while it waited for Cognito.
    if (!raw.socket.writableEnded && !raw.socket.destroyed) {
      open.handOn(raw);
      outcome = way.tracer === null ? await send(exchange, way, options) : await sendInSpan(way.tracer, exchange, way, options);
    }
    leaveBody(outcome, exchange, unread);
    const failure = upstreamFailure(outcome);
    if (failure === null) {
      // A tunnel: its response never closes.
      if (outcome.kind === "answered" && outcome.status === 101) finish(request, 101);
      reply.hijack();
    }
    return { outcome, failure };
  };
}

/** What becomes of a body that is not here whole by the time of the outcome. */
export function leaveBody({ kind }: ForwardOutcome, { request, route }: Pick<Exchange, "request" | "route">, unread: UnreadBodies): void {
  if (kind === "request_stalled") unread.giveUp(request);
  else if (kind === "answered" && !request.complete) unread.drop(request, route.requestIdleTimeoutMs);
}

type Ways = Pick<HandOnOptions, "forwarder" | "upgrades">;

function send(exchange: Exchange, { watchSocket }: Way, { forwarder, upgrades }: Ways): Promise<ForwardOutcome> {
  if (upgrades.isHandshake(exchange.request)) return upgrades.forward(exchange, watchSocket);
  return new Promise((resolve) => forwarder.forward(exchange, resolve));
}

function sendInSpan(tracer: Tracer, exchange: Handed, way: Way, ways: Ways): Promise<ForwardOutcome> {
  const { method = "GET" } = exchange.request;
  const { prefix, target } = exchange.route;
  const attributes = { "http.request.method": method, "http.route": prefix, "server.address": target.hostname };
  return inSpan(tracer, `${method} ${prefix}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    exchange.propagated = propagatedHeaders();
    const outcome = await send(exchange, way, ways);
    if (span) describe(outcome, span);
    return outcome;
  });
}

function describe(outcome: ForwardOutcome, span: Span): void {
  span.setAttribute("bff.outcome", outcome.kind === "cut_short" ? outcome.cause : outcome.kind);
  if ("status" in outcome) span.setAttribute("http.response.status_code", outcome.status);
  // OpenTelemetry's conventions: to a client a 4xx is an error too.
  if (outcome.kind !== "answered" || outcome.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
}
