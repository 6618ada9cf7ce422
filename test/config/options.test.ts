import t from "tap";
import { type BffOptions, optionName } from "../../src/config/options.js";
import { parseOptions } from "../../src/config/parse-config.js";
import { SETTING_NAMES } from "../../src/config/settings/settings.js";
import { configOf, configWith, faultsOf, SECRET, testKey } from "./valid-environment.js";

const OPTIONS: BffOptions = {
  publicUrl: "https://app.example.com",
  cognitoUserPoolId: "eu-central-1_AbCdEf123",
  cognitoClientId: "3n4b5urk1ft4fl3mg5e62d9ado",
  cognitoClientSecret: SECRET,
  cognitoDomain: "my-app.auth.eu-central-1.amazoncognito.com",
  sessionKeys: testKey("first"),
  trustProxy: 1,
  drainDelay: "15s",
};

/** Options as a JavaScript program may give them, unchecked by a compiler. */
function parseUnchecked(changes: Readonly<Record<string, unknown>>) {
  return parseOptions(Object.assign({}, OPTIONS, changes));
}

t.test("the same settings give the same configuration, from the environment or as options", async (t) => {
  const reveal = (config: ReturnType<typeof configOf>) => ({
    ...config,
    keys: config.sessionKeys.map((key) => key.reveal().toString("hex")),
    secrets: config.cognitoClientSecrets.map((secret) => secret.reveal()),
    targets: config.proxyRoutes.map((route) => route.target.href),
  });
  const asText = configWith({
    PORT: "8080",
    SESSION_KEYS: `${testKey("a")},${testKey("b")}`,
    COGNITO_CLIENT_SECRET: "one,two",
    COGNITO_SCOPES: "openid email",
    TRUST_PROXY: "10.0.0.0/8,192.0.2.0/24",
    SESSION_CACHE_BYTES: "1MiB",
    PROXY_ROUTES: '[{"prefix":"/api","target":"http://api:8080","token":"access","stripPrefix":true}]',
  });
  const asOptions = configOf(
    parseOptions({
      ...OPTIONS,
      port: 8080,
      sessionKeys: [testKey("a"), testKey("b")],
      cognitoClientSecret: ["one", "two"],
      cognitoScopes: ["openid", "email"],
      trustProxy: ["10.0.0.0/8", "192.0.2.0/24"],
      sessionCacheBytes: 1_048_576,
      proxyRoutes: [{ prefix: "/api", target: "http://api:8080", token: "access", stripPrefix: true }],
    }),
  );
  t.same(reveal(asOptions), reveal(asText));
});

t.test("the compiler knows the options' values", async (t) => {
  const { publicUrl: _, ...incomplete } = OPTIONS;
  // @ts-expect-error publicUrl is required.
  t.same(faultsOf(parseOptions(incomplete)).length, 1);
  // @ts-expect-error There is no such token.
  t.same(faultsOf(parseOptions({ ...OPTIONS, proxyRoutes: [{ prefix: "/a", target: "http://a", token: "refresh" }] })).length, 1);
  // @ts-expect-error There is no such level.
  t.same(faultsOf(parseOptions({ ...OPTIONS, logLevel: "loud" })).length, 1);
});

t.test("an option is its variable's name in camel case", async (t) => {
  t.equal(optionName("PUBLIC_URL"), "publicUrl");
  t.equal(optionName("COGNITO_REFRESH_TOKEN_VALIDITY"), "cognitoRefreshTokenValidity");
  t.equal(optionName("HOST"), "host");
  t.equal(new Set(SETTING_NAMES.map(optionName)).size, SETTING_NAMES.length);
});

t.test("options of another type count where they are natural, and are refused elsewhere", async (t) => {
  t.equal(configOf(parseUnchecked({ trustProxy: 2 })).trustProxy, 2);
  t.equal(configOf(parseUnchecked({ trustProxy: 0 })).trustProxy, false);
  t.same(configOf(parseUnchecked({ cognitoClientSecret: undefined, cognitoPublicClient: true })).cognitoClientSecrets, []);
  for (const [option, value] of [
    ["trustProxy", true],
    ["port", 3000.5],
    ["port", null],
    ["publicUrl", { href: "https://app.example.com" }],
    ["sessionKeys", [1]],
    ["proxyRoutes", "api"],
    ["proxyRoutes", { prefix: "/a" }],
    ["proxyRoutes", [{ prefix: "/a", target: "http://a", extra: 1 }]],
    ["cognitoScopes", ["email"]],
    ["logLevel", Symbol("x")],
    ["sessionMaxAge", 10n],
  ] as const) {
    const faults = faultsOf(parseUnchecked({ [option]: value }));
    t.equal(faults.length, 1, `${option}: ${faults.join(" | ")}`);
    t.ok(faults[0]?.startsWith(`${option}: `), faults[0] ?? option);
  }
});

t.test("a duration given as a number is asked about", async (t) => {
  t.match(faultsOf(parseUnchecked({ sessionMaxAge: 30 })), ["sessionMaxAge: 30 what? write 30s, 30m, 30h or 30d [30]"]);
});

t.test("faults and warnings speak of options", async (t) => {
  const faults = faultsOf(parseOptions({ ...OPTIONS, sessionIdleTimeout: "2h", sessionMaxAge: "1h" }));
  t.match(faults, ["sessionMaxAge: at least sessionIdleTimeout (2h)"]);
  t.same(parseOptions({ ...OPTIONS, cognitoDomain: undefined }).warnings, ["cognitoDomain: not set, so nobody can sign in by redirect"]);
});

t.test("an option that does not exist is a fault, with the one it resembles", async (t) => {
  t.same(faultsOf(parseUnchecked({ sesionKeys: "x", PUBLIC_URL: "y", whatever: 1 })), [
    "PUBLIC_URL: an option that exists; did you mean publicUrl?",
    "sesionKeys: an option that exists; did you mean sessionKeys?",
    "whatever: an option that exists",
  ]);
});

t.test("no options at all name every required one", async (t) => {
  const parsing = Reflect.apply(parseOptions, undefined, [undefined]);
  t.same(
    faultsOf(parsing).map((fault) => fault.replace(/:.*/s, "")),
    ["publicUrl", "cognitoUserPoolId", "cognitoClientId", "cognitoClientSecret", "sessionKeys"],
  );
});
