import t from "tap";
import { UNKNOWN_PROXY } from "../../src/doctor/facts.js";
import { readProxyFacts } from "../../src/doctor/proxy-facts.js";
import { SECRET, VALID } from "../config/valid-environment.js";

t.test("pool and client alone say nothing of a proxy", async (t) => {
  const { poolId, clientId, proxy } = readProxyFacts({ COGNITO_USER_POOL_ID: "eu-central-1_AbCdEf123", COGNITO_CLIENT_ID: "client" });
  t.equal(poolId, "eu-central-1_AbCdEf123");
  t.equal(clientId, "client");
  t.same(proxy, { ...UNKNOWN_PROXY, cookieBudgetBytes: 8_000 });
});

t.test("with PUBLIC_URL defaults count: its callback and sign-out URL follow from it", async (t) => {
  const { proxy } = readProxyFacts({ PUBLIC_URL: "https://app.example.com" });
  t.match(proxy, {
    callbackUrl: "https://app.example.com/auth/callback",
    signOutUrl: "https://app.example.com/",
    scopes: ["openid", "email", "profile"],
    refreshApi: "auto",
    store: "cookie",
    managedLogin: null,
    confidential: null,
  });
  t.ok(proxy.faults.includes("SESSION_KEYS"), "and what is missing for `start` is named");
  t.equal(
    readProxyFacts({ PUBLIC_URL: "https://app.example.com", AUTH_PREFIX: "/bff" }).proxy.callbackUrl,
    "https://app.example.com/bff/callback",
  );
});

t.test("which kind of store it is is known, and nothing of its address", async (t) => {
  const storeOf = (SESSION_STORE: string) => readProxyFacts({ ...VALID, SESSION_STORE });
  for (const address of ["redis://bff:not-to-be-told@h", "rediss-cluster://a,b", "redis-sentinel://a,b/main"]) {
    t.equal(storeOf(address).proxy.store, "shared");
    t.notMatch(JSON.stringify(storeOf(address)), "not-to-be-told");
  }
  t.equal(storeOf("redis:h").proxy.store, null, "it cannot be read");
});

t.test("of a whole configuration it is known whether there is a secret; the secret itself is not among the facts", async (t) => {
  const { proxy } = readProxyFacts(VALID);
  t.equal(proxy.confidential, true);
  t.same(proxy.faults, []);
  t.notMatch(JSON.stringify(readProxyFacts(VALID)), SECRET);
});

t.test("whether the refresh token's life is set is known of a whole configuration alone", async (t) => {
  const declares = (env: Readonly<Record<string, string>>) => readProxyFacts(env).proxy.declaresValidity;
  t.equal(declares(VALID), false);
  t.equal(declares({ ...VALID, COGNITO_REFRESH_TOKEN_VALIDITY: "30d" }), true);
  t.equal(declares({ ...VALID, COGNITO_REFRESH_TOKEN_VALIDITY: "30" }), null, "one that cannot be read is no absence");
  t.equal(declares({ PUBLIC_URL: "https://app.example.com" }), null);
});

t.test("a value that cannot be read is not known, and files are read as everywhere", async (t) => {
  t.equal(readProxyFacts({ COGNITO_USER_POOL_ID: "no pool" }).poolId, null);
  const readFile = (path: string) => (path === "/run/client" ? "client\n" : "");
  t.equal(readProxyFacts({ COGNITO_CLIENT_ID_FILE: "/run/client" }, readFile).clientId, "client");
});
