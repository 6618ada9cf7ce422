import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../../config/config.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import type { Cancel, Clock } from "../../model/clock.js";
import { describeError } from "../../model/log.js";
import type { Session } from "../../model/session.js";
import type { Exchange, ForwardOutcome } from "../../proxy/forward.js";
import type { RouteTable } from "../../proxy/routes/route-table.js";
import type { StricterSiblings } from "../../proxy/routes/stricter-siblings.js";
import type { RefreshCoordinator } from "../../session/refresh/refresh-coordinator.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import type { SessionWatch } from "../../session/session-watch.js";
import type { Tell } from "../../telemetry/events.js";
import type { Metrics } from "../../telemetry/metrics.js";
import { inSpan, propagatedHeaders, type Span, type Tracer } from "../../telemetry/tracing.js";
import { refuseReadBody } from "../connection/read-body.js";
import { type CrossSiteSettings, judgeCall, judgeStaticHeader, judgeUpgrade, refuseCrossSite } from "../gate/cross-site.js";
import type { HammerGuard } from "../gate/hammering.js";
import type { SessionGate } from "../gate/session-gate.js";
import { CALL_METHODS, ProblemError } from "../problem/problem.js";
import type { Visit } from "../problem/request-state.js";
import type { HandOnOptions } from "./hand-on.js";
import { GUARDED, type ProxiedCall, refuseBadHandshake, STALLED } from "./matched-call.js";
import { upstreamFailure } from "./upstream-problem.js";

/** What calls are handed on with. */
export interface CallHandlerOptions extends HandOnOptions {
  readonly config: CrossSiteSettings & Pick<Config, "proxyRoutes">;
  readonly routes: RouteTable;
  readonly stricterSiblings: StricterSiblings;
  readonly hammerGuard: HammerGuard;
  readonly gate: SessionGate;
  readonly lifecycle: Pick<SessionLifecycle, "touch">;
  readonly coordinator: Pick<RefreshCoordinator, "refreshNow">;
  readonly watch: Pick<SessionWatch, "watch">;
  readonly metrics: Pick<Metrics, "upstreamAnswered" | "upstreamFailed">;
  /** Null where no OpenTelemetry SDK is registered. */
  readonly tracer: Tracer | null;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly tell: Tell;
}

/** Hands calls on to the APIs: checks, session, token, then straight onto the raw response. */
export function createCallHandler(
  options: CallHandlerOptions,
): (call: ProxiedCall, request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const {
    clock,
    config,
    cookies,
    expectations,
    forwarder,
    gate,
    metrics,
    open,
    tell,
    unread,
    upgrades,
    watch,
    isStripped,
    transportSecurity,
  } = options;
  const { host, protocol } = new URL(config.publicUrl);
  const proto = protocol === "https:" ? "https" : "http";

  return async function handleCall({ match: { route, upstreamPath, translation }, upstreamTarget }, request, reply) {
    refuseCall(request, route, upstreamPath, options);

    const opened = route.session === "none" ? null : gate.open(request.headers.cookie);
    const visit = opened instanceof Promise ? await opened : opened;
    request.bffVisit = visit;
    if (visit) options.hammerGuard.check(request, visit);
    const session = visit && (await sessionFor(route, visit, options));
    if (session) options.lifecycle.touch(session);

    const bearer = bearerFor(route, session, tell);
    const handedOnAtMs = clock.monotonicMs();
    const exchange: Exchange = {
      request: request.raw,
      response: reply.raw,
      route,
      upstreamTarget,
      bearer,
      forwarded: { for: request.ips ? [...request.ips].reverse().join(", ") : request.ip, proto, host },
      translation,
      isOurCookie: cookies.names.isOurs,
      isStripped,
      transportSecurity,
      ...(request.headers.expect === undefined ? {} : { onTakeBody: () => expectations.goOn(request.raw, reply.raw) }),
      setCookies: () => (visit ? gate.cookiesFor(visit) : []),
      onAnswer(status) {
        const seconds = (clock.monotonicMs() - handedOnAtMs) / 1000;
        metrics.upstreamAnswered(route.prefix, { status, seconds, withToken: bearer !== null });
      },
      watchStream: (breakOff) => followStream(session, breakOff, options),
    };
    const outcome = await forward(exchange, session);
    if (outcome.kind !== "answered") metrics.upstreamFailed(route.prefix, outcome.kind === "cut_short" ? outcome.cause : outcome.kind);
    if (outcome.kind === "request_stalled") unread.giveUp(request.raw);
    else if (outcome.kind === "answered" && !request.raw.complete) unread.drop(request.raw, route.requestIdleTimeoutMs);
    settle(outcome, route.prefix, request, reply);
  };

  /** Hands one call on. */
  function forward(exchange: Exchange, session: Session | null): Promise<ForwardOutcome> {
    const { socket } = exchange.request;
    // Refused at the end of draining, or left, while it waited for Cognito.
    if (socket.writableEnded || socket.destroyed) return Promise.resolve({ kind: "client_gone" });
    open.handedOn.add(exchange.request);
    open.calls += 1;
    return (
      options.tracer === null ? send(exchange, session) : inOwnSpan(options.tracer, exchange, (traced) => send(traced, session))
    ).finally(() => {
      open.calls -= 1;
    });
  }

  function send(exchange: Exchange, session: Session | null): Promise<ForwardOutcome> {
    return upgrades.isHandshake(exchange.request)
      ? upgrades.forward(exchange, session && ((onEnded) => watch.watch(session, onEnded)))
      : forwarder.forward(exchange);
  }
}

/** In a span of its own, which the API's spans hang below. */
function inOwnSpan(by: Tracer, exchange: Exchange, send: (exchange: Exchange) => Promise<ForwardOutcome>): Promise<ForwardOutcome> {
  const { method = "GET" } = exchange.request;
  const { prefix, target } = exchange.route;
  const attributes = { "http.request.method": method, "http.route": prefix, "server.address": target.hostname };
  return inSpan(by, `${method} ${prefix}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const outcome = await send({ ...exchange, propagated: propagatedHeaders() });
    if (span) describe(outcome, span);
    return outcome;
  });
}

/** What is refused before anybody looks for a session, without any I/O. */
function refuseCall(
  request: FastifyRequest,
  route: ProxyRoute,
  upstreamPath: string,
  { config, stricterSiblings, tell, upgrades }: Pick<CallHandlerOptions, "config" | "stricterSiblings" | "tell" | "upgrades">,
): void {
  if (stricterSiblings.guard(route, upstreamPath)) throw GUARDED;
  // RFC 9110 9.3.8: the answer to TRACE would repeat the token.
  if (request.method === "TRACE") throw new ProblemError({ reason: "method_not_allowed", allow: CALL_METHODS });
  refuseCrossSite(judgeCall(request, config), judgeStaticHeader(request, config, route));
  if (request.headers.upgrade !== undefined) {
    refuseCrossSite(judgeUpgrade(request, config));
    if (upgrades.isHandshake(request.raw)) refuseBadHandshake(request);
  }
  refuseReadBody(request.raw, tell);
}

/** An event stream, which may outlast its session: counted, and broken off when the session has ended. */
function followStream(session: Session | null, breakOff: () => void, { open, watch }: Pick<CallHandlerOptions, "open" | "watch">): Cancel {
  const unwatch = session && watch.watch(session, breakOff);
  open.streams += 1;
  return () => {
    open.streams -= 1;
    unwatch?.();
  };
}

/** The session of a visit, as far as a route needs it: refreshed, and with the kind of token that it sends. */
async function sessionFor(
  route: ProxyRoute,
  visit: Visit,
  { gate, coordinator }: Pick<CallHandlerOptions, "gate" | "coordinator">,
): Promise<Session | null> {
  if (route.session === "optional" && isNobody(visit)) return null;
  const usable = gate.require(visit);
  const session = usable instanceof Promise ? await usable : usable;
  if (route.token === "none" || session.tokens[route.token]) return session;
  // A session from before a route asked for this kind of token: one refresh brings it.
  return gate.settle(await coordinator.refreshNow(session));
}

const NO_SESSION: ReadonlySet<Visit["reading"]["kind"]> = new Set(["none", "gone", "invalid", "foreign"]);

/**
 * Whether an optional route goes on without a session. One that has ended is told of once, on the answer that takes its ticket away; a ticket
 * that cannot be opened, or is of another app client, stays in the browser and must not close a public page for good.
 */
function isNobody({ reading, presented }: Visit): boolean {
  return NO_SESSION.has(reading.kind) || (reading.kind === "ended" && !presented.any);
}

function bearerFor(route: ProxyRoute, session: Session | null, tell: Tell): string | null {
  if (!session || route.token === "none") return null;
  const token = route.token === "id" ? session.tokens.id : session.tokens.access;
  // A refresh has been tried for it: Cognito issues none.
  if (!token) {
    tell({ kind: "alert", alert: "misconfigured", details: { problem: `Cognito issues no ${route.token} token`, route: route.prefix } });
    throw new ProblemError({
      reason: "misconfigured",
      detail: "The session holds no token of the kind this route needs. Sign in again.",
      signInHelps: true,
    });
  }
  return token.jwt.reveal();
}

function describe(outcome: ForwardOutcome, span: Span): void {
  span.setAttribute("bff.outcome", outcome.kind === "cut_short" ? outcome.cause : outcome.kind);
  if ("status" in outcome) span.setAttribute("http.response.status_code", outcome.status);
  // OpenTelemetry's conventions: to a client a 4xx is an error too.
  if (outcome.kind !== "answered" || outcome.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
}

function settle(outcome: ForwardOutcome, route: string, request: FastifyRequest, reply: FastifyReply): void {
  const failure = upstreamFailure(outcome);
  if (failure !== null) {
    request.log.warn({ route, error: "error" in outcome ? describeError(outcome.error) : undefined }, failure.line);
    throw new ProblemError(failure.problem);
  }
  switch (outcome.kind) {
    case "request_stalled":
      throw STALLED;
    case "answered":
      // A tunnel: its response never closes.
      if (outcome.status === 101) request.bffFinished?.(101);
      reply.hijack();
      break;
    case "cut_short":
      if (outcome.cause === "upstream_broke" || outcome.cause === "upstream_silent")
        request.log.warn({ route, cause: outcome.cause }, "the API's answer did not arrive whole");
      reply.hijack();
      break;
    case "client_gone":
      // The answer is on the socket already, or there is nobody to answer.
      reply.hijack();
  }
}
