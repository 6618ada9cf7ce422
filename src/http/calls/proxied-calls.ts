import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { describeError } from "../../model/log.js";
import type { Session } from "../../model/session.js";
import type { Exchange, ForwardOutcome } from "../../proxy/forward.js";
import { REQUEST_IDLE_TIMEOUT_MS } from "../../proxy/request-pace.js";
import { parseTarget } from "../../proxy/routes/path.js";
import type { RouteMatch } from "../../proxy/routes/route-table.js";
import type { Services } from "../../server/compose.js";
import type { Tell } from "../../telemetry/events.js";
import { inSpan, propagatedHeaders, type Span, type Tracer } from "../../telemetry/tracing.js";
import { refuseReadBody } from "../connection/read-body.js";
import { judgeCall, judgeStaticHeader, judgeUpgrade, refuseCrossSite } from "../gate/cross-site.js";
import type { Visit } from "../gate/session-gate.js";
import { CALL_METHODS, ProblemError } from "../problem/problem.js";
import { upstreamFailure } from "./upstream-problem.js";

/** A call on its way to an API. */
export interface ProxiedCall {
  readonly match: RouteMatch;
  readonly upstreamTarget: string;
}

/** The route a request belongs to; null when none has its path. Throws the problem of a target that no route may see. */
export function matchCall(rawTarget: string | undefined, { routes }: Pick<Services, "routes">): ProxiedCall | null {
  const target = parseTarget(rawTarget ?? "");
  if (target.kind === "refused")
    throw new ProblemError({ reason: "bad_request", detail: `The request target is not acceptable: ${target.why}.` });
  const match = routes.match(target.path);
  return match && { match, upstreamTarget: `${match.upstreamPath}${target.query}` };
}

/** The `requestIdleTimeout` of the route that has a request's path; the default one where none has. */
export function requestIdleLimits({ routes }: Pick<Services, "routes">): (request: FastifyRequest) => number | null {
  return ({ raw }) => {
    const target = parseTarget(raw.url ?? "");
    const match = target.kind === "target" ? routes.match(target.path) : null;
    return match ? match.route.requestIdleTimeoutMs : REQUEST_IDLE_TIMEOUT_MS;
  };
}

/** What a call that was left in the middle of its body is told. */
export const STALLED = new ProblemError({ reason: "bad_request", detail: "The rest of the request's body did not arrive in time." });

/** What is told of another spelling of a path that a stricter route guards. */
export const GUARDED = new ProblemError({
  reason: "bad_request",
  detail: "Some servers would read this path as one that another route guards.",
});

/** RFC 6455 4.1: a handshake is a GET, and bytes of a body would be taken for frames. */
export function refuseBadHandshake({ method, headers }: FastifyRequest): void {
  if (method !== "GET") throw new ProblemError({ reason: "bad_request", detail: "A WebSocket handshake is a GET." });
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0) {
    throw new ProblemError({ reason: "bad_request", detail: "A WebSocket handshake has no body." });
  }
}

/** Hands calls on to the APIs: checks, session, token, then straight onto the raw response. */
export function createCallHandler(services: Services): (call: ProxiedCall, request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const {
    config,
    cookies,
    coordinator,
    expectations,
    forwarder,
    gate,
    hammerGuard,
    lifecycle,
    metrics,
    open,
    stricterSiblings,
    tell,
    tracer,
    unread,
    upgrades,
    watch,
  } = services;
  const publicUrl = new URL(config.publicUrl);
  const proto = publicUrl.protocol === "https:" ? ("https" as const) : ("http" as const);

  return async function handleCall({ match: { route, upstreamPath, translation }, upstreamTarget }, request, reply) {
    if (stricterSiblings.guard(route, upstreamPath)) throw GUARDED;
    // RFC 9110 9.3.8: the answer to TRACE would repeat the token.
    if (request.method === "TRACE") throw new ProblemError({ reason: "method_not_allowed", allow: CALL_METHODS });
    refuseCrossSite(judgeCall(request, config), judgeStaticHeader(request, config, route));
    if (request.headers.upgrade !== undefined) {
      refuseCrossSite(judgeUpgrade(request, config));
      if (upgrades.isHandshake(request.raw)) refuseBadHandshake(request);
    }
    refuseReadBody(request.raw, tell);

    const visit = route.session === "none" ? null : gate.open(request.headers.cookie);
    request.bffVisit = visit;
    if (visit) hammerGuard.check(request, visit);
    const session = visit && (await sessionFor(route, visit));
    if (session) lifecycle.touch(session);

    const bearer = bearerFor(route, session, tell);
    const handedOnAtMs = performance.now();
    const exchange: Exchange = {
      request: request.raw,
      response: reply.raw,
      route,
      upstreamTarget,
      bearer,
      forwarded: { for: request.ips ? [...request.ips].reverse().join(", ") : request.ip, proto, host: publicUrl.host },
      translation,
      isOurCookie: cookies.names.isOurs,
      isStripped: services.isStripped,
      transportSecurity: services.transportSecurity,
      ...(request.headers.expect === undefined ? {} : { onTakeBody: () => expectations.goOn(request.raw, reply.raw) }),
      setCookies: () => (visit ? gate.cookiesFor(visit) : []),
      onAnswer(status) {
        const seconds = (performance.now() - handedOnAtMs) / 1000;
        metrics.upstreamAnswered(route.prefix, { status, seconds, withToken: bearer !== null });
      },
      watchStream(breakOff) {
        const unwatch = session && watch.watch(session, breakOff);
        open.streams += 1;
        return () => {
          open.streams -= 1;
          unwatch?.();
        };
      },
    };
    const outcome = await forward(exchange, session);
    if (outcome.kind !== "answered") metrics.upstreamFailed(route.prefix, outcome.kind === "cut_short" ? outcome.cause : outcome.kind);
    if (outcome.kind === "request_stalled") unread.giveUp(request.raw);
    else if (outcome.kind === "answered" && !request.raw.complete) unread.drop(request.raw, route.requestIdleTimeoutMs);
    settle(outcome, route.prefix, request, reply);
  };

  /** Hands one call on, in a span of its own that the API's spans hang below. */
  function forward(exchange: Exchange, session: Session | null): Promise<ForwardOutcome> {
    const { method = "GET", socket } = exchange.request;
    // Refused at the end of draining, or left, while it waited for Cognito.
    if (socket.writableEnded || socket.destroyed) return Promise.resolve({ kind: "client_gone" });
    services.handedOn.add(exchange.request);
    open.calls += 1;
    return (tracer === null ? send(exchange, session) : forwardInSpan(tracer, method, exchange, session)).finally(() => {
      open.calls -= 1;
    });
  }

  function forwardInSpan(by: Tracer, method: string, exchange: Exchange, session: Session | null): Promise<ForwardOutcome> {
    const { prefix, target } = exchange.route;
    const attributes = { "http.request.method": method, "http.route": prefix, "server.address": target.hostname };
    return inSpan(by, `${method} ${prefix}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const outcome = await send({ ...exchange, propagated: propagatedHeaders() }, session);
      if (span) describe(outcome, span);
      return outcome;
    });
  }

  function send(exchange: Exchange, session: Session | null): Promise<ForwardOutcome> {
    return upgrades.isHandshake(exchange.request) ? upgrades.forward(exchange, session) : forwarder.forward(exchange);
  }

  async function sessionFor(route: ProxyRoute, visit: Visit): Promise<Session | null> {
    if (route.session === "optional" && isNobody(visit)) return null;
    const usable = gate.require(visit);
    const session = usable instanceof Promise ? await usable : usable;
    if (route.token === "none" || session.tokens[route.token]) return session;
    // A session from before a route asked for this kind of token: one refresh brings it.
    return gate.settle(await coordinator.refreshNow(session));
  }
}

const NO_SESSION: ReadonlySet<Visit["reading"]["kind"]> = new Set(["none", "invalid", "foreign"]);

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

/**
 * What the hooks of somebody's own app have said of the answer to Fastify's reply, which a proxied answer goes past. @fastify/helmet writes to
 * the raw response itself, @fastify/cors does not.
 */
function handOverHeaders(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
  done();
}

/**
 * The proxied prefixes as a scope of their own. The call is handled in `onRequest`, before Fastify would look at the body: bodies are streamed,
 * whatever their type says. It is the route's own hook, not the scope's, and so the last of all: what an app registers behind the plugin comes
 * before the call as well.
 *
 * @param embedded whether the scope is in somebody's own app, whose hooks may have headers for every answer.
 */
export function proxyRoutes(app: FastifyInstance, services: Services, embedded: boolean): void {
  const handleCall = createCallHandler(services);
  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    const call = matchCall(request.raw.url, services);
    if (!call) throw new ProblemError({ reason: "not_found" });
    await handleCall(call, request, reply);
  };
  app.addHook("onSend", async (request, reply) => {
    for (const value of request.bffVisit ? services.gate.cookiesFor(request.bffVisit) : []) reply.header("set-cookie", value);
  });
  const unreachable = async () => {
    throw new Error("calls are answered before their handler");
  };
  const route = { method: app.supportedMethods, onRequest: embedded ? [handOverHeaders, handle] : handle, handler: unreachable };
  for (const { prefix } of services.config.proxyRoutes) {
    const base = prefix === "/" ? "" : prefix;
    if (base !== "") app.route({ ...route, url: base });
    app.route({ ...route, url: `${base}/*` });
  }
}
