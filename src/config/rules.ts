import { isLoopback, isLoopbackAddressHttp, isLoopbackHttp } from "../model/loopback.js";
import { parseRedisUrl } from "../network/redis-place.js";
import { isEmulated, userPoolId } from "./kinds/cognito-kinds.js";
import { formatDuration } from "./kinds/duration.js";
import { liesUnder } from "./kinds/prefix.js";
import { takesTransportSecurity } from "./kinds/url-kinds.js";
import { type Finding, fault, type Rule, rule, warning } from "./rule.js";
import type { SettingValues } from "./settings/settings.js";
import { uncoveredBy } from "./strictness.js";

const COGNITO_URLS = ["COGNITO_DOMAIN", "COGNITO_TOKEN_URL", "COGNITO_ENDPOINT"] as const;

/** Codes, secrets and tokens would cross the network in the clear while the browser shows a lock. One rule each: one may be broken. */
const plainHttpRules = COGNITO_URLS.map((name) =>
  rule(["PUBLIC_URL", name], (values) => {
    const url: string | null = values[name];
    if (url === null || !values.PUBLIC_URL.startsWith("https:") || url.startsWith("https:")) return [];
    return [fault(name, "https://, because PUBLIC_URL is https://", url)];
  }),
);

const cognitoRules: readonly Rule[] = [
  rule(["COGNITO_USER_POOL_ID", "COGNITO_ENDPOINT"], ({ COGNITO_USER_POOL_ID, COGNITO_ENDPOINT }) => {
    if (!isEmulated(COGNITO_USER_POOL_ID) || isLoopbackHttp(COGNITO_ENDPOINT)) return [];
    const expected = `${userPoolId.expected}; \`local_…\` is an emulator's, with COGNITO_ENDPOINT=http://localhost:…`;
    return [fault("COGNITO_USER_POOL_ID", expected, COGNITO_USER_POOL_ID)];
  }),
  rule(["COGNITO_CLIENT_ID", "COGNITO_PREVIOUS_CLIENT_IDS"], ({ COGNITO_CLIENT_ID, COGNITO_PREVIOUS_CLIENT_IDS }) =>
    COGNITO_PREVIOUS_CLIENT_IDS?.includes(COGNITO_CLIENT_ID)
      ? [fault("COGNITO_PREVIOUS_CLIENT_IDS", "other clients than COGNITO_CLIENT_ID, which cannot have replaced itself", COGNITO_CLIENT_ID)]
      : [],
  ),
  rule(["COGNITO_CLIENT_SECRET", "COGNITO_PUBLIC_CLIENT"], ({ COGNITO_CLIENT_SECRET, COGNITO_PUBLIC_CLIENT }) => {
    const isPublic = COGNITO_CLIENT_SECRET === null;
    if (isPublic === COGNITO_PUBLIC_CLIENT) return [];
    return isPublic
      ? [
          fault(
            "COGNITO_CLIENT_SECRET",
            "the app client's secret: a BFF must be a confidential client (RFC 10017); or COGNITO_PUBLIC_CLIENT=true",
          ),
        ]
      : [fault("COGNITO_PUBLIC_CLIENT", "`false`, because COGNITO_CLIENT_SECRET is set", "true")];
  }),
  rule(["COGNITO_DOMAIN", "COGNITO_TOKEN_URL"], ({ COGNITO_DOMAIN, COGNITO_TOKEN_URL }) =>
    COGNITO_TOKEN_URL !== null && COGNITO_DOMAIN === null
      ? [
          fault(
            "COGNITO_DOMAIN",
            "managed login's host or URL, because COGNITO_TOKEN_URL is set: codes come from the one and go to the other",
          ),
        ]
      : [],
  ),
  rule(["COGNITO_DOMAIN"], ({ COGNITO_DOMAIN }) => {
    if (COGNITO_DOMAIN === null) return [warning("cognito_domain_missing", "not set, so nobody can sign in by redirect")];
    const { hostname } = new URL(COGNITO_DOMAIN);
    if (hostname.includes(".") || hostname.includes(":") || hostname === "localhost") return [];
    return [
      warning(
        "cognito_domain_without_dot",
        `${hostname} has no dot; browsers need the whole host, such as ${hostname}.auth.eu-central-1.amazoncognito.com`,
      ),
    ];
  }),
  rule(["PUBLIC_URL", "COGNITO_ENDPOINT", "COGNITO_FOLLOW_CLOCK"], ({ PUBLIC_URL, COGNITO_ENDPOINT, COGNITO_FOLLOW_CLOCK }) => {
    if (!COGNITO_FOLLOW_CLOCK) return [];
    const unless = (needed: string) => fault("COGNITO_FOLLOW_CLOCK", `\`false\`, unless ${needed}`, "true");
    const isLocal = isLoopbackAddressHttp(COGNITO_ENDPOINT);
    return [
      ...(PUBLIC_URL.startsWith("http:") ? [] : [unless("PUBLIC_URL is http://localhost[:PORT]")]),
      ...(isLocal ? [] : [unless("COGNITO_ENDPOINT is a loopback address, such as http://127.0.0.1:9229: a name could lead elsewhere")]),
      warning("clock_followed", "true: local Cognito moves this process's clock; for development and tests alone"),
    ];
  }),
  rule(["COGNITO_REFRESH_API", "SESSION_STORE"], ({ COGNITO_REFRESH_API, SESSION_STORE }) =>
    COGNITO_REFRESH_API === "get_tokens" && SESSION_STORE.kind === "cookie"
      ? [
          warning(
            "rotation_in_one_process",
            "if the app client rotates refresh tokens, run one process only: with SESSION_STORE=cookie several use up each other's tokens",
          ),
        ]
      : [],
  ),
];

const storeRules: readonly Rule[] = [
  rule(["SESSION_STORE", "SESSION_STORE_CA"], ({ SESSION_STORE, SESSION_STORE_CA }) =>
    SESSION_STORE_CA !== null && placeOf(SESSION_STORE)?.tls !== true
      ? [fault("SESSION_STORE_CA", "nothing, unless SESSION_STORE is with TLS (rediss://, rediss-sentinel:// or rediss-cluster://)")]
      : [],
  ),
  rule(["SESSION_STORE", "SESSION_STORE_IAM"], ({ SESSION_STORE, SESSION_STORE_IAM }) => {
    if (SESSION_STORE_IAM === null) return [];
    const place = placeOf(SESSION_STORE);
    // ElastiCache takes such a token over TLS alone, and whoever reads it could log in with it.
    if (!place?.tls || place.kind === "sentinel")
      return [fault("SESSION_STORE_IAM", "nothing, unless SESSION_STORE is rediss:// or rediss-cluster://")];
    if (place.user === null && place.password === null) return [];
    return [fault("SESSION_STORE_IAM", "nothing, or a SESSION_STORE without user and password: one of them logs in")];
  }),
];

const placeOf = (store: SettingValues["SESSION_STORE"]) => (store.kind === "cookie" ? null : parseRedisUrl(store.url.reveal()));

const sessionRules: readonly Rule[] = [
  rule(["SESSION_IDLE_TIMEOUT", "SESSION_MAX_AGE"], ({ SESSION_IDLE_TIMEOUT, SESSION_MAX_AGE }) => {
    if (SESSION_IDLE_TIMEOUT === null || SESSION_MAX_AGE === null || SESSION_MAX_AGE >= SESSION_IDLE_TIMEOUT) return [];
    const idle = formatDuration(SESSION_IDLE_TIMEOUT);
    return [
      fault(
        "SESSION_MAX_AGE",
        `at least SESSION_IDLE_TIMEOUT (${idle}), which could never pass otherwise`,
        formatDuration(SESSION_MAX_AGE),
      ),
    ];
  }),
  rule(["SESSION_MAX_AGE", "COGNITO_REFRESH_TOKEN_VALIDITY"], ({ SESSION_MAX_AGE, COGNITO_REFRESH_TOKEN_VALIDITY }) =>
    SESSION_MAX_AGE !== null && COGNITO_REFRESH_TOKEN_VALIDITY !== null && SESSION_MAX_AGE > COGNITO_REFRESH_TOKEN_VALIDITY
      ? [
          warning(
            "session_max_age_no_effect",
            `has no effect beyond COGNITO_REFRESH_TOKEN_VALIDITY (${formatDuration(COGNITO_REFRESH_TOKEN_VALIDITY)})`,
          ),
        ]
      : [],
  ),
  // Service quota of the UserAuthentication category, per account and Region.
  rule(["REFRESH_RATE_LIMIT"], ({ REFRESH_RATE_LIMIT }) =>
    REFRESH_RATE_LIMIT > 120
      ? [
          warning(
            "refresh_rate_above_quota",
            "above 120 a second, Cognito's default quota for the whole account and Region, sign-ins included",
          ),
        ]
      : [],
  ),
];

const pathRules: readonly Rule[] = [
  rule(["PROXY_ROUTES", "AUTH_PREFIX"], ({ PROXY_ROUTES, AUTH_PREFIX }) =>
    (PROXY_ROUTES ?? [])
      .filter(({ prefix }) => liesUnder(prefix, AUTH_PREFIX))
      .map(({ prefix }) => fault("PROXY_ROUTES", `a prefix outside AUTH_PREFIX (${AUTH_PREFIX})`, prefix)),
  ),
  rule(["PROXY_ROUTES"], ({ PROXY_ROUTES }) =>
    uncoveredBy(PROXY_ROUTES ?? []).map(({ looser, stricter }) =>
      fault(
        "PROXY_ROUTES",
        `a target for ${looser.prefix} that leads to nothing that ${stricter.prefix} guards: what asks for less (session, token) would go round it`,
        looser.prefix,
      ),
    ),
  ),
  rule(["PUBLIC_HEALTH_PATH", "AUTH_PREFIX"], ({ PUBLIC_HEALTH_PATH, AUTH_PREFIX }) =>
    PUBLIC_HEALTH_PATH !== null && liesUnder(PUBLIC_HEALTH_PATH, AUTH_PREFIX)
      ? [fault("PUBLIC_HEALTH_PATH", `a path outside AUTH_PREFIX (${AUTH_PREFIX})`, PUBLIC_HEALTH_PATH)]
      : [],
  ),
  rule(["PUBLIC_HEALTH_PATH", "PROXY_ROUTES"], ({ PUBLIC_HEALTH_PATH, PROXY_ROUTES }) => {
    const shadowed = (PROXY_ROUTES ?? []).find(
      ({ prefix }) => PUBLIC_HEALTH_PATH !== null && prefix !== "/" && liesUnder(PUBLIC_HEALTH_PATH, prefix),
    );
    return shadowed === undefined
      ? []
      : [warning("health_path_shadows_route", `is answered here and no longer forwarded to ${shadowed.prefix}`)];
  }),
  rule(["SPA_DIR", "SPA_URL"], ({ SPA_DIR, SPA_URL }) =>
    SPA_DIR !== null && SPA_URL !== null ? [fault("SPA_URL", "nothing, because SPA_DIR is set: the single-page app has one place")] : [],
  ),
  rule(["SPA_DIR", "SPA_URL", "PROXY_ROUTES"], ({ SPA_DIR, SPA_URL, PROXY_ROUTES }) => {
    const takesAll = (PROXY_ROUTES ?? []).some(({ prefix }) => prefix === "/");
    if (!takesAll || (SPA_DIR === null && SPA_URL === null)) return [];
    return [warning("spa_never_served", "the route / takes every path, so the single-page app is never served")];
  }),
  rule(["SPA_DIR", "SPA_URL", "SPA_CSP"], ({ SPA_DIR, SPA_URL, SPA_CSP }) =>
    SPA_CSP !== null && SPA_DIR === null && SPA_URL === null
      ? [warning("spa_csp_no_effect", "has no effect without SPA_DIR or SPA_URL")]
      : [],
  ),
];

const transportRule = rule(["PUBLIC_URL", "HSTS_MAX_AGE"], ({ PUBLIC_URL, HSTS_MAX_AGE }) =>
  HSTS_MAX_AGE !== null && !takesTransportSecurity(PUBLIC_URL)
    ? [warning("hsts_no_effect", "has no effect unless PUBLIC_URL is https:// and not on loopback")]
    : [],
);

const loopRule = rule(["PUBLIC_URL", "PROXY_ROUTES"], ({ PUBLIC_URL, PROXY_ROUTES }) =>
  (PROXY_ROUTES ?? [])
    .filter(({ target }) => target.origin === PUBLIC_URL)
    .map(({ prefix }) => warning("route_loop", `${prefix} is forwarded to PUBLIC_URL: a loop, unless something in front tells them apart`)),
);

const wayOutRule = rule(["PROXY_ROUTES", "HTTPS_PROXY"], ({ PROXY_ROUTES, HTTPS_PROXY }) =>
  (PROXY_ROUTES ?? [])
    .filter(({ proxy }) => proxy && HTTPS_PROXY === null)
    .map(({ prefix }) => warning("route_proxy_no_effect", `${prefix} says \`proxy: true\`, which has no effect without HTTPS_PROXY`)),
);

const EVERY_ADDRESS = new Set(["0.0.0.0", "::"]);

function sharesAddress(a: string, b: string): boolean {
  return a === b || EVERY_ADDRESS.has(a) || EVERY_ADDRESS.has(b) || (isLoopback(a) && isLoopback(b));
}

/** What ECS (StopTimeout) and Kubernetes (terminationGracePeriodSeconds) wait before they kill, unless told otherwise. */
const PLATFORM_WAITS_MS = 30_000;
/** How long closing itself may take beyond SHUTDOWN_TIMEOUT; decision 008. */
const CLOSING_MS = 1_000;
/** The default idle timeout of an AWS Application Load Balancer. */
const BALANCER_IDLE_MS = 60_000;

/** A process that is reached over https has something in front of it, since it speaks plain HTTP itself; on localhost nothing need be there. */
const behindSomethingRules: readonly Rule[] = [
  rule(["PUBLIC_URL", "TRUST_PROXY"], ({ PUBLIC_URL, TRUST_PROXY }) =>
    PUBLIC_URL.startsWith("https:") && TRUST_PROXY === false
      ? [
          warning(
            "trust_proxy_off",
            "off, although PUBLIC_URL is https:// and this process speaks plain HTTP: everybody has the address of what is in front, and shares one rate limit",
          ),
        ]
      : [],
  ),
  rule(["PUBLIC_URL", "DRAIN_DELAY"], ({ PUBLIC_URL, DRAIN_DELAY }) =>
    PUBLIC_URL.startsWith("https:") && DRAIN_DELAY === 0
      ? [warning("drain_delay_none", "0s: what is in front goes on sending calls to a process that stops, until its probes have failed")]
      : [],
  ),
  rule(["PUBLIC_URL", "DRAIN_DELAY", "SHUTDOWN_TIMEOUT"], ({ PUBLIC_URL, DRAIN_DELAY, SHUTDOWN_TIMEOUT }) => {
    const stopsWithinMs = DRAIN_DELAY + SHUTDOWN_TIMEOUT + CLOSING_MS;
    if (!PUBLIC_URL.startsWith("https:") || stopsWithinMs <= PLATFORM_WAITS_MS) return [];
    const takes = formatDuration(stopsWithinMs);
    const text = `with DRAIN_DELAY a stop takes up to ${takes}; ECS and Kubernetes kill after 30s unless StopTimeout or terminationGracePeriodSeconds says more`;
    return [warning("stop_too_long", text)];
  }),
  rule(["PUBLIC_URL", "PROXY_ROUTES"], ({ PUBLIC_URL, PROXY_ROUTES }) => {
    // The default is 60s itself: whoever leaves it alone is not asked about it.
    const slow = (PROXY_ROUTES ?? []).filter(({ responseHeaderTimeoutMs }) => responseHeaderTimeoutMs > BALANCER_IDLE_MS);
    if (!PUBLIC_URL.startsWith("https:") || slow.length === 0) return [];
    const prefixes = slow.map(({ prefix }) => prefix).join(", ");
    const text = `responseHeaderTimeout of ${prefixes} is above 60s, the default idle timeout of an AWS Application Load Balancer: it answers first, with a 504 of its own`;
    return [warning("route_outlasts_balancer", text)];
  }),
];

const processRules: readonly Rule[] = [
  rule(["HOST", "PORT", "MANAGEMENT_HOST", "MANAGEMENT_PORT"], ({ HOST, PORT, MANAGEMENT_HOST, MANAGEMENT_PORT }) =>
    PORT === MANAGEMENT_PORT && PORT !== 0 && sharesAddress(HOST, MANAGEMENT_HOST)
      ? [fault("MANAGEMENT_PORT", "another port than PORT, or 0", String(MANAGEMENT_PORT))]
      : [],
  ),
  rule(["KEEP_ALIVE_TIMEOUT"], ({ KEEP_ALIVE_TIMEOUT }) =>
    KEEP_ALIVE_TIMEOUT <= BALANCER_IDLE_MS
      ? [
          warning(
            "keep_alive_too_short",
            "not above 60s, the default idle timeout of an AWS Application Load Balancer: it will answer some calls with 502",
          ),
        ]
      : [],
  ),
];

const RULES: readonly Rule[] = [
  ...[...plainHttpRules, ...cognitoRules, ...storeRules, ...sessionRules, ...pathRules],
  ...[transportRule, loopRule, wayOutRule, ...behindSomethingRules, ...processRules],
];

/** Everything that settings have to say about each other. */
export function judge(values: Partial<SettingValues>): readonly Finding[] {
  return RULES.flatMap((each) => each(values));
}
