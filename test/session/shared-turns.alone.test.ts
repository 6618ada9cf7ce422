import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import { systemClock } from "../../src/model/clock.js";
import { silentLog } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import { createRefreshRateLimiter, type Priority } from "../../src/session/refresh/refresh-rate-limiter.js";
import { createSharedTurns } from "../../src/session/refresh/turn-supply.js";
import { openRedis } from "../../src/store/redis/open-redis.js";
import { openRedisLine } from "../support/redis-line.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { keyFrom } from "../support/session-fixtures.js";

const skip = await withoutRedis();
const PER_SECOND = 200;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** One replica's limiter, and when it let somebody through. */
async function openLimiter(t: Test, url: string, perSecond = PER_SECOND) {
  const redis = await openRedis({
    url: new Secret(url),
    sessionKeys: [keyFrom("one")],
    maxAgeMs: null,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  let closing: ReturnType<typeof redis.close> | null = null;
  const close = () => (closing ??= redis.close());
  t.teardown(close);
  const draw = redis.drawTurns(perSecond);
  let draws = 0;
  const supply = createSharedTurns({
    perSecond,
    clock: systemClock,
    random: Math.random,
    draw(...args) {
      draws += 1;
      return draw(...args);
    },
  });
  const limiter = createRefreshRateLimiter({ supply, longestWaitMs: 60_000, clock: systemClock });
  const grantedAtMs: number[] = [];
  const request = async (priority: Priority = "waiting") => {
    const result = await limiter.request(priority).granted;
    if (result === "granted") grantedAtMs.push(performance.now());
    return result;
  };
  return { limiter, request, grantedAtMs, draws: () => draws, close };
}

/** The most that went through in any time beyond the limit times that. */
function mostBeyond(grantedAtMs: readonly number[], perSecond = PER_SECOND): number {
  const sorted = grantedAtMs.toSorted((a, b) => a - b);
  let [most, lowest] = [0, Number.POSITIVE_INFINITY];
  for (const [index, atMs] of sorted.entries()) {
    const dueMs = (atMs * perSecond) / 1000;
    lowest = Math.min(lowest, index - dueMs);
    most = Math.max(most, index + 1 - dueMs - lowest);
  }
  return most;
}

/**
 * Measures a speed until a try has no fault, three times at most: a machine that is busy with other things measures its own pauses. What must never
 * happen is held in every try.
 */
async function measured(t: Test, attempt: () => Promise<Readonly<Record<string, boolean>>>): Promise<void> {
  let faults: readonly string[] = [];
  for (let tries = 0; tries < 3; tries++) {
    faults = Object.entries(await attempt()).flatMap(([what, holds]) => (holds ? [] : [what]));
    if (faults.length === 0) break;
    t.comment(faults.join("; "));
  }
  t.same(faults, []);
}

t.test("turns that three replicas share", { skip }, async (t) => {
  const server = await startRedis();
  const redis = await createClient({ url: server.url }).connect();
  t.teardown(async () => {
    redis.destroy();
    await server.stop();
  });
  /** A bucket that nobody has drawn from is full. */
  const refilled = () => redis.flushAll();

  for (const busy of [3, 1]) {
    await t.test(`${busy} of three replicas busy: all of the limit, never more than that and one burst, a fair share each`, async (t) => {
      await measured(t, async () => {
        await refilled();
        const limiters = await Promise.all([0, 1, 2].map(() => openLimiter(t, server.url)));
        const startMs = performance.now();
        for (const { request } of limiters.slice(0, busy)) for (let count = 0; count < 4 * PER_SECOND; count++) void request();
        await pause(2_000);
        const all = limiters.flatMap(({ grantedAtMs }) => grantedAtMs);
        const steady = all.filter((atMs) => atMs >= startMs + 500 && atMs < startMs + 2_000).length;
        const shares = limiters.slice(0, busy).map(({ grantedAtMs }) => grantedAtMs.length / all.length);
        const draws = limiters.reduce((sum, limiter) => sum + limiter.draws(), 0);
        for (const { close } of limiters) await close();
        t.ok(mostBeyond(all) <= PER_SECOND, `${mostBeyond(all)} beyond the limit`);
        t.ok(draws < all.length / 2, `${draws} questions for ${all.length} turns`);
        return {
          [`${steady} in a second and a half`]: steady >= 0.9 * 1.5 * PER_SECOND,
          [`shares ${shares}`]: shares.every((share) => share > 0.6 / busy),
        };
      });
    });
  }

  await t.test("refreshes that come one by one at a high rate need no question each", async (t) => {
    await refilled();
    const { request, grantedAtMs, draws } = await openLimiter(t, server.url, 1_000);
    const startMs = performance.now();
    // One each two milliseconds, and those that a pause of the machine has kept back behind it.
    for (let count = 0; count < 400; ) {
      for (; count < Math.min(400, (performance.now() - startMs) / 2); count++) void request();
      await pause(2);
    }
    t.ok(grantedAtMs.length > 100);
    t.ok(draws() < grantedAtMs.length / 3, `${draws()} questions for ${grantedAtMs.length} turns`);
  });

  await t.test("calls that wait go before background refreshes", async (t) => {
    await refilled();
    const { limiter } = await openLimiter(t, server.url, 4);
    const order: string[] = [];
    const request = (name: string, priority: Priority) => void limiter.request(priority).granted.then(() => order.push(name));
    for (const name of ["1", "2", "3"]) request(name, "waiting");
    request("ahead of time", "background");
    request("waiting", "waiting");
    while (order.length < 5) await pause(20);
    t.same(order, ["1", "2", "3", "waiting", "ahead of time"]);
  });

  await t.test("a replica that dies while it waits leaves its share to the others within a second", async (t) => {
    await measured(t, async () => {
      await refilled();
      const line = await openRedisLine(server.port);
      t.teardown(() => line.close());
      const [dead, other] = [await openLimiter(t, line.url), await openLimiter(t, server.url)];
      for (let count = 0; count < 10 * PER_SECOND; count++) void dead.request();
      while (dead.grantedAtMs.length === 0) await pause(5);
      line.reachable(false);
      const sinceMs = performance.now();
      for (let count = 0; count < 1.5 * PER_SECOND; count++) void other.request();
      while (other.grantedAtMs.length < 1.5 * PER_SECOND) await pause(20);
      const tookMs = performance.now() - sinceMs;
      for (const { close } of [dead, other]) await close();
      // A second for the bucket's refill, one more for the dead one's share.
      return { [`${tookMs} ms`]: tookMs < 2_500 };
    });
  });

  await t.test("while the store is away nobody gets a turn, and it is no verdict on the rate", async (t) => {
    await refilled();
    const line = await openRedisLine(server.port);
    t.teardown(() => line.close());
    const { request } = await openLimiter(t, line.url);
    t.equal(await request(), "granted");
    await pause(300);
    line.reachable(false);
    await pause(50);
    t.equal(await request(), "unavailable");
    line.reachable(true);
    while ((await request()) !== "granted") await pause(50);
  });
});
