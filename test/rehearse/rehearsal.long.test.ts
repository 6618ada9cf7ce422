import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import fastify from "fastify";
import t, { type Test } from "tap";
import { rehearse, type ScenarioResult } from "../../src/rehearse/local/rehearsal.js";
import { SCENARIOS } from "../../src/rehearse/scenarios/table.js";
import type { Build } from "../../src/rehearse/stage/stage.js";
import { buildServer } from "../../src/server/server.js";
import { configOf } from "./rehearsals.js";

const thatAre = (outcome: ScenarioResult["outcome"], results: readonly ScenarioResult[]) =>
  results.filter((result) => result.outcome === outcome).map(({ name }) => name);

const byTable = (one: string, other: string) => placeOf(one) - placeOf(other);
const placeOf = (wanted: string) => SCENARIOS.findIndex(({ name }) => name === wanted);

/** What each scenario of a rehearsal says that did not pass. */
const faultsOf = (results: readonly ScenarioResult[]) => results.flatMap((result) => (result.outcome === "failed" ? result.faults : []));

t.test("with a production configuration every scenario passes, within 30 seconds", async (t) => {
  const startedAt = performance.now();
  const results = await rehearse({ config: configOf(), only: [] });
  t.same(faultsOf(results), []);
  t.same(
    results.map(({ name }) => name),
    SCENARIOS.map(({ name }) => name),
    "in the order of the table",
  );
  t.same(thatAre("skipped", results), ["idle-limit", "session-lifetime"], "these need limits");
  t.ok(performance.now() - startedAt < 30_000);
});

const CONFIGURATIONS: readonly { readonly name: string; readonly env: Record<string, string>; readonly only: readonly string[] }[] = [
  {
    name: "limits of one's own",
    env: { SESSION_IDLE_TIMEOUT: "30m", SESSION_MAX_AGE: "12h" },
    only: ["expired", "idle-limit", "outage-unnoticed"],
  },
  { name: "a lifetime alone", env: { SESSION_MAX_AGE: "12h" }, only: ["session-lifetime"] },
  { name: "a development server on localhost", env: { PUBLIC_URL: "http://localhost:5173", SPA_DIR: "" }, only: ["expired", "throttled"] },
  { name: "a public client", env: { COGNITO_CLIENT_SECRET: "", COGNITO_PUBLIC_CLIENT: "true" }, only: ["expired", "secret-mismatch"] },
  { name: "no API at all", env: { PROXY_ROUTES: "" }, only: ["expired", "waf"] },
  { name: "an API that has all paths", env: { PROXY_ROUTES: "/=https://api.internal.example.com" }, only: ["revoked", "waf"] },
  {
    name: "other prefixes and CSRF headers",
    env: { AUTH_PREFIX: "/bff/auth", CSRF_HEADER: "required", COOKIE_SAME_SITE: "lax" },
    only: ["expired", "waf"],
  },
  { name: "GetTokensFromRefreshToken alone", env: { COGNITO_REFRESH_API: "get_tokens" }, only: ["expired", "reused", "throttled"] },
  { name: "InitiateAuth alone", env: { COGNITO_REFRESH_API: "initiate_auth" }, only: ["expired", "reused", "throttled"] },
  {
    name: "a refresh token as short as Cognito allows",
    env: { COGNITO_REFRESH_TOKEN_VALIDITY: "60m" },
    only: ["expired", "throttled", "different-client"],
  },
  {
    name: "an access token for the API",
    env: { PROXY_ROUTES: '[{"prefix":"/api","target":"https://a.example","token":"access"}]' },
    only: ["throttled"],
  },
];

for (const { name, env, only } of CONFIGURATIONS)
  t.test(`the rehearsal fits ${name}`, async (t) => {
    const results = await rehearse({ config: configOf(env), only });
    t.equal(results.length, only.length);
    t.same(faultsOf(results), []);
    t.ok(thatAre("passed", results).length > 0);
  });

/** A proxy with a slip: what it does to answers of one status. */
function brokenBuild(status: number, slip: { readonly setCookie?: string; readonly status?: number }): Build {
  return async (config, runtime) => {
    const server = await buildServer(config, runtime);
    server.app.server.prependListener("request", (_request, answer) => {
      const end = answer.writeHead;
      answer.writeHead = function (this: typeof answer, code: number, ...rest: never[]) {
        if (code !== status) return end.call(this, code, ...rest);
        if (slip.setCookie !== undefined) this.appendHeader("set-cookie", slip.setCookie);
        return end.call(this, slip.status ?? code, ...rest);
      };
    });
    return server;
  };
}

t.test("a proxy that clears cookies on throttling fails, in one line that says what it does to people", async (t) => {
  const setCookie = "__Host-Http-bff-session=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0";
  const results = await rehearse({ config: configOf(), only: ["throttled", "expired"], build: brokenBuild(503, { setCookie }) });
  t.same(thatAre("passed", results), ["expired"]);
  const line = "503 cognito_throttled cleared the session's cookie: this signs people out who need not be";
  t.equal(faultsOf(results)[0], line, faultsOf(results).join("\n"));
});

t.test("a proxy whose cookies scripts can read, or that travel unencrypted or to other sites, fails", async (t) => {
  const loosened = (line: unknown) =>
    String(line)
      .replace(/; (?:HttpOnly|Secure)/g, "")
      .replace("=Strict", "=None");
  const build: Build = async (config, runtime) => {
    const server = await buildServer(config, runtime);
    server.app.addHook("onSend", async (_request, reply) => {
      const lines = [reply.getHeader("set-cookie") ?? []].flat();
      if (lines.length > 0) reply.removeHeader("set-cookie").header("set-cookie", lines.map(loosened));
    });
    return server;
  };
  const results = await rehearse({ config: configOf(), only: ["throttled"], build });
  t.same(faultsOf(results), [
    "the sign-in's cookie is not HttpOnly: any script of the page can take it",
    "the sign-in's cookie is not Secure: it travels without encryption",
    "the session's cookie is not HttpOnly: any script of the page can take it",
    "the session's cookie is not Secure: it travels without encryption",
    "the session's cookie is SameSite=none in place of strict",
  ]);
});

t.test("a proxy that calls an outage an end fails", async (t) => {
  const results = await rehearse({ config: configOf(), only: ["waf"], build: brokenBuild(503, { status: 401 }) });
  t.equal(faultsOf(results)[0], "GET /api/rehearsal: 401 cognito_blocked in place of 503 cognito_blocked");
});

t.test("a proxy that says nothing to its operator fails", async (t) => {
  const build: Build = (config, runtime) => buildServer(config, { ...runtime, logger: fastify({ logger: { level: "silent" } }).log });
  const results = await rehearse({ config: configOf(), only: ["throttled", "secret-mismatch", "disabled"], build });
  t.same(thatAre("failed", results), ["secret-mismatch", "disabled", "throttled"].toSorted(byTable));
  for (const line of ["session_expired", "misconfigured", "cognito_throttled"])
    t.ok(
      faultsOf(results).some((fault) => fault.startsWith("no log line with ") && fault.includes(line)),
      line,
    );
});

t.test("a proxy that asks no session of its API's callers fails", async (t) => {
  const build: Build = (config, runtime) =>
    buildServer({ ...config, proxyRoutes: config.proxyRoutes.map((route) => ({ ...route, session: "none", token: "none" })) }, runtime);
  const results = await rehearse({ config: configOf(), only: ["expired"], build });
  t.same(faultsOf(results), ["before it: GET /api/rehearsal: the API got no token", "before it: GET /api/rehearsal: the API got no token"]);
});

t.test("a configuration with which nobody can sign in fails, and says with which reason", async (t) => {
  const build: Build = (config, runtime) => buildServer({ ...config, cookieHeaderBudgetBytes: 500 }, runtime);
  const results = await rehearse({ config: configOf(), only: ["expired"], build });
  t.same(faultsOf(results), ["signing in before it ended with 500 session_too_large at /auth/callback"]);
});

t.test("a proxy that cannot be built fails its scenarios, and says why", async (t) => {
  const build: Build = () => Promise.reject(new Error("this cannot be built"));
  const results = await rehearse({ config: configOf(), only: ["waf", "expired"], build });
  t.same(faultsOf(results), ["this cannot be built", "this cannot be built"]);
});

/** A server that nobody may come to. */
async function startTrap(t: Test): Promise<{ readonly url: string; readonly visits: () => number }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, visits: () => visits };
}

t.test(
  "nothing leaves loopback, and nothing of a configuration is called: no API, no app, no Cognito, no proxy on the way out",
  async (t) => {
    const trap = await startTrap(t);
    const remote: string[] = [];
    const lookups: string[] = [];
    const watch = (message: unknown) => {
      const { socket } = message as { socket: Socket };
      socket.once("lookup", (_error, _address, _family, host) => lookups.push(host));
      socket.once("connect", () => remote.push(socket.remoteAddress ?? "nowhere"));
    };
    subscribe("net.client.socket", watch);
    t.teardown(() => void unsubscribe("net.client.socket", watch));
    const local = configOf({
      PUBLIC_URL: "http://localhost:3000",
      COGNITO_ENDPOINT: trap.url,
      COGNITO_DOMAIN: trap.url,
      COGNITO_TOKEN_URL: trap.url,
      PROXY_ROUTES: JSON.stringify([
        { prefix: "/api", target: trap.url, proxy: true },
        { prefix: "/open", target: trap.url, session: "optional" },
      ]),
      SPA_DIR: "",
      SPA_URL: trap.url,
      HTTPS_PROXY: trap.url,
    });
    const far = configOf({ HTTPS_PROXY: "http://proxy.internal.example.com:3128" });
    for (const config of [local, far]) {
      const results = await rehearse({ config, only: ["expired", "reused", "different-client", "answer-lost", "key-rotation"] });
      t.same(faultsOf(results), []);
    }
    t.equal(trap.visits(), 0);
    t.ok(remote.length > 50);
    t.same([...new Set(remote)], ["127.0.0.1"]);
    t.same(lookups, [], "no name is asked for");
  },
);
