import t from "tap";
import { createAuthority } from "../support/certificates.js";
import { configWith, faultsWith, parseWith } from "./valid-environment.js";

type Changes = Readonly<Record<string, string | undefined>>;

const FOLLOWS = {
  COGNITO_FOLLOW_CLOCK: "true",
  PUBLIC_URL: "http://localhost:3000",
  COGNITO_ENDPOINT: "http://127.0.0.1:9229",
  COGNITO_DOMAIN: "http://127.0.0.1:9229",
};

t.test("time set back: a clock is followed at a loopback address alone, by what people open on localhost", (t) => {
  const endpoint = "COGNITO_FOLLOW_CLOCK: `false`, unless COGNITO_ENDPOINT is a loopback address";
  const origin = "COGNITO_FOLLOW_CLOCK: `false`, unless PUBLIC_URL is http://localhost[:PORT]";
  for (const COGNITO_ENDPOINT of ["http://127.0.0.1:9229", "http://127.8.9.10:9229", "http://[::1]:9229", "http://127.0.0.1/base"])
    t.equal(configWith({ ...FOLLOWS, COGNITO_ENDPOINT }).cognitoFollowClock, true, COGNITO_ENDPOINT);
  for (const COGNITO_ENDPOINT of [
    undefined,
    "http://localhost:9229",
    "http://cognito.localhost:9229",
    "http://127.0.0.1.example.com:9229",
    "http://[::ffff:127.0.0.1]:9229",
    "http://[::]:9229",
    "http://0.0.0.0:9229",
    "http://10.0.0.1:9229",
    "https://127.0.0.1:9229",
  ])
    t.match(faultsWith({ ...FOLLOWS, COGNITO_ENDPOINT }), [endpoint], String(COGNITO_ENDPOINT));
  t.ok(faultsWith({ ...FOLLOWS, PUBLIC_URL: "https://localhost:3000" }).some((line) => line.startsWith(origin)));
  t.ok(faultsWith({ COGNITO_FOLLOW_CLOCK: "true" }).some((line) => line.startsWith(origin)));
  t.equal(configWith({}).cognitoFollowClock, false);
  const parsing = parseWith(FOLLOWS);
  t.ok(parsing.warnings.some((line) => line.startsWith("COGNITO_FOLLOW_CLOCK: true: local Cognito moves this")));
  t.end();
});

t.test("settings that contradict each other are faults", async (t) => {
  const cases: readonly [string, Changes, string][] = [
    ["a confidential client without a secret", { COGNITO_CLIENT_SECRET: undefined }, "COGNITO_CLIENT_SECRET: the app client's secret"],
    [
      "a public client with a secret",
      { COGNITO_PUBLIC_CLIENT: "true" },
      "COGNITO_PUBLIC_CLIENT: `false`, because COGNITO_CLIENT_SECRET is set",
    ],
    ["a plain managed login behind an https origin", { COGNITO_DOMAIN: "http://login.example.com" }, "COGNITO_DOMAIN: https://, because"],
    ["a plain token endpoint behind an https origin", { COGNITO_TOKEN_URL: "http://c:9229" }, "COGNITO_TOKEN_URL: https://, because"],
    ["a plain API endpoint behind an https origin", { COGNITO_ENDPOINT: "http://c:9229" }, "COGNITO_ENDPOINT: https://, because"],
    ["an emulator's pool at AWS", { COGNITO_USER_POOL_ID: "local_2UXqfKzG" }, "COGNITO_USER_POOL_ID: a user pool id"],
    [
      "an emulator's pool elsewhere",
      {
        COGNITO_USER_POOL_ID: "local_2UXqfKzG",
        PUBLIC_URL: "http://localhost:3000",
        COGNITO_ENDPOINT: "http://localhost.example.com:9229",
      },
      "COGNITO_USER_POOL_ID: a user pool id",
    ],
    [
      "an emulator's pool over https",
      { COGNITO_USER_POOL_ID: "local_2UXqfKzG", COGNITO_ENDPOINT: "https://localhost:9229" },
      "COGNITO_USER_POOL_ID: a user pool id",
    ],
    [
      "a token endpoint without managed login",
      { COGNITO_DOMAIN: "", COGNITO_TOKEN_URL: "https://c" },
      "COGNITO_DOMAIN: managed login's host",
    ],
    [
      "a client that replaced itself",
      { COGNITO_PREVIOUS_CLIENT_IDS: "other,3n4b5urk1ft4fl3mg5e62d9ado" },
      "COGNITO_PREVIOUS_CLIENT_IDS: other clients than COGNITO_CLIENT_ID",
    ],
    [
      "a session shorter than its idle limit",
      { SESSION_IDLE_TIMEOUT: "2h", SESSION_MAX_AGE: "1h" },
      "SESSION_MAX_AGE: at least SESSION_IDLE_TIMEOUT (2h), which could never pass otherwise [1h]",
    ],
    [
      "an authority for a store without TLS",
      { SESSION_STORE: "redis://cache", SESSION_STORE_CA: createAuthority().certificate },
      "SESSION_STORE_CA: nothing, unless SESSION_STORE is with TLS (rediss://, rediss-sentinel:// or rediss-cluster://)",
    ],
    [
      "an authority for cookies",
      { SESSION_STORE_CA: createAuthority().certificate },
      "SESSION_STORE_CA: nothing, unless SESSION_STORE is with TLS (rediss://, rediss-sentinel:// or rediss-cluster://)",
    ],
    [
      "IAM with redis://cache",
      { SESSION_STORE: "redis://cache", SESSION_STORE_IAM: "bff@sessions/eu-central-1" },
      "SESSION_STORE_IAM: nothing, unless SESSION_STORE is rediss:// or rediss-cluster://",
    ],
    [
      "IAM with redis-cluster://cache",
      { SESSION_STORE: "redis-cluster://cache", SESSION_STORE_IAM: "bff@sessions/eu-central-1" },
      "SESSION_STORE_IAM: nothing, unless SESSION_STORE is rediss:// or rediss-cluster://",
    ],
    [
      "IAM with rediss-sentinel://cache/main",
      { SESSION_STORE: "rediss-sentinel://cache/main", SESSION_STORE_IAM: "bff@sessions/eu-central-1" },
      "SESSION_STORE_IAM: nothing, unless SESSION_STORE is rediss:// or rediss-cluster://",
    ],
    [
      "IAM with cookie",
      { SESSION_STORE: "cookie", SESSION_STORE_IAM: "bff@sessions/eu-central-1" },
      "SESSION_STORE_IAM: nothing, unless SESSION_STORE is rediss:// or rediss-cluster://",
    ],
    [
      "two ways to log in to the store",
      { SESSION_STORE: "rediss://:secret@cache", SESSION_STORE_IAM: "bff@sessions/eu-central-1" },
      "SESSION_STORE_IAM: nothing, or a SESSION_STORE without user and password",
    ],
    ["a route at the auth prefix", { PROXY_ROUTES: "/auth=http://a" }, "PROXY_ROUTES: a prefix outside AUTH_PREFIX (/auth) [/auth]"],
    [
      "a route below the auth prefix",
      { PROXY_ROUTES: "/x/y=http://a", AUTH_PREFIX: "/x" },
      "PROXY_ROUTES: a prefix outside AUTH_PREFIX (/x) [/x/y]",
    ],
    ["a health path below the auth prefix", { PUBLIC_HEALTH_PATH: "/auth/live" }, "PUBLIC_HEALTH_PATH: a path outside AUTH_PREFIX"],
    ["two places for the single-page app", { SPA_DIR: "/a", SPA_URL: "http://b" }, "SPA_URL: nothing, because SPA_DIR is set"],
    ["one port for two servers", { PORT: "9000" }, "MANAGEMENT_PORT: another port than PORT, or 0 [9000]"],
    ["one port on two names of loopback", { HOST: "localhost", PORT: "9000" }, "MANAGEMENT_PORT: another port than PORT, or 0 [9000]"],
  ];
  for (const [what, changes, fault] of cases) {
    const faults = faultsWith(changes);
    t.equal(faults.length, 1, what);
    t.ok(faults[0]?.startsWith(fault), `${what}: ${faults[0]}`);
  }
});

t.test("neighbours of those contradictions are fine", async (t) => {
  const cases: readonly Changes[] = [
    { SESSION_IDLE_TIMEOUT: "1h", SESSION_MAX_AGE: "1h" },
    { PROXY_ROUTES: "/authors=http://a" },
    { PROXY_ROUTES: "/=http://a" },
    { PORT: "0", MANAGEMENT_PORT: "0" },
    { HOST: "10.0.0.1", PORT: "9000" },
    { PUBLIC_URL: "http://localhost:3000", COGNITO_ENDPOINT: "http://c:9229", COGNITO_TOKEN_URL: "http://c:9229" },
    ...["localhost", "127.0.0.1", "[::1]", "127.8.9.1", "cognito.localhost"].map((host) => ({
      PUBLIC_URL: "http://localhost:3000",
      COGNITO_USER_POOL_ID: "local_2UXqfKzG",
      COGNITO_ENDPOINT: `http://${host}:9229`,
    })),
  ];
  for (const changes of cases) t.same(faultsWith(changes), [], JSON.stringify(changes));
});

t.test("all three plain Cognito URLs are named at once", async (t) => {
  const plain = "http://c.example.com:9229";
  t.equal(faultsWith({ COGNITO_DOMAIN: plain, COGNITO_TOKEN_URL: plain, COGNITO_ENDPOINT: plain }).length, 3);
});

/** Two routes that wait longer than load balancers do, and one that waits as long as routes do unless told otherwise. */
const SLOW_ROUTES = JSON.stringify([
  { prefix: "/reports", target: "http://a", responseHeaderTimeout: "61s" },
  { prefix: "/export", target: "http://a", responseHeaderTimeout: "10m" },
  { prefix: "/api", target: "http://a" },
]);

t.test("on localhost, and at the bounds, nobody is warned of what is in front", async (t) => {
  const local = { PUBLIC_URL: "http://localhost:3000", TRUST_PROXY: "off", DRAIN_DELAY: "0s", SHUTDOWN_TIMEOUT: "1m" };
  t.same(parseWith({ ...local, PROXY_ROUTES: SLOW_ROUTES }).warnings, []);
  const atTheBounds = { DRAIN_DELAY: "15s", SHUTDOWN_TIMEOUT: "14s", TRUST_PROXY: "10.0.0.0/8" };
  t.same(parseWith({ ...atTheBounds, PROXY_ROUTES: "/api=http://a" }).warnings, []);
});

t.test("what works but is probably not meant is warned about", async (t) => {
  const cases: readonly [Changes, RegExp][] = [
    [{ COGNITO_DOMAIN: "" }, /^COGNITO_DOMAIN: not set/],
    [{ COGNITO_DOMAIN: "my-app" }, /^COGNITO_DOMAIN: my-app has no dot/],
    [{ COGNITO_REFRESH_API: "get_tokens" }, /^COGNITO_REFRESH_API: .*one process only/],
    [
      { SESSION_MAX_AGE: "31d", COGNITO_REFRESH_TOKEN_VALIDITY: "30d" },
      /^SESSION_MAX_AGE: has no effect beyond COGNITO_REFRESH_TOKEN_VALIDITY \(30d\)/,
    ],
    [{ REFRESH_RATE_LIMIT: "121" }, /^REFRESH_RATE_LIMIT: above 120/],
    [{ KEEP_ALIVE_TIMEOUT: "60s" }, /^KEEP_ALIVE_TIMEOUT: not above 60s/],
    [{ TRUST_PROXY: "off" }, /^TRUST_PROXY: off, .*shares one rate limit/],
    [{ DRAIN_DELAY: "0s" }, /^DRAIN_DELAY: 0s: .*until its probes have failed/],
    [{ DRAIN_DELAY: "15s", SHUTDOWN_TIMEOUT: "15s" }, /^SHUTDOWN_TIMEOUT: with DRAIN_DELAY a stop takes up to 31s; .*StopTimeout/],
    [{ PROXY_ROUTES: SLOW_ROUTES }, /^PROXY_ROUTES: responseHeaderTimeout of \/reports, \/export is above 60s/],
    [{ PROXY_ROUTES: "/api=http://a", PUBLIC_HEALTH_PATH: "/api/health" }, /^PUBLIC_HEALTH_PATH: .*no longer forwarded to \/api/],
    [{ PROXY_ROUTES: "/=http://a", SPA_DIR: "/srv" }, /^PROXY_ROUTES: the route \/ takes every path/],
    [{ PROXY_ROUTES: "/api=https://app.example.com/v1" }, /^PROXY_ROUTES: \/api is forwarded to PUBLIC_URL: a loop/],
    [
      { PROXY_ROUTES: JSON.stringify([{ prefix: "/partner", target: "https://a", proxy: true }]) },
      /^PROXY_ROUTES: \/partner says `proxy: true`, which has no effect without HTTPS_PROXY$/,
    ],
    [{ SPA_CSP: "default-src 'self'" }, /^SPA_CSP: has no effect/],
    [{ SESION_KEYS: "x" }, /^SESION_KEYS is not a setting .* did you mean SESSION_KEYS\?/],
    [{ COGNITO_CLIENTID: "x" }, /did you mean COGNITO_CLIENT_ID\?/],
    [{ COGNITO_POOL_ID: "x" }, /did you mean COGNITO_USER_POOL_ID\?/],
    [{ SESSION_KEYS_FIEL: "x" }, /did you mean SESSION_KEYS_FILE\?/],
  ];
  for (const [changes, warning] of cases) {
    const parsing = parseWith(changes);
    t.equal(parsing.kind, "config", String(warning));
    t.equal(parsing.warnings.length, 1, String(warning));
    t.match(parsing.warnings[0], warning);
  }
});

t.test("other programs' variables are left alone", async (t) => {
  const others = [
    "SESSION_MANAGER",
    "HTTP_PROXY",
    "HOSTNAME",
    "PATH",
    "COGNITO_BFF_PORT",
    "COGNITO_BFF_SERVICE_HOST",
    "LOCAL_COGNITO_PORT",
    "XDG_SESSION_ID",
  ];
  t.same(parseWith(Object.fromEntries([...others, "LOGNAME", "PUBLIC_KEY", "A".repeat(5_000)].map((name) => [name, "x"]))).warnings, []);
});

t.test(
  "a looser route must not lead round a stricter one to the same paths; where the longer prefix keeps them apart it may",
  async (t) => {
    const open = { session: "none" };
    const at = (path: string) => `http://app:8080${path}`;
    const strip = { stripPrefix: true };
    const faulty: readonly (readonly object[])[] = [
      [
        { prefix: "/open", target: at(""), ...strip, ...open },
        { prefix: "/private", target: at("") },
      ],
      [
        { prefix: "/open", target: at(""), ...strip, ...open },
        { prefix: "/private", target: at(""), ...strip },
      ],
      [
        { prefix: "/open", target: at("/v1"), ...strip, session: "optional" },
        { prefix: "/private", target: at("/v1/users"), ...strip },
      ],
      [
        { prefix: "/a", target: at("/b"), ...open },
        { prefix: "/b/a/c", target: at("") },
      ],
      [
        { prefix: "/app", target: at(""), token: "none" },
        { prefix: "/App", target: at("") },
      ],
    ];
    for (const routes of faulty) {
      const faults = faultsWith({ PROXY_ROUTES: JSON.stringify(routes) });
      t.match(faults, [/^PROXY_ROUTES: .* would go round it/], JSON.stringify(routes));
    }
    const legal: readonly (readonly object[])[] = [
      [
        { prefix: "/app", target: at(""), ...open },
        { prefix: "/app/private", target: at("") },
      ],
      [
        { prefix: "/", target: at(""), ...open },
        { prefix: "/api", target: at("") },
      ],
      [
        { prefix: "/web", target: at(""), ...strip, ...open },
        { prefix: "/web/my", target: at("/my"), ...strip },
      ],
      [
        { prefix: "/api", target: at(""), ...strip },
        { prefix: "/public", target: at("/public"), ...strip, ...open },
      ],
      [
        { prefix: "/api", target: at("") },
        { prefix: "/api/public", target: at(""), ...open },
      ],
      [
        { prefix: "/open", target: at(""), ...strip, ...open },
        { prefix: "/private", target: "http://other:8080" },
      ],
      [
        { prefix: "/a", target: at(""), ...strip, token: "id" },
        { prefix: "/b", target: at(""), ...strip, token: "access" },
      ],
    ];
    for (const routes of legal) t.doesNotThrow(() => configWith({ PROXY_ROUTES: JSON.stringify(routes) }), JSON.stringify(routes));
  },
);
