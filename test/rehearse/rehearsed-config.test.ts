import { inspect } from "node:util";
import t from "tap";
import { SETTING_NAMES } from "../../src/config/settings/settings.js";
import { Secret } from "../../src/model/secret.js";
import { REPLACED, rehearsedConfig, type StandIns } from "../../src/rehearse/stage/rehearsed-config.js";
import { configOf } from "./rehearsals.js";

/** What is rehearsed as it stands, since none of it leads out of the process. Whoever adds a setting decides on which side it stands. */
const KEPT = [
  ...["PUBLIC_URL", "PUBLIC_HEALTH_PATH", "HSTS_MAX_AGE", "TRUST_PROXY", "AUTH_PREFIX", "CSRF_HEADER", "SPA_CSP"],
  ...["COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_PREVIOUS_CLIENT_IDS", "COGNITO_PUBLIC_CLIENT", "COGNITO_SCOPES"],
  ...["COGNITO_REFRESH_API", "COGNITO_REFRESH_TOKEN_VALIDITY", "REFRESH_EARLY", "REFRESH_RATE_LIMIT"],
  ...["COOKIE_SAME_SITE", "COOKIE_HEADER_BUDGET", "SESSION_CACHE_BYTES", "PROXY_STRIP_HEADERS"],
  ...["UPSTREAM_MAX_CONNECTIONS", "UPSTREAM_MAX_HEADER_BYTES", "KEEP_ALIVE_TIMEOUT", "DRAIN_DELAY", "SHUTDOWN_TIMEOUT", "LOG_TIME"],
  // Without effect: the rehearsal gives one clock to all.
  "COGNITO_FOLLOW_CLOCK",
  // Goes with HTTPS_PROXY.
  "NO_PROXY",
];

t.test("every setting is either replaced or kept on purpose: none that leads out is forgotten", async (t) => {
  const replaced = REPLACED.flatMap(({ settings }) => settings);
  const decided = [...replaced, ...KEPT];
  t.same(
    SETTING_NAMES.filter((name) => !decided.includes(name)),
    [],
    "decide in src/rehearse/stage/rehearsed-config.ts whether it may lead out of the process, and list it there or here",
  );
  t.equal(new Set(decided).size, decided.length);
  const names: readonly string[] = SETTING_NAMES;
  // Of the shared store, where there is one.
  t.same(
    decided.filter((name) => !names.includes(name)),
    [],
  );
});

const STAND_INS: StandIns = {
  cognitoUrl: "http://127.0.0.1:1",
  spaUrl: "http://127.0.0.1:2",
  apiUrl: () => "http://127.0.0.1:3",
  sessionKey: Buffer.alloc(32, 1),
  clientSecret: "fresh",
};

/** Everything in it, secrets included. */
function textOf(value: unknown): string {
  if (value instanceof Secret) return inspect(value.reveal());
  if (value instanceof URL) return value.href;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.values(value).map(textOf).join("\n");
}

t.test("nothing of an operator's addresses, keys and secrets is left in what is rehearsed", async (t) => {
  const config = configOf({
    COGNITO_ENDPOINT: "https://endpoint.far.example",
    COGNITO_DOMAIN: "https://domain.far.example",
    COGNITO_TOKEN_URL: "https://token.far.example",
    COGNITO_CLIENT_SECRET: "farfarfarfarfarfarfarfarfarfar",
    PROXY_ROUTES: JSON.stringify([
      { prefix: "/api", target: "https://api.far.example/v1", proxy: true },
      { prefix: "/x", target: "http://far:8080" },
    ]),
    SPA_DIR: "",
    SPA_URL: "http://spa.far.example",
    HTTPS_PROXY: "http://proxy.far.example",
    NO_PROXY: "far.example",
    HOST: "0.0.0.0",
    MANAGEMENT_HOST: "0.0.0.0",
  });
  t.match(textOf(config), "far", "there is something to leave out");
  const rehearsed = rehearsedConfig(config, STAND_INS, { keepsLimits: false });
  t.notMatch(textOf(rehearsed), /far|0\.0\.0\.0/);
  t.notMatch(textOf(rehearsed), textOf(config.sessionKeys));
  t.match(rehearsed, {
    host: "127.0.0.1",
    port: 0,
    managementHost: "127.0.0.1",
    managementPort: 0,
    managementToken: null,
    sessionStore: { kind: "cookie" },
  });
  t.equal(rehearsed.proxyRoutes[0]?.target.href, "http://127.0.0.1:3/v1", "the path belongs to the route");
});

t.test("an emulator's user pool, whose id is no Region's, is rehearsed under one that is", async (t) => {
  const config = configOf({
    COGNITO_USER_POOL_ID: "local_abc",
    COGNITO_ENDPOINT: "http://127.0.0.1:9229",
    PUBLIC_URL: "http://localhost:3000",
  });
  t.match(rehearsedConfig(config, STAND_INS, { keepsLimits: true }), {
    cognitoUserPoolId: "us-east-1_Rehearsal1",
    cognitoRegion: "us-east-1",
  });
});
