import { spawn } from "node:child_process";
import { once } from "node:events";
import { createClient } from "@redis/client";
import fastify from "fastify";
import t, { type Test } from "tap";
import { request } from "undici";
import type { Config } from "../../src/config/config.js";
import { freePort } from "../../src/demo/free-port.js";
import { cognitoBff } from "../../src/index.js";
import { systemClock } from "../../src/model/clock.js";
import { Secret } from "../../src/model/secret.js";
import { buildServer } from "../../src/server/server.js";
import { until } from "../support/condition.js";
import { readMetric } from "../support/metric.js";
import { openRedisLine, type RedisLine } from "../support/redis-line.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { memoryLogger, type RunningDemo, runDemo } from "../support/running-demo.js";

const skip = await withoutRedis();
const MAIN = new URL("../../src/main.js", import.meta.url).pathname;

const WAITING = { statusCode: 503, body: { status: "not ready", reason: "waiting_for_store" } };

async function ready(managementUrl: string) {
  const { statusCode, body } = await request(`${managementUrl}/readyz`);
  const { session_keys: _, ...said } = Object(await body.json()) as Record<string, unknown>;
  return { statusCode, body: said };
}

async function isLive(managementUrl: string): Promise<boolean> {
  return request(`${managementUrl}/livez`).then(
    async ({ statusCode, body }) => {
      await body.dump();
      return statusCode === 200;
    },
    () => false,
  );
}

t.test("a shared store that is not there", { skip }, async (t) => {
  const redis = await startRedis();
  const admin = await createClient({ url: redis.url }).connect();
  const demo = await runDemo(t);
  const line = await openRedisLine(redis.port);
  t.teardown(async () => {
    admin.destroy();
    await line.close();
    await redis.stop();
  });

  /** A server whose start waits. */
  async function begin(t: Test, { config }: RunningDemo, { url }: RedisLine, changes: Partial<Config> = {}) {
    const managementPort = await freePort();
    const logLines: string[] = [];
    let aheadMs = 0;
    const store = { kind: "redis", url: new Secret(url) } as const;
    const server = await buildServer(
      { ...config, port: 0, managementPort, sessionStore: store, ...changes },
      { clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs }, logger: memoryLogger(logLines) },
    );
    t.teardown(() => server.close());
    const advance = (ms: number) => {
      aheadMs += ms;
    };
    return { server, managementUrl: `http://127.0.0.1:${managementPort}`, logLines, advance };
  }

  const clients = async () =>
    String(await admin.sendCommand(["CLIENT", "LIST"]))
      .trim()
      .split("\n").length;

  await t.test("a start waits for it, says so, and is live and not ready meanwhile", async (t) => {
    line.reachable(false);
    const { server, managementUrl, logLines, advance } = await begin(t, demo, line);
    let listening = false;
    const addresses = server.listen().then((both) => {
      listening = true;
      return both;
    });
    await until(() => isLive(managementUrl), "live");
    t.same(await ready(managementUrl), WAITING);
    t.equal(await readMetric(managementUrl, "bff_ready"), 0);
    t.equal(await readMetric(managementUrl, "bff_store_up"), 0);
    t.notOk(listening);
    t.ok(logLines.some((text) => text.includes("cannot be reached yet")));
    line.reachable(true);
    const { url } = await addresses;
    t.same(await ready(managementUrl), { statusCode: 200, body: { status: "ready" } });
    t.equal(await readMetric(managementUrl, "bff_store_up"), 1);
    await until(async () => (await readMetric(managementUrl, "bff_store_subscribed")) === 1, "subscribed");

    line.reachable(false);
    await until(async () => (await readMetric(managementUrl, "bff_store_up")) === 0, "away");
    t.equal((await ready(managementUrl)).statusCode, 200, "while sessions go on here it is as good as any");
    advance(60_000);
    t.same(await ready(managementUrl), { statusCode: 503, body: { status: "not ready", reason: "store_unavailable" } });
    t.equal(
      await request(`${url}/auth/session`).then(({ statusCode, body }) => body.dump().then(() => statusCode)),
      401,
      "who comes all the same is answered",
    );
    line.reachable(true);
    await until(async () => (await ready(managementUrl)).statusCode === 200, "ready again");
    const told = logLines.filter((text) => /"event":"store_(away|back)"/.test(text)).map((text) => /store_\w+/.exec(text)?.[0]);
    t.same(
      told.filter((event, index) => event !== told[index - 1]),
      ["store_away", "store_back"],
    );
  });

  await t.test("SESSION_STORE_STALE=0s makes no replica unready for a fail-over", async (t) => {
    const { server, managementUrl, advance } = await begin(t, demo, line, { sessionStoreStaleMs: 0 });
    await server.listen();
    line.reachable(false);
    await until(async () => (await readMetric(managementUrl, "bff_store_up")) === 0, "away");
    advance(14_000);
    t.equal((await ready(managementUrl)).statusCode, 200);
    advance(1_000);
    t.equal((await ready(managementUrl)).statusCode, 503);
    line.reachable(true);
  });

  await t.test("a server that is closed while its start waits has waited enough", async (t) => {
    line.reachable(false);
    const { server, managementUrl } = await begin(t, demo, line, { drainDelayMs: 60_000 });
    const listening = server.listen();
    await until(() => isLive(managementUrl), "live");
    await Promise.all([server.close(), t.rejects(listening, /closed before/)]);
    t.notOk(await isLive(managementUrl));
    line.reachable(true);
  });

  await t.test("what cannot be built leaves no connection open", async (t) => {
    await until(async () => (await clients()) === 1, "those of before are closed");
    await t.rejects(begin(t, demo, line, { spa: { kind: "directory", path: "/no/such/directory" } }), /SPA_DIR/);
    await until(async () => (await clients()) === 1, "closed");
  });

  await t.test("a plugin does not wait: the rest of the app is served without the store", async (t) => {
    line.reachable(false);
    const app = fastify();
    t.teardown(() => app.close());
    app.get("/mine", async () => "mine");
    await app.register(cognitoBff, {
      publicUrl: "http://localhost:3000",
      cognitoUserPoolId: "us-east-1_Local0001",
      cognitoClientId: "3localcognitodemoclient001",
      cognitoPublicClient: true,
      sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
      sessionStore: line.url,
    });
    t.equal((await app.inject("/mine")).body, "mine");
    t.equal((await app.inject("/auth/session")).statusCode, 401);
    line.reachable(true);
  });

  await t.test("SIGTERM and SIGINT end a start that waits, at once and with 0", async (t) => {
    const ending = async (signal: NodeJS.Signals) => {
      const managementPort = String(await freePort());
      const child = spawn(process.execPath, ["--no-warnings", MAIN, "start"], {
        env: {
          PATH: process.env["PATH"] ?? "",
          PUBLIC_URL: "http://localhost:3000",
          HOST: "127.0.0.1",
          PORT: "0",
          MANAGEMENT_PORT: managementPort,
          COGNITO_USER_POOL_ID: "us-east-1_Local0001",
          COGNITO_CLIENT_ID: "3localcognitodemoclient001",
          COGNITO_PUBLIC_CLIENT: "true",
          SESSION_KEYS: Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64"),
          SESSION_STORE: `redis://127.0.0.1:${await freePort()}`,
          DRAIN_DELAY: "30s",
        },
        stdio: "ignore",
      });
      t.teardown(() => child.kill("SIGKILL"));
      const exit = once(child, "exit");
      await until(() => isLive(`http://127.0.0.1:${managementPort}`), "live");
      t.same(await ready(`http://127.0.0.1:${managementPort}`), WAITING);
      child.kill(signal);
      const sinceMs = performance.now();
      t.same(await exit, [0, null]);
      t.ok(performance.now() - sinceMs < 2_000);
    };
    await Promise.all([ending("SIGTERM"), ending("SIGINT")]);
  });

  await t.test("a server that evicts keys or keeps nothing is told of; one that does not tell is none", async (t) => {
    await admin.configSet("maxmemory", "100mb");
    await admin.configSet("maxmemory-policy", "allkeys-lru");
    const lines = async () => {
      const { server, logLines } = await begin(t, demo, line, {});
      await server.listen();
      await until(() => logLines.some((text) => /store_forgets|does not tell/.test(text)), "told");
      return logLines.join("\n");
    };
    const told = await lines();
    t.match(told, /"event":"store_evicts","maxmemory_policy":"allkeys-lru"/);
    t.match(told, /"event":"store_forgets"/);
    await admin.configSet("maxmemory-policy", "noeviction");
    t.notMatch(await lines(), /store_evicts/);
    await admin.sendCommand(["ACL", "SETUSER", "default", "-info", "-config"]);
    t.match(await lines(), /does not tell its settings/);
  });
});
