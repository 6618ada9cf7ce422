import type { Secret } from "../model/secret.js";

/** Which of the session's tokens a route's calls carry. */
export type RouteToken = "id" | "access" | "none";

/** One proxied prefix. */
export interface ProxyRoute {
  /** Starts with `/`, no trailing slash unless it is `/` alone; matches on segment boundaries. */
  readonly prefix: string;
  /** The API's base: scheme, host and an optional path that is put before the forwarded path (no trailing slash, no query). */
  readonly target: URL;
  readonly token: RouteToken;
  /** `required`: 401 without a session. `optional`: forwarded without a token then. `none`: the session is not looked at. */
  readonly session: "required" | "optional" | "none";
  /** Whether the prefix is taken off before forwarding. */
  readonly stripPrefix: boolean;
  /** Whether addresses in answers (Location, Content-Location, Refresh, Domain and Path of cookies) are put as the browser knows them. */
  readonly rewrite: boolean;
  /** Longest wait for the answer's head. */
  readonly responseHeaderTimeoutMs: number;
  /** Longest silence within an answer's body; null: no limit. */
  readonly bodyIdleTimeoutMs: number | null;
  /** Longest silence within a request's body while the browser is waited for; null: no limit. */
  readonly requestIdleTimeoutMs: number | null;
  /** Whether calls go through `HTTPS_PROXY`, where there is one. */
  readonly proxy: boolean;
  /** The Host the API sees: its own, or the one of `PUBLIC_URL`; `apiHost` says which one `auto` is. */
  readonly host: "auto" | "target" | "public";
  /** Whether `CSRF_HEADER=required` applies here. */
  readonly csrf: "inherit" | "off";
  /** `private`: answers that do not say otherwise are marked private. `upstream`: the API's Cache-Control is left as it is. */
  readonly cache: "private" | "upstream";
}

/** The effective configuration: every value parsed, every default filled in, frozen. Durations are milliseconds. */
export interface Config {
  /** The origin the browser sees, without a trailing slash. */
  readonly publicUrl: string;
  readonly host: string;
  readonly port: number;
  readonly managementHost: string;
  readonly managementPort: number;
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

  /** 32 bytes each: the first seals, all open. */
  readonly sessionKeys: readonly Secret<Buffer>[];
  readonly sessionStore: { readonly kind: "cookie" };
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
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}
