import { createClientSecrets } from "../cognito/client-secrets.js";
import { type CognitoTime, createCognitoTime } from "../cognito/cognito-time.js";
import { regionalEndpoint } from "../cognito/idp-client.js";
import { createManagedLogin, type ManagedLogin } from "../cognito/managed-login.js";
import { createTokenSource } from "../cognito/token-source.js";
import { createTokenVerifier, type TokenVerifier } from "../cognito/token-verifier.js";
import type { Config } from "../config/config.js";
import { refreshableMs } from "../config/refreshable.js";
import { createSessionHandles, type SessionHandles } from "../http/auth/session-handles.js";
import { createSessionGate, type SessionGate } from "../http/gate/session-gate.js";
import { createLoginCookies, type LoginCookies } from "../http/login/login-cookies.js";
import type { Clock } from "../model/clock.js";
import type { Log } from "../model/log.js";
import { proxyToCognito, type WayOut } from "../network/way-out.js";
import { limitPassed, type SessionLimits } from "../session/limits.js";
import { createOperator, type Operator } from "../session/operator.js";
import { createOwnSessions, type OwnSessions } from "../session/own-sessions.js";
import { createDoubtGuard } from "../session/refresh/doubt-guard.js";
import { createRefreshCoordinator, type RefreshCoordinator } from "../session/refresh/refresh-coordinator.js";
import type { RefreshRateLimiter } from "../session/refresh/refresh-rate-limiter.js";
import { createRevocation } from "../session/revocation.js";
import { createSeenSessions, NOTHING_SEEN } from "../session/seen-sessions.js";
import { createSessionLifecycle, type SessionLifecycle } from "../session/session-lifecycle.js";
import { createSessionCounts, type SessionCounts } from "../session/session-summary.js";
import { createSessionWatch, type SessionWatch } from "../session/session-watch.js";
import { createSignOut, type SignOut } from "../session/sign-out.js";
import { type CookieWriter, createCookieWriter } from "../store/cookies.js";
import { type CacheFigures, type OpenStore, openSessions } from "../store/open-sessions.js";
import { createSealer, type Sealer } from "../store/sealing.js";
import type { SessionDirectory } from "../store/session-store.js";
import type { Sessions } from "../store/sessions.js";
import type { Tell } from "../telemetry/events.js";
import type { Tracer } from "../telemetry/tracing.js";
import { AUTH_PATHS } from "../wire/paths.js";

const COGNITO_DEADLINE_MS = 6_000;
const KEYS_DEADLINE_MS = 3_000;
/** Room in the cookie budget for the ended marker, which may travel beside a ticket. */
const MARKER_BYTES = 200;

/** What belongs to one app client of one user pool: who is asked, what is learned of it, and whose sessions they are. */
export interface AppClient {
  readonly time: CognitoTime;
  readonly verifier: TokenVerifier;
  /** Null without COGNITO_DOMAIN. */
  readonly managedLogin: ManagedLogin | null;
  readonly sealer: Sealer;
  readonly cookies: CookieWriter;
  readonly logins: LoginCookies;
  readonly limits: SessionLimits;
  readonly lifecycle: SessionLifecycle;
  readonly coordinator: RefreshCoordinator;
  readonly signOut: SignOut;
  readonly ownSessions: OwnSessions;
  readonly findSession: Sessions["find"];
  readonly isUnwritten: Sessions["isUnwritten"];
  readonly handles: SessionHandles;
  readonly watch: SessionWatch;
  readonly gate: SessionGate;
  /** Null where the store keeps no index of its sessions. */
  readonly operator: Operator | null;
  /** Of all sessions, where the store keeps an index; of those seen here, otherwise. */
  readonly counts: SessionCounts;
  readonly cacheFigures: () => CacheFigures;
  /** Loads what a first refresh needs and a first call does not. Rejects where it cannot be. */
  load(): Promise<void>;
  /** Lets refreshes and revocations under way end. */
  settled(): Promise<void>;
  close(): void;
}

export interface AppClientOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly tell: Tell;
  readonly tracer: Tracer | null;
  readonly wayOut: WayOut;
  readonly refreshLimiter: RefreshRateLimiter;
  readonly revocationLimiter: RefreshRateLimiter;
  /** One attempt at Cognito. */
  readonly cognitoDeadlineMs?: number;
  /** Where sessions live, in place of the browser's cookies. */
  readonly openStore?: OpenStore;
}

/** How Cognito is spoken to. */
function createCognitoSide(config: Config, options: AppClientOptions) {
  const { clock, log, tell, wayOut, cognitoDeadlineMs = COGNITO_DEADLINE_MS } = options;
  const { cognitoUserPoolId: userPoolId, cognitoClientId: clientId, cognitoRegion: region } = config;
  const clientSecrets = createClientSecrets(config.cognitoClientSecrets, log);
  const endpoint = config.cognitoEndpoint;
  const proxy = proxyToCognito(wayOut, endpoint ?? regionalEndpoint(region));
  const time = createCognitoTime(clock, log);
  const { cognitoDomain: domain, cognitoTokenUrl: tokenUrl } = config;
  return {
    time,
    verifier: createTokenVerifier({ userPoolId, region, clientId, endpoint, proxy, time, deadlineMs: KEYS_DEADLINE_MS, clock, log }),
    source: createTokenSource({
      region,
      clientId,
      clientSecrets,
      endpoint,
      proxy,
      refreshApi: config.cognitoRefreshApi,
      deadlineMs: cognitoDeadlineMs,
      clock,
      tell,
      log,
    }),
    managedLogin:
      domain === null || tokenUrl === null
        ? null
        : createManagedLogin({
            domain,
            tokenUrl,
            proxy: proxyToCognito(wayOut, tokenUrl),
            clientId,
            clientSecrets,
            scopes: config.cognitoScopes,
            redirectUri: `${config.publicUrl}${config.authPrefix}${AUTH_PATHS.callback}`,
            logoutUri: `${config.publicUrl}/`,
            deadlineMs: cognitoDeadlineMs,
            clock,
            tell,
            log,
          }),
  };
}

/** How sessions are kept: sealed, in the browser's cookies, unless another store is given. */
function createKeeping(
  config: Config,
  limits: SessionLimits,
  time: CognitoTime,
  mayRotate: () => boolean,
  { openStore, clock, log, tell }: AppClientOptions,
) {
  const sealer = createSealer(config.sessionKeys);
  return {
    sealer,
    cookies: createCookieWriter({ publicUrl: config.publicUrl, sameSite: config.cookieSameSite }),
    ...openSessions({
      sealer,
      openStore,
      mayRotate,
      clock,
      userPoolId: config.cognitoUserPoolId,
      clientId: config.cognitoClientId,
      cacheBytes: config.sessionCacheBytes,
      refreshableMs: refreshableMs(config),
      cognitoNow: time.now,
      idleTimeoutMs: limits.idleTimeoutMs,
      staleMs: config.sessionStoreStaleMs,
      seemsOver: (session) => limitPassed(session, clock.now(), limits) !== null,
      tell,
      log,
    }),
    ticketBudgetBytes: config.cookieHeaderBudgetBytes - MARKER_BYTES,
  };
}

/** Those that this process has seen, where no store counts them all. */
function createCounting(config: Config, sessions: Sessions, directory: SessionDirectory | null, clock: Clock) {
  const counted = { refreshableMs: refreshableMs(config), clock };
  if (directory) return { seen: NOTHING_SEEN, counts: createSessionCounts({ directory, ...counted }) };
  const seen = createSeenSessions(clock);
  sessions.onEnded((id) => seen.forget(id));
  // A socket of days makes no calls, and its session is refreshed all the same.
  sessions.onKept((session) => seen.note(session));
  return { seen, counts: createSessionCounts({ directory: seen, ...counted }) };
}

/** What people see of their sessions in other browsers. */
function createListing(
  config: Config,
  sessions: Sessions,
  clock: Clock,
  limits: SessionLimits,
): Pick<AppClient, "ownSessions" | "findSession" | "isUnwritten" | "handles"> {
  const { cognitoUserPoolId: userPoolId, cognitoClientId: clientId } = config;
  return {
    ownSessions: createOwnSessions({ sessions, userPoolId, clientId, clock, limits, refreshableMs: refreshableMs(config) }),
    findSession: sessions.find,
    isUnwritten: sessions.isUnwritten,
    handles: createSessionHandles(config.sessionKeys),
  };
}

export function createAppClient(config: Config, options: AppClientOptions): AppClient {
  const { clock, log, random, tell, tracer, refreshLimiter, revocationLimiter } = options;
  const isSent = (kind: "id" | "access") => config.proxyRoutes.some(({ token }) => token === kind);
  const keep = { id: isSent("id"), access: isSent("access") };
  const limits: SessionLimits = { idleTimeoutMs: config.sessionIdleTimeoutMs, maxAgeMs: config.sessionMaxAgeMs };
  const { time, verifier, source, managedLogin } = createCognitoSide(config, options);
  const { sealer, cookies, sessions, directory, cacheFigures, ticketBudgetBytes } = createKeeping(
    config,
    limits,
    time,
    () => coordinator.mayRotate,
    options,
  );

  const { seen, counts } = createCounting(config, sessions, directory, clock);
  const turn = () => revocationLimiter.request("background").granted;
  const revocation = createRevocation({ source, turn, confirmed: sessions.revoked, clock, tell, log });
  const lifecycle = createSessionLifecycle({
    sessions,
    verifier,
    revocation,
    clock,
    userPoolId: config.cognitoUserPoolId,
    clientId: config.cognitoClientId,
    keep,
    limits,
    ticketBytes: cookies.ticketBytes,
    ticketBudgetBytes,
    seen,
    tell,
  });
  const coordinator = createRefreshCoordinator({
    sessions,
    source,
    verifier,
    time,
    clock,
    limiter: refreshLimiter,
    guard: createDoubtGuard(clock),
    keep,
    rotation: config.cognitoRefreshApi === "get_tokens" ? "on" : "unknown",
    earlyMs: config.refreshEarlyMs,
    tracer,
    tell,
    log,
    end: lifecycle.endRejected,
    revokeLate: lifecycle.revokeLate,
    random,
  });
  const signOut = createSignOut({ sessions, lifecycle, coordinator, source, revocation, turn, time });
  const watch = createSessionWatch({ coordinator, lifecycle, sessions, limits, time, clock, log });
  const operator =
    directory && createOperator({ directory, sessions, lifecycle, revocation, limits, refreshableMs: refreshableMs(config), clock });
  const gateway = { sessions, cookies, ticketBudgetBytes, previousClientIds: new Set(config.cognitoPreviousClientIds) };
  return {
    time,
    verifier,
    managedLogin,
    sealer,
    cookies,
    logins: createLoginCookies({ cookies, sealer, clock, budgetBytes: config.cookieHeaderBudgetBytes }),
    limits,
    lifecycle,
    coordinator,
    signOut,
    ...createListing(config, sessions, clock, limits),
    watch,
    gate: createSessionGate({ ...gateway, coordinator, lifecycle, seen, clock, tell }),
    operator,
    counts,
    cacheFigures,
    load: source.load,
    async settled() {
      // Side by side: a refresh that hangs must not keep tokens from being revoked. The second time for those that came late.
      await Promise.all([coordinator.settled(), sessions.settled(), revocation.flush()]);
      await revocation.flush();
    },
    close: () => source.close(),
  };
}
