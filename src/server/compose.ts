import type { IncomingMessage } from "node:http";
import { type CognitoTime, createCognitoTime } from "../cognito/cognito-time.js";
import { regionalEndpoint } from "../cognito/idp-client.js";
import { createManagedLogin, type ManagedLogin } from "../cognito/managed-login.js";
import { createTokenSource } from "../cognito/token-source.js";
import { createTokenVerifier, type TokenVerifier } from "../cognito/token-verifier.js";
import type { Config } from "../config/config.js";
import { refreshableMs } from "../config/refreshable.js";
import { createLoginCookies, type LoginCookies } from "../http/auth/login-cookies.js";
import { createExpectations, type Expectations } from "../http/connection/expectations.js";
import { createUnreadBodies, type UnreadBodies } from "../http/connection/unread-bodies.js";
import { createUpgrades, type Upgrades } from "../http/connection/upgrade.js";
import { createHammerGuard, type HammerGuard } from "../http/gate/hammering.js";
import { createSessionGate, type SessionGate } from "../http/gate/session-gate.js";
import { transportSecurity } from "../http/problem/transport-security.js";
import { type Clock, systemClock } from "../model/clock.js";
import { type Log, silentLog } from "../model/log.js";
import { createWayOut, proxyToCognito } from "../network/way-out.js";
import { createForwarder, type Forwarder } from "../proxy/forward.js";
import { type StripsHeader, stripsHeaders } from "../proxy/headers/strip-headers.js";
import { createRouteTable, type RouteTable } from "../proxy/routes/route-table.js";
import { createStricterSiblings, type StricterSiblings } from "../proxy/routes/stricter-siblings.js";
import type { SessionLimits } from "../session/limits.js";
import { createDoubtGuard } from "../session/refresh/doubt-guard.js";
import { createRefreshCoordinator, type RefreshCoordinator } from "../session/refresh/refresh-coordinator.js";
import { createRefreshRateLimiter } from "../session/refresh/refresh-rate-limiter.js";
import { createRevocation } from "../session/revocation.js";
import { createSessionLifecycle, type SessionLifecycle } from "../session/session-lifecycle.js";
import { createSessionWatch, type SessionWatch, tellingStore } from "../session/session-watch.js";
import { createSignOut, type SignOut } from "../session/sign-out.js";
import { createCookieStore } from "../store/cookie-store.js";
import { type CookieWriter, createCookieWriter } from "../store/cookies.js";
import { createSealer, type Sealer } from "../store/sealing.js";
import { createAuditLog, createUserPseudonym } from "../telemetry/audit-log.js";
import type { Tell } from "../telemetry/events.js";
import { createMetrics, type Metrics } from "../telemetry/metrics.js";
import { findTracer, type Tracer } from "../telemetry/tracing.js";

const COGNITO_DEADLINE_MS = 6_000;
const KEYS_DEADLINE_MS = 3_000;
const LONGEST_REFRESH_WAIT_MS = 5_000;
const LONGEST_REVOCATION_WAIT_MS = 60_000;
/** Room in the cookie budget for the ended marker, which may travel beside a ticket. */
const MARKER_BYTES = 200;
const UPSTREAM_CONNECT_TIMEOUT_MS = 5_000;
/** Below the 60 s after which load balancers and many servers drop an idle connection themselves. */
const UPSTREAM_KEEP_ALIVE_MS = 20_000;

/** Everything the routes work with, wired together once. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly sealer: Sealer;
  readonly cookies: CookieWriter;
  readonly logins: LoginCookies;
  readonly coordinator: RefreshCoordinator;
  readonly lifecycle: SessionLifecycle;
  readonly signOut: SignOut;
  readonly gate: SessionGate;
  readonly hammerGuard: HammerGuard;
  readonly verifier: TokenVerifier;
  readonly time: CognitoTime;
  /** Null without COGNITO_DOMAIN. */
  readonly managedLogin: ManagedLogin | null;
  readonly routes: RouteTable;
  /** Whether a return path may lead to a page behind the session. */
  readonly mayNeedSession: (returnTo: string) => boolean;
  readonly stricterSiblings: StricterSiblings;
  readonly isStripped: StripsHeader;
  /** Null: nothing is said. */
  readonly transportSecurity: string | null;
  readonly forwarder: Forwarder;
  readonly watch: SessionWatch;
  readonly upgrades: Upgrades;
  readonly unread: UnreadBodies;
  readonly expectations: Expectations;
  readonly tell: Tell;
  readonly metrics: Metrics;
  /** Null where no OpenTelemetry SDK is registered. */
  readonly tracer: Tracer | null;
  /** What goes on at this moment. */
  readonly open: OpenCalls;
  /** Requests that have been passed on: whether they had an effect is no longer ours to know. */
  readonly handedOn: WeakSet<IncomingMessage>;
  /** Lets refreshes under way end, then closes connections. */
  close(): Promise<void>;
}

/** Counts of calls and event streams under way to APIs. */
export interface OpenCalls {
  calls: number;
  streams: number;
}

export interface ServiceOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** 0 to 1, for retry jitter. */
  readonly random?: () => number;
  /** In an app of somebody's own, whose pages beside the proxy may be behind the session, too. */
  readonly embedded?: boolean;
  /** One attempt at Cognito. */
  readonly cognitoDeadlineMs?: number;
}

export function createServices(config: Config, options: ServiceOptions = {}): Services {
  const {
    clock = systemClock,
    log = silentLog,
    metrics = createMetrics(),
    random = Math.random,
    embedded = false,
    cognitoDeadlineMs = COGNITO_DEADLINE_MS,
  } = options;
  const { cognitoUserPoolId: userPoolId, cognitoClientId: clientId, cognitoRegion: region, cognitoClientSecrets: clientSecrets } = config;
  const endpoint = config.cognitoEndpoint;
  const wayOut = createWayOut(config.httpsProxy && new URL(config.httpsProxy.reveal()), config.noProxy);
  const idpProxy = proxyToCognito(wayOut, endpoint ?? regionalEndpoint(region));
  const isSent = (kind: "id" | "access") => config.proxyRoutes.some(({ token }) => token === kind);
  const keep = { id: isSent("id"), access: isSent("access") };
  const limits: SessionLimits = { idleTimeoutMs: config.sessionIdleTimeoutMs, maxAgeMs: config.sessionMaxAgeMs };

  const tracer = findTracer();
  const audit = createAuditLog(log, createUserPseudonym(config.sessionKeys), clock);
  const tell: Tell = (event) => {
    metrics.tell(event);
    audit(event);
  };
  const open: OpenCalls = { calls: 0, streams: 0 };

  const sealer = createSealer(config.sessionKeys);
  const ticketBudgetBytes = config.cookieHeaderBudgetBytes - MARKER_BYTES;
  const cookies = createCookieWriter({ publicUrl: config.publicUrl, sameSite: config.cookieSameSite });
  const time = createCognitoTime(clock, log);
  const cookieStore = createCookieStore({
    sealer,
    clock,
    userPoolId,
    clientId,
    cacheBytes: config.sessionCacheBytes,
    refreshableMs: refreshableMs(config),
    cognitoNow: time.now,
    tell,
    log,
  });
  const store = tellingStore(cookieStore, (session) => watch.learn(session));

  const verifier = createTokenVerifier({
    userPoolId,
    region,
    clientId,
    endpoint,
    proxy: idpProxy,
    time,
    deadlineMs: KEYS_DEADLINE_MS,
    log,
  });
  const source = createTokenSource({
    region,
    clientId,
    clientSecrets,
    endpoint,
    proxy: idpProxy,
    refreshApi: config.cognitoRefreshApi,
    deadlineMs: cognitoDeadlineMs,
    tell,
    log,
  });

  // Cognito counts RevokeToken and GlobalSignOut apart from refreshes, and so do we: as many a second, and patient, since nobody waits for them.
  const revocationLimiter = createRefreshRateLimiter({
    perSecond: config.refreshRateLimitPerSecond,
    longestWaitMs: LONGEST_REVOCATION_WAIT_MS,
    clock,
  });
  const revocationTurn = () => revocationLimiter.request("background").granted;
  const revocation = createRevocation({ source, turn: revocationTurn, confirmed: store.revoked, clock, tell, log });
  const lifecycle = createSessionLifecycle({
    store,
    verifier,
    revocation,
    clock,
    userPoolId,
    clientId,
    keep,
    limits,
    ticketBytes: cookies.ticketBytes,
    ticketBudgetBytes,
    tell,
  });
  const limiter = createRefreshRateLimiter({
    perSecond: config.refreshRateLimitPerSecond,
    longestWaitMs: LONGEST_REFRESH_WAIT_MS,
    clock,
  });
  const coordinator = createRefreshCoordinator({
    store,
    source,
    verifier,
    time,
    clock,
    limiter,
    guard: createDoubtGuard(clock),
    keep,
    rotation: config.cognitoRefreshApi === "get_tokens" ? "on" : "unknown",
    earlyMs: config.refreshEarlyMs,
    tracer,
    tell,
    log,
    end: lifecycle.end,
    revokeLate: lifecycle.revokeLate,
    random,
  });
  const signOut = createSignOut({ store, lifecycle, coordinator, source, revocation, turn: revocationTurn, time });
  const watch = createSessionWatch({ coordinator, lifecycle, store, limits, time, clock, log });
  const upstream = { clock, wayOut, connectTimeoutMs: UPSTREAM_CONNECT_TIMEOUT_MS, maxHeaderBytes: config.upstreamMaxHeaderBytes };
  const forwarder = createForwarder({
    ...upstream,
    keepAliveMs: UPSTREAM_KEEP_ALIVE_MS,
    maxCalls: config.upstreamMaxConnections,
  });

  const routes = createRouteTable(config.proxyRoutes, config);
  const upgrades = createUpgrades({ ...upstream, watch, log });
  metrics.watch({
    openCalls: () => open.calls,
    openStreams: () => open.streams,
    openSockets: () => upgrades.size,
    waitingCalls: () => forwarder.waiting,
    waitingRefreshes: () => limiter.waiting,
    cognitoAheadMs: () => time.aheadMs,
    cache: () => cookieStore.cacheFigures(),
    cacheMaxBytes: config.sessionCacheBytes,
  });

  return {
    config,
    clock,
    limits,
    sealer,
    cookies,
    logins: createLoginCookies({ cookies, sealer, clock, budgetBytes: config.cookieHeaderBudgetBytes }),
    coordinator,
    lifecycle,
    signOut,
    hammerGuard: createHammerGuard(clock),
    gate: createSessionGate({
      store,
      cookies,
      ticketBudgetBytes,
      previousClientIds: new Set(config.cognitoPreviousClientIds),
      coordinator,
      lifecycle,
      tell,
    }),
    verifier,
    time,
    managedLogin:
      config.cognitoDomain === null || config.cognitoTokenUrl === null
        ? null
        : createManagedLogin({
            domain: config.cognitoDomain,
            tokenUrl: config.cognitoTokenUrl,
            proxy: proxyToCognito(wayOut, config.cognitoTokenUrl),
            clientId,
            clientSecrets,
            scopes: config.cognitoScopes,
            redirectUri: `${config.publicUrl}${config.authPrefix}/callback`,
            logoutUri: `${config.publicUrl}/`,
            deadlineMs: cognitoDeadlineMs,
            tell,
            log,
          }),
    routes,
    mayNeedSession: (returnTo) => embedded || routes.match(new URL(returnTo, config.publicUrl).pathname) !== null,
    stricterSiblings: createStricterSiblings(config.proxyRoutes),
    isStripped: stripsHeaders(config.proxyStripHeaders),
    transportSecurity: transportSecurity(config),
    forwarder,
    watch,
    upgrades,
    unread: createUnreadBodies(clock),
    expectations: createExpectations(),
    tell,
    metrics,
    tracer,
    open,
    handedOn: new WeakSet(),
    async close() {
      // Side by side: a refresh that hangs must not keep tokens from being revoked. The second time for those that came late.
      await Promise.all([coordinator.settled(), revocation.flush()]);
      await revocation.flush();
      await forwarder.close();
      source.close();
    },
  };
}
