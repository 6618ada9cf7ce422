import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import { systemClock } from "../../src/model/clock.js";
import { silentLog } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import { createSessionId } from "../../src/model/session.js";
import { createAnnouncements } from "../../src/store/redis/announcements.js";
import { createHistory } from "../../src/store/redis/connection/history.js";
import { CHANNEL, createPersonKeys } from "../../src/store/redis/keys.js";
import { connectRedis } from "../../src/store/redis/redis-link.js";
import { createRedisStore } from "../../src/store/redis/redis-store.js";
import { createSealer } from "../../src/store/sealing.js";
import { until } from "../support/condition.js";
import { createManualClock, flush, type ManualClock } from "../support/manual-clock.js";
import { emptyTable } from "../support/no-memory.js";
import { openRedisLine, type RedisLine } from "../support/redis-line.js";
import { type RedisServer, startCluster, startRedis, withoutRedis } from "../support/redis-server.js";
import { keyFrom } from "../support/session-fixtures.js";
import { openProcess } from "../support/session-stores.js";
import { type Deployment, sessionStoreContract } from "./session-store.js";

const keys = () => [keyFrom("contract")];

/** One process's connections and store. */
async function openOne(t: Test, url: string, manual: ManualClock) {
  // Moved ahead by a day, connections and answers are no older.
  const clock = { ...manual, monotonicMs: systemClock.monotonicMs, deadline: systemClock.deadline };
  const connections = await connectRedis({ url: new Secret(url), channel: CHANNEL, clock, random: Math.random, log: silentLog });
  const announcements = createAnnouncements(connections.subscription, clock, connections.link);
  const history = createHistory({ askAll: connections.askAll, clock, log: silentLog });
  t.teardown(() => {
    history.close();
    announcements.close();
    connections.close();
  });
  let subscriptions = 0;
  connections.subscription.onSubscribed(() => subscriptions++);
  const { link, subscription } = connections;
  const store = createRedisStore({
    link,
    announcements,
    sealer: createSealer(keys()),
    personKeys: createPersonKeys(keys()),
    clock,
    maxAgeMs: null,
    table: emptyTable(),
    history,
    log: silentLog,
  });
  const isThere = () =>
    Promise.resolve(store.load(createSessionId(), null)).then(
      () => true,
      () => false,
    );
  return { store, subscription, isThere, subscriptions: () => subscriptions };
}

type One = Awaited<ReturnType<typeof openOne>>;

async function run(name: string, server: RedisServer, scheme: "redis" | "redis-cluster"): Promise<void> {
  const admin = await createClient({ url: server.url }).connect();
  t.teardown(async () => {
    admin.destroy();
    await server.stop();
  });

  /** What lives for a while in the server is so much older. */
  async function age(ms: number): Promise<void> {
    for (const key of await admin.keys("*")) {
      const leftMs = await admin.pTTL(key);
      if (leftMs >= 0) await admin.pExpire(key, Math.max(0, leftMs - ms));
    }
  }

  async function openLine(): Promise<RedisLine> {
    await admin.flushAll();
    const line = await openRedisLine(server.port);
    // A node of a cluster is asked where it is.
    if (scheme === "redis-cluster") await admin.configSet("cluster-announce-port", new URL(line.url).port);
    return line;
  }

  function create(t: Test): Deployment {
    const clock = createManualClock();
    const opened: One[] = [];
    let [reachable, listening] = [true, true];
    let line: Promise<RedisLine> | null = null;

    /** A fresh server for every deployment, once it is used. */
    function theLine(): Promise<RedisLine> {
      line ??= openLine();
      return line;
    }
    t.teardown(async () => (await line)?.close());

    async function settled(): Promise<void> {
      for (let turns = 0; turns < 4; turns++) {
        const answers = opened.flatMap(({ isThere, subscription }) => [isThere(), listening && subscription.ping().catch(() => {})]);
        await Promise.all(answers);
        await flush();
      }
    }

    async function again(change: (line: RedisLine) => void): Promise<void> {
      const before = opened.map(({ subscriptions }) => subscriptions());
      change(await theLine());
      await until(() => opened.every(({ subscriptions }, index) => subscriptions() > (before[index] ?? 0)), "subscribed again");
      for (const { isThere } of opened) await until(isThere, "connected again");
    }

    return {
      async open(owner) {
        const one = await openOne(t, (await theLine()).url.replace("redis", scheme), clock);
        opened.push(one);
        const { sessions } = openProcess({ sealer: createSealer(keys()), clock, openStore: () => one.store, ...owner });
        if (reachable) {
          await until(() => one.subscriptions() > 0, "subscribed");
          await until(one.isThere, "connected");
        }
        return sessions;
      },
      async fastForward(ms) {
        await age(ms);
        clock.advance(ms);
      },
      settle: settled,
      shared: {
        async reachable(is) {
          reachable = is;
          if (is) await again((line) => line.reachable(true));
          else (await theLine()).reachable(false);
        },
        async listening(is) {
          listening = is;
          if (is) await again((line) => line.listening(true));
          else (await theLine()).listening(false);
        },
      },
    };
  }

  sessionStoreContract(t, name, create);
}

const skip = await withoutRedis();
if (skip) t.plan(0, skip);
else {
  await run("Redis", await startRedis(), "redis");
  // Every command and script has to be of one slot there, as with ElastiCache Serverless.
  await run("Redis as a cluster of one", await startCluster(), "redis-cluster");
}
