import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Exchange, Forwarder, ForwardOutcome } from "../../proxy/forward.js";
import type { StripsHeader } from "../../proxy/headers/strip-headers.js";
import type { CookieWriter } from "../../store/cookies.js";
import { inSpan, propagatedHeaders, type Span, type Tracer } from "../../telemetry/tracing.js";
import type { Expectations } from "../connection/expectations.js";
import type { UnreadBodies } from "../connection/unread-bodies.js";
import type { Upgrades, WatchEnding } from "../connection/upgrade.js";
import { finish } from "../problem/request-state.js";
import type { OpenCalls } from "./open-calls.js";
import { type UpstreamFailure, upstreamFailure } from "./upstream-failure.js";

/** What every request is handed on with. */
export interface HandOnOptions {
  /** Whose names say which of the browser's cookies go no further. */
  readonly cookies: CookieWriter;
  /** Which of the browser's headers nobody behind us gets. */
  readonly isStripped: StripsHeader;
  /** The Strict-Transport-Security of answers that have none of their own; null: none. */
  readonly transportSecurity: string | null;
  readonly expectations: Expectations;
  readonly unread: UnreadBodies;
  readonly upgrades: Upgrades;
  readonly forwarder: Forwarder;
  readonly open: Pick<OpenCalls, "handedOn">;
}

type Everyones = "request" | "response" | "isOurCookie" | "isStripped" | "transportSecurity" | "onTakeBody" | "propagated";

/** Where one request goes, and with what of its own. */
export interface Way extends Omit<Exchange, Everyones> {
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
export type HandOn = (way: Way, request: FastifyRequest, reply: FastifyReply) => Promise<HandedOn>;

export function createHandOn(options: HandOnOptions): HandOn {
  const { cookies, expectations, isStripped, open, transportSecurity, unread } = options;
  const isOurCookie = cookies.names.isOurs;

  return async function handOn(way, request, reply) {
    const { raw } = request;
    const exchange: Exchange = {
      ...way,
      request: raw,
      response: reply.raw,
      isOurCookie,
      isStripped,
      transportSecurity,
      onTakeBody: raw.headers.expect === undefined ? null : () => expectations.goOn(raw, reply.raw),
    };
    let outcome: ForwardOutcome = { kind: "client_gone" };
    // Not what was refused at the end of draining, or left, while it waited for Cognito.
    if (!raw.socket.writableEnded && !raw.socket.destroyed) {
      open.handedOn.add(raw);
      outcome = way.tracer === null ? await send(exchange, way, options) : await sendInSpan(way.tracer, exchange, way, options);
    }
    if (outcome.kind === "request_stalled") unread.giveUp(raw);
    else if (outcome.kind === "answered" && !raw.complete) unread.drop(raw, way.route.requestIdleTimeoutMs);
    const failure = upstreamFailure(outcome);
    if (failure === null) {
      // A tunnel: its response never closes.
      if (outcome.kind === "answered" && outcome.status === 101) finish(request, 101);
      reply.hijack();
    }
    return { outcome, failure };
  };
}

type Ways = Pick<HandOnOptions, "forwarder" | "upgrades">;

function send(exchange: Exchange, { watchSocket }: Way, { forwarder, upgrades }: Ways): Promise<ForwardOutcome> {
  return upgrades.isHandshake(exchange.request) ? upgrades.forward(exchange, watchSocket) : forwarder.forward(exchange);
}

function sendInSpan(tracer: Tracer, exchange: Exchange, way: Way, ways: Ways): Promise<ForwardOutcome> {
  const { method = "GET" } = exchange.request;
  const { prefix, target } = way.route;
  const attributes = { "http.request.method": method, "http.route": prefix, "server.address": target.hostname };
  return inSpan(tracer, `${method} ${prefix}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const outcome = await send({ ...exchange, propagated: propagatedHeaders() }, way, ways);
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
