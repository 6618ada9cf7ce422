import { type CognitoTime, createCognitoTime } from "../cognito/cognito-time.js";
import { createManagedLogin, type ManagedLogin } from "../cognito/managed-login.js";
import { createTokenSource } from "../cognito/token-source.js";
import { createTokenVerifier, type TokenVerifier } from "../cognito/token-verifier.js";
import type { Config } from "../config/config.js";
import { type Clock, systemClock } from "../model/clock.js";
import { type Log, silentLog } from "../model/log.js";
import { createForwarder, type Forwarder } from "../proxy/forward.js";
import { createRouteTable, type RouteTable } from "../proxy/routes.js";
import { createDoubtGuard } from "../session/doubt-guard.js";
import type { SessionLimits } from "../session/limits.js";
import { createRefreshCoordinator, type RefreshCoordinator } from "../session/refresh-coordinator.js";
import { createRefreshRateLimiter } from "../session/refresh-rate-limiter.js";
import { createRevocation } from "../session/revocation.js";
import { createSessionLifecycle, type SessionLifecycle } from "../session/session-lifecycle.js";
import { createSessionWatch, type SessionWatch, tellingStore } from "../session/session-watch.js";
import { createCookieStore } from "../store/cookie-store.js";
import { type CookieWriter, createCookieWriter } from "../store/cookies.js";
import { createSealer, type Sealer } from "../store/sealing.js";
import { createHammerGuard, type HammerGuard } from "./hammering.js";
import { createSessionGate, type SessionGate } from "./session-gate.js";
import { createUpgrades, type Upgrades } from "./upgrade.js";

const COGNITO_DEADLINE_MS = 6_000;
const KEYS_DEADLINE_MS = 3_000;
const LONGEST_REFRESH_WAIT_MS = 5_000;
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
  readonly coordinator: RefreshCoordinator;
  readonly lifecycle: SessionLifecycle;
  readonly gate: SessionGate;
  readonly hammerGuard: HammerGuard;
  readonly verifier: TokenVerifier;
  readonly time: CognitoTime;
  /** Null without COGNITO_DOMAIN. */
  readonly managedLogin: ManagedLogin | null;
  readonly routes: RouteTable;
  readonly forwarder: Forwarder;
  readonly watch: SessionWatch;
  readonly upgrades: Upgrades;
  /** Lets refreshes under way end, then closes connections. */
  close(): Promise<void>;
}

export interface ServiceOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** 0 to 1, for retry jitter. */
  readonly random?: () => number;
  /** One attempt at Cognito. */
  readonly cognitoDeadlineMs?: number;
}

export function createServices(config: Config, options: ServiceOptions = {}): Services {
  const { clock = systemClock, log = silentLog, random = Math.random, cognitoDeadlineMs = COGNITO_DEADLINE_MS } = options;
  const { cognitoUserPoolId: userPoolId, cognitoClientId: clientId, cognitoRegion: region, cognitoClientSecrets: clientSecrets } = config;
  const endpoint = config.cognitoEndpoint;
  const keep = {
    id: config.proxyRoutes.some((route) => route.token === "id"),
    access: config.proxyRoutes.some((route) => route.token === "access"),
  };
  const limits: SessionLimits = { idleTimeoutMs: config.sessionIdleTimeoutMs, maxAgeMs: config.sessionMaxAgeMs };

  const sealer = createSealer(config.sessionKeys);
  const ticketBudgetBytes = config.cookieHeaderBudgetBytes - MARKER_BYTES;
  const cookies = createCookieWriter({ secure: config.publicUrl.startsWith("https:"), sameSite: config.cookieSameSite });
  const cookieStore = createCookieStore({ sealer, clock, userPoolId, clientId, cacheBytes: config.sessionCacheBytes, log });
  const store = tellingStore(cookieStore, (session) => watch.learn(session));

  const time = createCognitoTime(clock, log);
  const verifier = createTokenVerifier({ userPoolId, region, clientId, endpoint, time, deadlineMs: KEYS_DEADLINE_MS });
  const source = createTokenSource({
    region,
    clientId,
    clientSecrets,
    endpoint,
    refreshApi: config.cognitoRefreshApi,
    deadlineMs: cognitoDeadlineMs,
    log,
  });

  const revocation = createRevocation(source, clock, log);
  const lifecycle = createSessionLifecycle({
    store,
    source,
    verifier,
    revocation,
    clock,
    userPoolId,
    clientId,
    keep,
    limits,
    ticketBytes: cookies.ticketBytes,
    ticketBudgetBytes,
    log,
  });
  const coordinator = createRefreshCoordinator({
    store,
    source,
    verifier,
    time,
    clock,
    limiter: createRefreshRateLimiter({ perSecond: config.refreshRateLimitPerSecond, longestWaitMs: LONGEST_REFRESH_WAIT_MS, clock }),
    guard: createDoubtGuard(clock),
    keep,
    rotation: config.cognitoRefreshApi === "get_tokens" ? "on" : "unknown",
    earlyMs: config.refreshEarlyMs,
    log,
    end: lifecycle.end,
    revokeLate: lifecycle.revokeLate,
    random,
  });
  const watch = createSessionWatch({ coordinator, lifecycle, store, limits, time, clock, log });
  const forwarder = createForwarder({ clock, connectTimeoutMs: UPSTREAM_CONNECT_TIMEOUT_MS, keepAliveMs: UPSTREAM_KEEP_ALIVE_MS });

  return {
    config,
    clock,
    limits,
    sealer,
    cookies,
    coordinator,
    lifecycle,
    hammerGuard: createHammerGuard(clock),
    gate: createSessionGate({ store, cookies, ticketBudgetBytes, coordinator, lifecycle, log }),
    verifier,
    time,
    managedLogin:
      config.cognitoDomain === null || config.cognitoTokenUrl === null
        ? null
        : createManagedLogin({
            domain: config.cognitoDomain,
            tokenUrl: config.cognitoTokenUrl,
            clientId,
            clientSecrets,
            scopes: config.cognitoScopes,
            redirectUri: `${config.publicUrl}${config.authPrefix}/callback`,
            logoutUri: `${config.publicUrl}/`,
            deadlineMs: cognitoDeadlineMs,
            log,
          }),
    routes: createRouteTable(config.proxyRoutes),
    forwarder,
    watch,
    upgrades: createUpgrades({ watch, clock, log, connectTimeoutMs: UPSTREAM_CONNECT_TIMEOUT_MS }),
    async close() {
      await coordinator.settled();
      await revocation.flush();
      await forwarder.close();
      source.close();
    },
  };
}
