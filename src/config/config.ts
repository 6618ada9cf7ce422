import type { Secret } from "../model/secret.js";
import type { ProxyRoute } from "./kinds/proxy-route.js";
import type { CacheLogin, SessionStoreSetting } from "./kinds/session-kinds.js";

/** The effective configuration: every value parsed, every default filled in, frozen. Durations are milliseconds. */
export interface Config {
  /** The origin the browser sees, without a trailing slash. */
  readonly publicUrl: string;
  readonly host: string;
  readonly port: number;
  readonly managementHost: string;
  readonly managementPort: number;
  /** Null: no session routes on the management port. */
  readonly managementToken: Secret | null;
  /** Null: no Strict-Transport-Security of ours. */
  readonly hstsMaxAgeMs: number | null;
  /** Null: liveness is on the management port only. */
  readonly publicHealthPath: string | null;

  readonly cognitoUserPoolId: string;
  /** The part of the user pool id before the underscore. */
  readonly cognitoRegion: string;
  readonly cognitoClientId: string;
  /** App clients whose sessions end as `client_replaced`. */
  readonly cognitoPreviousClientIds: readonly string[];
  /** None only for a deliberate public client; two while one is being rotated. */
  readonly cognitoClientSecrets: readonly Secret[];
  /** Base of the managed login as the browser reaches it, without a trailing slash; null: no redirect sign-in. */
  readonly cognitoDomain: string | null;
  /** Base of `/oauth2/token` as this process reaches it; null exactly when `cognitoDomain` is. */
  readonly cognitoTokenUrl: string | null;
  /** Another IDP API endpoint, without a trailing slash; null: AWS's own for the region. */
  readonly cognitoEndpoint: string | null;
  readonly cognitoScopes: readonly string[];
  readonly cognitoRefreshApi: "auto" | "initiate_auth" | "get_tokens";
  /** Null: nobody said, and nothing is told of it. */
  readonly cognitoRefreshTokenValidityMs: number | null;
  /** Only with an endpoint at a loopback address. */
  readonly cognitoFollowClock: boolean;

  /** 32 bytes each: the first seals, all open. */
  readonly sessionKeys: readonly Secret<Buffer>[];
  readonly sessionStore: SessionStoreSetting;
  /** PEM of who signs its certificates; null: Node's own list. */
  readonly sessionStoreCa: string | null;
  /** Null: user and password of its address, if any. */
  readonly sessionStoreIam: (CacheLogin & { readonly serverless: boolean }) | null;
  /** How long sessions go on without a shared store that is away. */
  readonly sessionStoreStaleMs: number;
  readonly sessionIdleTimeoutMs: number | null;
  readonly sessionMaxAgeMs: number | null;
  readonly cookieSameSite: "strict" | "lax";
  readonly cookieHeaderBudgetBytes: number;
  readonly sessionCacheBytes: number;
  readonly refreshEarlyMs: number;
  readonly refreshRateLimitPerSecond: number;

  readonly proxyRoutes: readonly ProxyRoute[];
  readonly spa: { readonly kind: "directory"; readonly path: string } | { readonly kind: "url"; readonly url: URL } | null;
  readonly spaCsp: string | null;
  /** Starts with `/`, no trailing slash. */
  readonly authPrefix: string;
  /** Request headers that no API gets from a browser, in lower case: names, and beginnings of names that end in `*`. */
  readonly proxyStripHeaders: readonly string[];
  readonly csrfHeader: "off" | "required";
  /** Which peers' X-Forwarded-* are believed: none, so many hops, or these CIDRs. */
  readonly trustProxy: false | number | readonly string[];
  /** The URL of the HTTP proxy on the way out; null: straight. */
  readonly httpsProxy: Secret | null;
  /** What it is not for, as curl reads it. */
  readonly noProxy: string | null;
  /** Calls to one API origin at a time; null: no limit. */
  readonly upstreamMaxConnections: number | null;
  /** Longest head of an API's answer. */
  readonly upstreamMaxHeaderBytes: number;
  readonly drainDelayMs: number;
  readonly shutdownTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Null: `iso` on a terminal, `epoch` elsewhere. */
  readonly logTime: "epoch" | "iso" | null;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}
