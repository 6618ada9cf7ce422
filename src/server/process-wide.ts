import type { Config } from "../config/config.js";
import { createOpenCalls, type OpenCalls } from "../http/calls/open-calls.js";
import { createExpectations, type Expectations } from "../http/connection/expectations.js";
import { createUnreadBodies, type UnreadBodies } from "../http/connection/unread-bodies.js";
import { createUpgrades, type Upgrades } from "../http/connection/upgrade.js";
import { createHammerGuard, type HammerGuard } from "../http/gate/hammering.js";
import { transportSecurity } from "../http/problem/transport-security.js";
import { type Clock, systemClock } from "../model/clock.js";
import { type Log, silentLog } from "../model/log.js";
import { createFollowedClock, type FollowedClock } from "../network/followed-clock.js";
import { createWayOut, type WayOut } from "../network/way-out.js";
import { createForwarder, type Forwarder } from "../proxy/forward.js";
import { type StripsHeader, stripsHeaders } from "../proxy/headers/strip-headers.js";
import { createRouteTable, type RouteTable } from "../proxy/routes/route-table.js";
import { createStricterSiblings, type StricterSiblings } from "../proxy/routes/stricter-siblings.js";
import { createRefreshRateLimiter, type RefreshRateLimiter } from "../session/refresh/refresh-rate-limiter.js";
import { createOwnTurns, createSharedTurns, type SharedTurnsOptions } from "../session/refresh/turn-supply.js";
import { createAuditLog, createUserPseudonym } from "../telemetry/audit-log.js";
import type { Tell } from "../telemetry/events.js";
import { keyFingerprints } from "../telemetry/key-fingerprints.js";
import { createMetrics, type Metrics } from "../telemetry/metrics.js";
import { findTracer, type Tracer } from "../telemetry/tracing.js";

const LONGEST_REFRESH_WAIT_MS = 5_000;
const LONGEST_REVOCATION_WAIT_MS = 60_000;
const UPSTREAM_CONNECT_TIMEOUT_MS = 5_000;
/** Below the 60 s after which load balancers and many servers drop an idle connection themselves. */
const UPSTREAM_KEEP_ALIVE_MS = 20_000;

/** What there is once in a server, however many app clients it serves. */
export interface ProcessWide {
  readonly clock: Clock;
  /** Null unless `COGNITO_FOLLOW_CLOCK` says so; where a clock is given, it is the one. */
  readonly followedClock: FollowedClock | null;
  readonly log: Log;
  /** 0 to 1, for retry jitter. */
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly tell: Tell;
  /** Of the session keys, in their order. */
  readonly keyFingerprints: readonly string[];
  /** Null where no OpenTelemetry SDK is registered. */
  readonly tracer: Tracer | null;
  readonly wayOut: WayOut;
  /** Cognito's quotas are an account's, and so are these. */
  readonly refreshLimiter: RefreshRateLimiter;
  readonly revocationLimiter: RefreshRateLimiter;
  readonly routes: RouteTable;
  readonly stricterSiblings: StricterSiblings;
  /** Whether a return path may lead to a page behind the session. */
  readonly mayNeedSession: (returnTo: string) => boolean;
  readonly isStripped: StripsHeader;
  /** Null: nothing is said. */
  readonly transportSecurity: string | null;
  readonly forwarder: Forwarder;
  readonly upgrades: Upgrades;
  readonly unread: UnreadBodies;
  readonly expectations: Expectations;
  readonly hammerGuard: HammerGuard;
  readonly open: OpenCalls;
}

export interface ProcessWideOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly metrics?: Metrics;
  readonly random?: () => number;
  /** In an app of somebody's own, whose pages beside the proxy may be behind the session, too. */
  readonly embedded?: boolean;
}

/** What is told goes to the metrics and to the audit log, so that they cannot disagree. */
export function tellBoth(config: Pick<Config, "sessionKeys">, metrics: Metrics, log: Log, clock: Clock): Tell {
  const audit = createAuditLog(log, createUserPseudonym(config.sessionKeys), clock);
  return (event) => {
    metrics.tell(event);
    audit(event);
  };
}

/** In place of this process's own: the rate belongs to all replicas of a deployment. */
export function createSharedRefreshLimiter(
  { refreshRateLimitPerSecond: perSecond }: Config,
  { clock, random }: Pick<ProcessWide, "clock" | "random">,
  draw: SharedTurnsOptions["draw"],
): RefreshRateLimiter {
  return createRefreshRateLimiter({
    supply: createSharedTurns({ perSecond, clock, random, draw }),
    longestWaitMs: LONGEST_REFRESH_WAIT_MS,
    clock,
  });
}

function followedClockOf({ cognitoFollowClock, cognitoEndpoint: endpoint, publicUrl: app }: Config, log: Log): FollowedClock | null {
  return cognitoFollowClock && endpoint !== null ? createFollowedClock({ endpoint, app, log }) : null;
}

export function createProcessWide(config: Config, options: ProcessWideOptions): ProcessWide {
  const { log = silentLog, metrics = createMetrics(), random = Math.random, embedded = false } = options;
  const followedClock = options.clock === undefined ? followedClockOf(config, log) : null;
  const clock = options.clock ?? followedClock?.clock ?? systemClock;
  const limiter = (longestWaitMs: number) =>
    createRefreshRateLimiter({ supply: createOwnTurns({ perSecond: config.refreshRateLimitPerSecond, clock }), longestWaitMs, clock });
  const wayOut = createWayOut(config.httpsProxy && new URL(config.httpsProxy.reveal()), config.noProxy);
  const upstream = { clock, wayOut, connectTimeoutMs: UPSTREAM_CONNECT_TIMEOUT_MS, maxHeaderBytes: config.upstreamMaxHeaderBytes };
  const routes = createRouteTable(config.proxyRoutes, config);
  return {
    clock,
    followedClock,
    log,
    random,
    metrics,
    tell: tellBoth(config, metrics, log, clock),
    keyFingerprints: keyFingerprints(config.sessionKeys),
    tracer: findTracer(),
    wayOut,
    refreshLimiter: limiter(LONGEST_REFRESH_WAIT_MS),
    // Cognito counts RevokeToken and GlobalSignOut apart from refreshes, and so do we: as many a second, and patient, since nobody waits for them.
    revocationLimiter: limiter(LONGEST_REVOCATION_WAIT_MS),
    routes,
    stricterSiblings: createStricterSiblings(config.proxyRoutes),
    mayNeedSession: (returnTo) => embedded || routes.match(new URL(returnTo, config.publicUrl).pathname) !== null,
    isStripped: stripsHeaders(config.proxyStripHeaders),
    transportSecurity: transportSecurity(config),
    forwarder: createForwarder({ ...upstream, keepAliveMs: UPSTREAM_KEEP_ALIVE_MS, maxCalls: config.upstreamMaxConnections }),
    upgrades: createUpgrades({ ...upstream, log }),
    unread: createUnreadBodies(clock),
    expectations: createExpectations(),
    hammerGuard: createHammerGuard(clock),
    open: createOpenCalls(),
  };
}
