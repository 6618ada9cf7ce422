import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Config } from "../../src/config/config.js";
import { parseEnvironment } from "../../src/config/parse-config.js";
import { configOf, configWith, faultsOf, faultsWith, parseWith, SECRET, testKey, VALID } from "./valid-environment.js";

t.test("the least that works has the documented defaults, and is warned only of what is in front of it", async (t) => {
  t.same(parseWith({}).warnings, []);
  const parsing = parseWith({ TRUST_PROXY: undefined, DRAIN_DELAY: undefined });
  t.match(parsing.warnings, [/^TRUST_PROXY: off/, /^DRAIN_DELAY: 0s/]);
  t.equal(parsing.warnings.length, 2);
  const { cognitoClientSecrets, sessionKeys, ...rest } = configOf(parsing);
  t.same(
    cognitoClientSecrets.map((secret) => secret.reveal()),
    [SECRET],
  );
  t.same(
    sessionKeys.map((key) => key.reveal().toString("base64")),
    [testKey("first")],
  );
  t.same(rest, {
    publicUrl: "https://app.example.com",
    host: "0.0.0.0",
    port: 3000,
    managementHost: "127.0.0.1",
    managementPort: 9000,
    managementToken: null,
    hstsMaxAgeMs: null,
    publicHealthPath: null,
    cognitoUserPoolId: "eu-central-1_AbCdEf123",
    cognitoRegion: "eu-central-1",
    cognitoClientId: "3n4b5urk1ft4fl3mg5e62d9ado",
    cognitoPreviousClientIds: [],
    cognitoDomain: "https://my-app.auth.eu-central-1.amazoncognito.com",
    cognitoTokenUrl: "https://my-app.auth.eu-central-1.amazoncognito.com",
    cognitoEndpoint: null,
    cognitoScopes: ["openid", "email", "profile"],
    cognitoRefreshApi: "auto",
    cognitoRefreshTokenValidityMs: null,
    cognitoFollowClock: false,
    sessionStore: { kind: "cookie" },
    sessionStoreCa: null,
    sessionStoreIam: null,
    sessionStoreStaleMs: 60_000,
    sessionIdleTimeoutMs: null,
    sessionMaxAgeMs: null,
    cookieSameSite: "strict",
    cookieHeaderBudgetBytes: 8000,
    sessionCacheBytes: 67_108_864,
    refreshEarlyMs: 300_000,
    refreshRateLimitPerSecond: 20,
    proxyRoutes: [],
    spa: null,
    spaCsp: null,
    authPrefix: "/auth",
    proxyStripHeaders: [
      ...["x-remote-user", "x-user", "remote-user"],
      ...["x-auth-request-*", "x-amzn-oidc-*", "x-ssl-client-*", "x-client-cert"],
    ],
    csrfHeader: "off",
    httpsProxy: null,
    noProxy: null,
    upstreamMaxConnections: 4096,
    upstreamMaxHeaderBytes: 65_536,
    trustProxy: false,
    drainDelayMs: 0,
    shutdownTimeoutMs: 8_000,
    keepAliveTimeoutMs: 75_000,
    logLevel: "info",
    logTime: null,
  });
});

t.test("a value is read as it is meant", async (t) => {
  const cases: readonly [Readonly<Record<string, string>>, (config: Config) => unknown, unknown][] = [
    [{ PUBLIC_URL: "https://App.Example.com:443/" }, (c) => c.publicUrl, "https://app.example.com"],
    [{ PUBLIC_URL: " https://app.example.com\n" }, (c) => c.publicUrl, "https://app.example.com"],
    [{ PUBLIC_URL: "http://localhost:3000" }, (c) => c.publicUrl, "http://localhost:3000"],
    [{ HOST: "::", PORT: "0" }, (c) => [c.host, c.port], ["::", 0]],
    [{ PUBLIC_HEALTH_PATH: "/healthz" }, (c) => c.publicHealthPath, "/healthz"],
    [{ PUBLIC_HEALTH_PATH: "off" }, (c) => c.publicHealthPath, null],
    [{ TRUST_PROXY: "0" }, (c) => c.trustProxy, false],
    [{ TRUST_PROXY: "2" }, (c) => c.trustProxy, 2],
    [{ TRUST_PROXY: "10.0.0.0/8, 2001:db8::/32,192.0.2.7" }, (c) => c.trustProxy, ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]],
    [{ COGNITO_USER_POOL_ID: "us-gov-west-1_Abc" }, (c) => c.cognitoRegion, "us-gov-west-1"],
    [{ COGNITO_USER_POOL_ID: "us-east-1_Local0001" }, (c) => c.cognitoUserPoolId, "us-east-1_Local0001"],
    [{ COGNITO_CLIENT_SECRET: "new1,old2" }, (c) => c.cognitoClientSecrets.map((secret) => secret.reveal()), ["new1", "old2"]],
    [{ COGNITO_CLIENT_SECRET: "", COGNITO_PUBLIC_CLIENT: "true" }, (c) => c.cognitoClientSecrets, []],
    [{ COGNITO_DOMAIN: "https://login.example.com/" }, (c) => c.cognitoDomain, "https://login.example.com"],
    [{ COGNITO_TOKEN_URL: "https://inner.example.com/cognito/" }, (c) => c.cognitoTokenUrl, "https://inner.example.com/cognito"],
    [
      { PUBLIC_URL: "http://localhost:3000", COGNITO_DOMAIN: "http://127.0.0.1:9229", COGNITO_ENDPOINT: "http://127.0.0.1:9229/" },
      (c) => [c.cognitoDomain, c.cognitoEndpoint],
      ["http://127.0.0.1:9229", "http://127.0.0.1:9229"],
    ],
    [{ COGNITO_SCOPES: "openid  email openid" }, (c) => c.cognitoScopes, ["openid", "email"]],
    [{ SESSION_KEYS: `${testKey("a")}\n${testKey("b")},` }, (c) => c.sessionKeys.length, 2],
    [{ SESSION_KEYS: Buffer.from(testKey("a"), "base64").toString("base64url") }, (c) => c.sessionKeys[0]?.reveal().length, 32],
    [{ SESSION_IDLE_TIMEOUT: "30m", SESSION_MAX_AGE: "12h" }, (c) => [c.sessionIdleTimeoutMs, c.sessionMaxAgeMs], [1_800_000, 43_200_000]],
    [{ SESSION_IDLE_TIMEOUT: "off" }, (c) => c.sessionIdleTimeoutMs, null],
    [{ SESSION_CACHE_BYTES: "67108864" }, (c) => c.sessionCacheBytes, 67_108_864],
    [{ SESSION_CACHE_BYTES: "1GiB" }, (c) => c.sessionCacheBytes, 1_073_741_824],
    [{ COOKIE_HEADER_BUDGET: "4000" }, (c) => c.cookieHeaderBudgetBytes, 4000],
    [{ REFRESH_EARLY: "0s" }, (c) => c.refreshEarlyMs, 0],
    [{ DRAIN_DELAY: "500ms" }, (c) => c.drainDelayMs, 500],
    [{ SPA_DIR: "/srv/app" }, (c) => c.spa, { kind: "directory", path: "/srv/app" }],
    [{ SPA_URL: "http://localhost:5173" }, (c) => c.spa?.kind === "url" && c.spa.url.href, "http://localhost:5173/"],
    [{ SPA_DIR: "/srv/app", SPA_CSP: "default-src 'self'" }, (c) => c.spaCsp, "default-src 'self'"],
    [{ SPA_DIR: "/srv/app", SPA_CSP: "report-only: default-src 'self'" }, (c) => c.spaCsp, "report-only: default-src 'self'"],
    [{ AUTH_PREFIX: "/my/bff" }, (c) => c.authPrefix, "/my/bff"],
    [{ LOG_LEVEL: "silent" }, (c) => c.logLevel, "silent"],
    [{ LOG_TIME: "iso" }, (c) => c.logTime, "iso"],
  ];
  for (const [changes, pick, expected] of cases) t.same(pick(configWith(changes)), expected, JSON.stringify(changes));
});

t.test("an IAM login is for a serverless cache where the store's address is one's", async (t) => {
  const login = (SESSION_STORE: string) => configWith({ SESSION_STORE, SESSION_STORE_IAM: "bff@sessions/eu-central-1" }).sessionStoreIam;
  const identity = { user: "bff", cache: "sessions", region: "eu-central-1" };
  t.same(login("rediss-cluster://sessions-abc123.serverless.euc1.cache.amazonaws.com:6379"), { ...identity, serverless: true });
  t.same(login("rediss-cluster://clustercfg.sessions.abc123.euc1.cache.amazonaws.com:6379"), { ...identity, serverless: false });
  t.same(login("rediss://master.sessions.abc123.euc1.cache.amazonaws.com:6379"), { ...identity, serverless: false });
});

t.test("the address of a shared store is kept as it is written, and never shown", async (t) => {
  for (const url of [
    "redis://localhost",
    "rediss://bff:p%40ss@cache.example.com:6380/2",
    "redis://:secret@[::1]:6379",
    "redis://10.0.0.1/",
    "redis-cluster://a:7000,b:7001,[::1]",
    "rediss-cluster://sessions-abc123.serverless.euc1.cache.amazonaws.com:6379",
    "redis-sentinel://bff:p%40ss@s1,s2:26380/main-1",
    "rediss-sentinel://s1/main",
  ]) {
    const { sessionStore } = configWith({ SESSION_STORE: url });
    t.equal(sessionStore.kind === "redis" && sessionStore.url.reveal(), url);
    t.notMatch(JSON.stringify(sessionStore), url);
  }
});

t.test("the shared store in force is shown with its servers, and without who logs in", async (t) => {
  const shown = (SESSION_STORE: string) => {
    const parsing = parseWith({ SESSION_STORE });
    return parsing.kind === "config" && parsing.settings.find(({ name }) => name === "SESSION_STORE")?.text;
  };
  t.equal(shown("cookie"), "cookie");
  t.equal(shown("redis://cache/1"), "redis://cache/1");
  t.equal(shown("rediss://bff:p%40ss@cache.example.com:6380/2"), "rediss://…@cache.example.com:6380/2");
  t.equal(shown("redis-sentinel://:secret@s1,s2:26380/main"), "redis-sentinel://…@s1,s2:26380/main");
});

t.test("a password that was not percent-encoded is told how", async (t) => {
  for (const password of ["a/b", "a#b", "a@b", "a%b"]) {
    const parsing = parseWith({ SESSION_STORE: `redis://bff:${password}@cache` });
    t.match(JSON.stringify(parsing), /percent-encoded \(%40 for @/, password);
    t.notMatch(JSON.stringify(parsing), password);
  }
});

t.test("a value that cannot be meant is refused by name", async (t) => {
  const cases: readonly [string, readonly string[]][] = [
    [
      "PUBLIC_URL",
      [
        ...[
          "app.example.com",
          "https://app.example.com/x",
          "https://app.example.com?a",
          "https://app.example.com#",
          "https://u:p@app.example.com",
        ],
        ...["http://app.example.com", "http://127.0.0.1:3000", "http://localhost.", "https:app.example.com", "https://app\\example.com"],
        ...[
          "https://*.example.com",
          "ftp://localhost",
          "https://",
          "https://app.example.com:99999",
          "https://a\tb.example.com",
          "HTTPS//x",
        ],
      ],
    ],
    ["HOST", ["http://x", "[::1]", "a b", "1.2.3.400", "-x", "localhost:3000"]],
    ["PORT", ["65536", "-1", "3000.5", "0x10", "http", "1e3"]],
    ["MANAGEMENT_PORT", ["65536"]],
    ["MANAGEMENT_HOST", ["/"]],
    ["PUBLIC_HEALTH_PATH", ["healthz", "/healthz/", "/", "/a/../b", "/a b", "/%68", "//x"]],
    [
      "TRUST_PROXY",
      [
        "true",
        "17",
        "-1",
        "loopback",
        "10.0.0.0/33",
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/08",
        "10.0.0.0/8/8",
        "fe80::1%eth0",
        "10.0.0.0/8,x",
        ",",
      ],
    ],
    [
      "COGNITO_USER_POOL_ID",
      [
        "AbCdEf123",
        "eu-central-1-AbC",
        "eu-central-1_",
        "EU-CENTRAL-1_AbC",
        "local_",
        "local-1_Abc",
        "local_a/b",
        "LOCAL_Abc",
        `eu-central-1_${"a".repeat(50)}`,
      ],
    ],
    ["COGNITO_CLIENT_ID", ["a-b", "a b", "a".repeat(129)]],
    ["COGNITO_PUBLIC_CLIENT", ["yes", "1", "TRUE"]],
    ["COGNITO_DOMAIN", ["https://x.example.com/login", "x.example.com/login", "https://u@x.example.com", "ws://x.example.com", "x y"]],
    [
      "COGNITO_TOKEN_URL",
      ["https://x.example.com/oauth2/token", "x.example.com", "https://x.example.com?a=b", "https://x.example.com/../y"],
    ],
    ["COGNITO_ENDPOINT", ["cognito-idp.eu-central-1.amazonaws.com", "https://x/#y"]],
    ["COGNITO_SCOPES", ["email profile", 'openid "x"', "openid\u00e4"]],
    ["COGNITO_REFRESH_API", ["AUTO", "both"]],
    ["COGNITO_REFRESH_TOKEN_VALIDITY", ["30", "0d", "3651d", "off"]],
    [
      "SESSION_STORE",
      [
        "memory",
        "redis:",
        "redis://",
        "redis://u:p@",
        "redis://host/x",
        "redis://host:0",
        "redis://host:70000",
        "redis://host?db=1",
        "redis://u:%@host",
        "redis://a,b",
        "redis://user@host",
        "redis-cluster://host/1",
        "redis-cluster://a,,b",
        "redis-sentinel://host",
        "redis-sentinel://host/a/b",
        "redis-sentinel://u:%zz@host/main",
        "redis-other://host",
        `redis-cluster://${"a,".repeat(1_100)}a`,
        "http://host",
        "redis://ho st",
      ],
    ],
    ["SESSION_STORE_CA", ["none", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]],
    ["SESSION_STORE_IAM", ["bff", "bff@Sessions/eu-central-1", "bff@sessions", "bff@sessions/Frankfurt", "@sessions/eu-central-1"]],
    ["SESSION_STORE_STALE", ["60", "25h", "off"]],
    ["SESSION_IDLE_TIMEOUT", ["30", "0s", "401d", "never"]],
    ["SESSION_MAX_AGE", ["12", "1.5h"]],
    ["COOKIE_SAME_SITE", ["none", "Strict"]],
    ["COOKIE_HEADER_BUDGET", ["3999", "12001", "8kB", "8 KiB"]],
    ["SESSION_CACHE_BYTES", ["0", "64MB", "64M", "17GiB"]],
    ["REFRESH_EARLY", ["5", "25h"]],
    ["REFRESH_RATE_LIMIT", ["0", "20/s", "10001"]],
    ["AUTH_PREFIX", ["/", "auth", "/auth/", "/auth?x", "/.", "/a//b"]],
    ["CSRF_HEADER", ["on", "true"]],
    ["SPA_DIR", ["/srv/\u0000app", "/srv/\u001b[2J"]],
    ["SPA_URL", ["localhost:5173", "http://localhost:5173/app", "http://u:p@localhost"]],
    ["SPA_CSP", ["default-src 'self'\nx-evil: 1", "\u00e4", "report-only:", "Content-Security-Policy: default-src 'self'"]],
    ["DRAIN_DELAY", ["0", "2h"]],
    ["SHUTDOWN_TIMEOUT", ["8", "61m"]],
    ["KEEP_ALIVE_TIMEOUT", ["75", "500ms"]],
    ["LOG_LEVEL", ["verbose", "INFO"]],
    ["LOG_TIME", ["utc", "ISO"]],
    [
      "MANAGEMENT_TOKEN",
      ["short", "0123456789abcdef0123456789abcde", "0123456789abcdef 0123456789abcdef", "ä".repeat(32), "x".repeat(513)],
    ],
    ["COGNITO_CLIENT_SECRET", ["a,b,c", "a,a", "a b", ",", "has-dash"]],
  ];
  for (const [name, values] of cases) {
    for (const value of values) {
      const parsing = parseWith({ [name]: value });
      t.equal(parsing.kind, "faults", `${name}=${JSON.stringify(value)}`);
      const names = parsing.kind === "faults" ? parsing.faults.map((fault) => fault.name) : [];
      t.same([...new Set(names)], [name], `only ${name} is blamed for ${JSON.stringify(value)}`);
    }
  }
});

t.test("a duration without its unit is asked about", async (t) => {
  t.same(faultsWith({ SESSION_MAX_AGE: "30" }), ["SESSION_MAX_AGE: 30 what? write 30s, 30m, 30h or 30d [30]"]);
});

t.test("a session key that is not 32 random bytes, or is there twice, is refused", async (t) => {
  const bad: readonly [string, string][] = [
    ["", "it is not set"],
    [",", "1 to 16 keys"],
    ["abc", "key 1: exactly 32 bytes"],
    [Buffer.alloc(31, "x").toString("base64"), "key 1: exactly 32 bytes"],
    [Buffer.alloc(33, "x").toString("base64"), "key 1: exactly 32 bytes"],
    [`${testKey("a")}!`, "key 1: exactly 32 bytes"],
    [Buffer.alloc(32).toString("base64"), "key 1: random bytes"],
    [Buffer.alloc(32, "abcd").toString("base64"), "key 1: random bytes"],
    [Buffer.alloc(32, Buffer.from(testKey("a"), "base64").subarray(0, 16)).toString("base64"), "key 1: random bytes"],
    [Buffer.from(Buffer.from(testKey("a"), "base64").toString("hex").slice(0, 32)).toString("base64"), "key 1: random bytes"],
    [`${testKey("a")},${testKey("b")},${testKey("a")}`, "key 3: another key than key 1"],
    [`${testKey("a")},${Buffer.from(testKey("a"), "base64").toString("base64url")}`, "key 2: another key than key 1"],
    [Array.from({ length: 17 }, (_, index) => testKey(`k${index}`)).join(","), "1 to 16 keys"],
  ];
  for (const [value, complaint] of bad) {
    const faults = faultsWith({ SESSION_KEYS: value });
    t.equal(faults.length, 1, complaint);
    t.match(faults[0], `SESSION_KEYS: `);
    t.match(faults[0], complaint);
  }
});

t.test("nothing set at all names every required variable at once", async (t) => {
  t.same(
    faultsOf(parseEnvironment({})).map((fault) => fault.replace(/:.*/s, "")),
    ["PUBLIC_URL", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "SESSION_KEYS"],
  );
});

t.test("several faults come together, in the order of the documentation", async (t) => {
  const faults = faultsWith({ LOG_LEVEL: "x", PORT: "y", SPA_DIR: "/a", SPA_URL: "http://b", PUBLIC_URL: undefined });
  t.same(
    faults.map((fault) => fault.replace(/:.*/s, "")),
    ["PUBLIC_URL", "PORT", "SPA_URL", "LOG_LEVEL"],
  );
});

t.test("an empty variable counts as unset", async (t) => {
  t.equal(configWith({ PORT: "", SPA_DIR: " " }).port, 3000);
  t.match(faultsWith({ PUBLIC_URL: "" })[0], /^PUBLIC_URL: .*it is not set$/);
});

t.test("the commands' own defaults apply only where nothing is set", async (t) => {
  const reading = { host: "127.0.0.1", managementHost: "0.0.0.0" };
  const config = configOf(parseEnvironment(VALID, reading));
  t.same([config.host, config.managementHost], ["127.0.0.1", "0.0.0.0"]);
  t.equal(configOf(parseEnvironment({ ...VALID, HOST: "::" }, reading)).host, "::");
});

t.test("NAME_FILE reads the value from a file, without the line end at its end", async (t) => {
  const directory = t.testdir({ keys: `${testKey("x")}\n`, secret: "fromfile\r\n", empty: "\n" });
  const config = configWith({
    SESSION_KEYS: undefined,
    SESSION_KEYS_FILE: join(directory, "keys"),
    COGNITO_CLIENT_SECRET: "",
    COGNITO_CLIENT_SECRET_FILE: join(directory, "secret"),
  });
  t.equal(config.sessionKeys[0]?.reveal().toString("base64"), testKey("x"));
  t.equal(config.cognitoClientSecrets[0]?.reveal(), "fromfile");

  t.test("a file that is missing, a directory or empty is a fault of NAME_FILE and nothing else", async (t) => {
    mkdirSync(join(directory, "folder"));
    for (const [path, why] of [
      ["missing", "ENOENT"],
      ["folder", "EISDIR"],
      ["empty", "the file is empty"],
    ] as const) {
      const faults = faultsWith({ SESSION_KEYS: undefined, SESSION_KEYS_FILE: join(directory, path) });
      t.equal(faults.length, 1, path);
      t.match(faults[0], /^SESSION_KEYS_FILE: /);
      t.match(faults[0], why);
      t.notMatch(faults[0], directory, "the path is not repeated: it may be the secret itself, put into the wrong variable");
    }
  });

  t.test("setting both is a fault", async (t) => {
    t.same(faultsWith({ SESSION_KEYS_FILE: join(directory, "keys") }), [
      "SESSION_KEYS: either SESSION_KEYS or SESSION_KEYS_FILE, not both",
    ]);
  });

  t.test("every variable has its file", async (t) => {
    writeFileSync(join(directory, "port"), "8080\n");
    const parsing = parseWith({ PORT_FILE: join(directory, "port") });
    t.equal(configOf(parsing).port, 8080);
    t.equal(parsing.kind === "config" && parsing.settings.find(({ name }) => name === "PORT")?.from, "file");
  });
});

t.test("the configuration is frozen all the way down", async (t) => {
  const config = configWith({ PROXY_ROUTES: "/api=http://api:8080", TRUST_PROXY: "10.0.0.0/8" });
  const parts = [
    config,
    config.proxyRoutes,
    config.proxyRoutes[0],
    config.sessionKeys,
    config.cognitoScopes,
    config.trustProxy,
    config.sessionStore,
  ];
  for (const part of parts) t.ok(Object.isFrozen(part));
  t.ok(Object.isFrozen(parseWith({ PORT: "x" })));
});

t.test("the management token comes from the environment, a file or an option, and is never repeated", (t) => {
  const token = "0123456789abcdef0123456789abcdef";
  const given = [
    parseWith({ MANAGEMENT_TOKEN: token }),
    parseEnvironment({ ...VALID, MANAGEMENT_TOKEN_FILE: "/run/token" }, { readFile: () => `${token}\n` }),
  ];
  for (const parsing of given) {
    t.equal(parsing.kind === "config" && parsing.config.managementToken?.reveal(), token);
    t.notMatch(JSON.stringify(parsing), token);
    t.notMatch(parsing.warnings.join("\n"), /MANAGEMENT_TOKEN/, "sessions in cookies have a summary, too");
  }
  const shared = parseWith({ MANAGEMENT_TOKEN: token, SESSION_STORE: "redis://localhost" });
  t.notMatch(shared.warnings.join("\n"), /MANAGEMENT_TOKEN/);
  t.end();
});
