import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../../config/config.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import type { Session } from "../../model/session.js";
import type { RouteTable } from "../../proxy/routes/route-table.js";
import type { StricterSiblings } from "../../proxy/routes/stricter-siblings.js";
import type { RefreshCoordinator } from "../../session/refresh/refresh-coordinator.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import type { SessionWatch } from "../../session/session-watch.js";
import type { Tell } from "../../telemetry/events.js";
import type { Tracer } from "../../telemetry/tracing.js";
import { refuseReadBody } from "../connection/read-body.js";
import type { WatchEnding } from "../connection/upgrade.js";
import { type CrossSiteSettings, judgeCall, judgeStaticHeader, judgeUpgrade, refuseCrossSite } from "../gate/cross-site.js";
import type { HammerGuard } from "../gate/hammering.js";
import type { SessionGate } from "../gate/session-gate.js";
import { CALL_METHODS, ProblemError } from "../problem/problem.js";
import { keepVisit, type Visit } from "../problem/request-state.js";
import { ApiCall, type ApiCallOptions, commonOf } from "./api-call.js";
import { createHandOn, type HandOnOptions } from "./hand-on.js";
import { handoverOf } from "./handover.js";
import { GUARDED, type ProxiedCall, refuseBadHandshake } from "./matched-call.js";
import type { OpenCalls } from "./open-calls.js";
import { tellFailure } from "./upstream-failure.js";

/** What calls are handed on with. */
export interface CallHandlerOptions extends HandOnOptions, ApiCallOptions {
  readonly config: CrossSiteSettings & Pick<Config, "proxyRoutes" | "publicUrl">;
  readonly routes: RouteTable;
  readonly stricterSiblings: StricterSiblings;
  readonly hammerGuard: HammerGuard;
  readonly gate: SessionGate;
  readonly lifecycle: Pick<SessionLifecycle, "touch">;
  readonly coordinator: Pick<RefreshCoordinator, "refreshNow">;
  readonly watch: Pick<SessionWatch, "watch">;
  /** Null where no OpenTelemetry SDK is registered. */
  readonly tracer: Tracer | null;
  readonly open: OpenCalls;
}

/** Hands calls on to the APIs: checks, session, token, then straight onto the raw response. */
export function createCallHandler(
  options: CallHandlerOptions,
): (call: ProxiedCall, request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const { gate, open, tell, tracer, watch } = options;
  const handOn = createHandOn(options);
  const common = commonOf(options);

  return async function handleCall(call, request, reply) {
    const { route, upstreamPath } = call.match;
    const handover = handoverOf(request.raw);
    if (!handover?.failed) refuseCall(request, route, upstreamPath, options);

    const opened = route.session === "none" ? null : (handover?.opened ?? gate.open(request.headers.cookie));
    const visit = opened instanceof Promise ? await opened : opened;
    keepVisit(request, visit);
    if (handover?.failed) throw new ProblemError(handover.failed.failure.problem);
    if (visit) options.hammerGuard.check(request, visit);
    const session = visit && (await sessionFor(route, visit, options));
    if (session) options.lifecycle.touch(session);

    const bearer = bearerFor(route, session, tell);
    const forwardedFor = request.ips ? [...request.ips].reverse().join(", ") : request.ip;
    const exchange = new ApiCall(common, call, request.raw, reply.raw, { visit, session, bearer, forwardedFor });
    open.calls += 1;
    const watchSocket: WatchEnding | null = session && ((onEnded) => watch.watch(session, onEnded));
    const { outcome, failure } = await handOn(exchange, { watchSocket, tracer }, request, reply).finally(() => {
      open.calls -= 1;
    });
    if (outcome.kind !== "answered") tellFailure(outcome, failure, route.prefix, request.log, tell);
    if (failure !== null) throw new ProblemError(failure.problem);
  };
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
