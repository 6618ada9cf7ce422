import type { Config } from "../../config/config.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { Secret } from "../../model/secret.js";
import { rehearsedPoolId } from "./rehearsed-pool.js";

/** What stands in for everything of the configuration that a fake user's session could reach. */
export interface StandIns {
  readonly cognitoUrl: string;
  /** Where the API of an origin listens instead. */
  apiUrl(origin: string): string;
  readonly spaUrl: string;
  /** 32 bytes. */
  readonly sessionKey: Buffer;
  /** Null for a public client. */
  readonly clientSecret: string | null;
}

/** What the rehearsal replaces, in the words of the settings, and by what: told to whoever reads the result. */
export const REPLACED: readonly { readonly settings: readonly string[]; readonly by: string }[] = [
  { settings: ["COGNITO_ENDPOINT", "COGNITO_DOMAIN", "COGNITO_TOKEN_URL"], by: "local Cognito" },
  { settings: ["COGNITO_CLIENT_SECRET", "SESSION_KEYS"], by: "fresh ones of this run" },
  { settings: ["PROXY_ROUTES"], by: "a local API for each target, below the same prefixes" },
  { settings: ["SPA_DIR", "SPA_URL"], by: "a local page" },
  { settings: ["SESSION_STORE", "SESSION_STORE_CA", "SESSION_STORE_IAM", "SESSION_STORE_STALE"], by: "cookies" },
  { settings: ["MANAGEMENT_TOKEN"], by: "none" },
  { settings: ["HTTPS_PROXY"], by: "no proxy" },
  { settings: ["HOST", "PORT", "MANAGEMENT_HOST", "MANAGEMENT_PORT"], by: "free ports of 127.0.0.1" },
  { settings: ["SESSION_IDLE_TIMEOUT", "SESSION_MAX_AGE"], by: "off, but in the scenarios idle-limit and session-lifetime" },
  { settings: ["LOG_LEVEL"], by: "info" },
];

/**
 * The operator's configuration with every address, key and secret that leads out of this process replaced. What is left is what is rehearsed:
 * names, prefixes, cookies, limits, trust.
 */
export function rehearsedConfig(config: Config, standIns: StandIns, { keepsLimits }: { readonly keepsLimits: boolean }): Config {
  const { cognitoUrl, sessionKey, clientSecret, spaUrl } = standIns;
  const cognitoUserPoolId = rehearsedPoolId(config);
  return {
    ...config,
    cognitoUserPoolId,
    cognitoRegion: cognitoUserPoolId.replace(/_.*$/, ""),
    host: "127.0.0.1",
    port: 0,
    managementHost: "127.0.0.1",
    managementPort: 0,
    managementToken: null,
    cognitoEndpoint: cognitoUrl,
    cognitoDomain: cognitoUrl,
    cognitoTokenUrl: cognitoUrl,
    cognitoClientSecrets: clientSecret === null ? [] : [new Secret(clientSecret)],
    sessionKeys: [new Secret(sessionKey)],
    sessionStore: { kind: "cookie" },
    sessionStoreCa: null,
    sessionStoreIam: null,
    proxyRoutes: config.proxyRoutes.map((route) => ({ ...route, target: standInTarget(route, standIns), proxy: false })),
    spa: config.spa === null ? null : { kind: "url", url: new URL(spaUrl) },
    httpsProxy: null,
    noProxy: null,
    ...(keepsLimits ? {} : { sessionIdleTimeoutMs: null, sessionMaxAgeMs: null }),
    // Nobody is sent here who would have to be led elsewhere.
    drainDelayMs: 0,
    shutdownTimeoutMs: Math.min(config.shutdownTimeoutMs, 1_000),
    logLevel: "info",
  };
}

function standInTarget({ target }: ProxyRoute, { apiUrl }: StandIns): URL {
  return new URL(target.pathname, apiUrl(target.origin));
}
