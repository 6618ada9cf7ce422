import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED } from "../../src/local-cognito/index.js";
import { Secret } from "../../src/model/secret.js";
import { openRedis } from "../../src/store/redis/open-redis.js";
import { emptyTable } from "../../test/support/no-memory.js";
import { openRedisLine, type RedisLine } from "../../test/support/redis-line.js";
import { openRoundRobin, type RoundRobin } from "./calls.js";
import { type Replica, type StandIns, startReplica } from "./children.js";
import { type Person, quiet, writeSessions } from "./people.js";
import { type RedisProcess, type SentinelStore, startRedisProcess, startSentinelStore } from "./redis-processes.js";
import type { Scenario } from "./scenario.js";

const REPLICAS = [1, 2, 3];

/** Three replicas, their shared store, and everybody's sessions. */
export interface Deployment {
  readonly standIns: StandIns;
  readonly people: readonly Person[];
  readonly calls: RoundRobin;
  readonly replicas: readonly Replica[];
  /** Each replica's way to the store, where the scenario cuts one. */
  readonly lines: readonly RedisLine[];
  readonly store:
    | { readonly kind: "redis"; readonly redis: RedisProcess }
    | { readonly kind: "sentinel"; readonly sentinel: SentinelStore };
  /** Questions to Cognito that nobody has come back from. */
  openIntents(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  readonly scenario: Scenario;
  readonly publicUrl: string;
  readonly standIns: StandIns;
  readonly sessions: number;
  /** Where logs go; null: nowhere. */
  readonly logs: string | null;
}

/** What is closed in the opposite order. */
class Opened {
  readonly #closing: (() => Promise<unknown>)[] = [];

  add<T>(thing: T, close: (thing: T) => Promise<unknown>): T {
    this.#closing.push(() => close(thing));
    return thing;
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }
}

async function startStore(scenario: Scenario, opened: Opened): Promise<Deployment["store"]> {
  if (scenario.store === "sentinel")
    return { kind: "sentinel", sentinel: opened.add(await startSentinelStore(), (sentinel) => sentinel.stop()) };
  return { kind: "redis", redis: opened.add(await startRedisProcess(), (redis) => redis.stop()) };
}

async function open(
  opened: Opened,
  { scenario, publicUrl, standIns, sessions, logs }: DeploymentOptions,
): Promise<Omit<Deployment, "stop">> {
  const store = await startStore(scenario, opened);
  const { port, url } = store.kind === "redis" ? store.redis : store.sentinel;
  const sessionKey = new Secret(randomBytes(32));
  const { openStore, close } = await openRedis({
    ...quiet,
    url: new Secret(`redis://127.0.0.1:${port}`),
    sessionKeys: [sessionKey],
    maxAgeMs: null,
  });
  const people = await writeSessions(openStore(emptyTable()), await standIns.signIn(scenario.rotation, sessions), {
    publicUrl,
    sessionKey,
  }).finally(close);
  const lines: RedisLine[] = [];
  if (scenario.ownLines) for (const _ of REPLICAS) lines.push(opened.add(await openRedisLine(port), (line) => line.close()));
  const env = {
    PUBLIC_URL: publicUrl,
    HOST: "127.0.0.1",
    MANAGEMENT_PORT: "0",
    COGNITO_USER_POOL_ID: DEFAULT_SEED.userPoolId,
    COGNITO_CLIENT_ID: DEFAULT_SEED.clientId,
    COGNITO_CLIENT_SECRET: DEFAULT_SEED.clientSecret,
    COGNITO_ENDPOINT: standIns.cognitoUrl,
    COGNITO_REFRESH_API: "get_tokens",
    SESSION_KEYS: sessionKey.reveal().toString("base64"),
    PROXY_ROUTES: `/api=${standIns.apiUrl}`,
    REFRESH_RATE_LIMIT: String(scenario.refreshesPerSecond),
    LOG_LEVEL: logs === null ? "fatal" : "info",
  };
  const replicas = await Promise.all(
    REPLICAS.map(async (number, index) => {
      const log = logs === null ? null : join(logs, `${scenario.name}-${number}.log`);
      const replica = await startReplica({
        port: await freePort(),
        env: { ...env, SESSION_STORE: lines[index]?.url ?? url },
        log,
      });
      return opened.add(replica, ({ stop }) => stop());
    }),
  );
  const calls = opened.add(
    openRoundRobin(
      replicas.map((replica) => replica.port),
      publicUrl,
    ),
    (robin) => robin.close(),
  );
  return {
    standIns,
    people,
    calls,
    replicas,
    lines,
    store,
    async openIntents() {
      const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
      const open: string[] = [];
      for await (const keys of client.scanIterator({ MATCH: "bff:*:intents", COUNT: 1_000 })) open.push(...keys);
      client.destroy();
      return open;
    },
  };
}

export async function deploy(options: DeploymentOptions): Promise<Deployment> {
  const opened = new Opened();
  try {
    const deployment = await open(opened, options);
    return { ...deployment, stop: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
