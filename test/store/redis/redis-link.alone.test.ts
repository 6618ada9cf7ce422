import t from "tap";
import { systemClock } from "../../../src/model/clock.js";
import { silentLog } from "../../../src/model/log.js";
import { Secret } from "../../../src/model/secret.js";
import { createAnnouncements } from "../../../src/store/redis/announcements.js";
import { CHANNEL } from "../../../src/store/redis/keys.js";
import { openRedis } from "../../../src/store/redis/open-redis.js";
import { connectRedis, script } from "../../../src/store/redis/redis-link.js";
import { until } from "../../support/condition.js";
import { openHeldLine } from "../../support/held-line.js";
import { openRedisLine } from "../../support/redis-line.js";
import { startRedis, withoutRedis } from "../../support/redis-server.js";
import { keyFrom } from "../../support/session-fixtures.js";

const skip = await withoutRedis();

t.test("a connection to a Redis", { skip }, async (t) => {
  const server = await startRedis();
  const line = await openRedisLine(server.port);
  const { link, subscription, close } = await connectRedis({
    url: new Secret(line.url),
    channel: CHANNEL,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  const announcements = createAnnouncements(subscription, systemClock, link);
  let missed = 0;
  announcements.subscribe({ ended: () => {}, missed: () => missed++ });
  t.teardown(async () => {
    announcements.close();
    close();
    await line.close();
    await server.stop();
  });
  const isThere = () =>
    link.command("PING").then(
      () => true,
      () => false,
    );

  await t.test("rejects at once until it is there", async (t) => {
    await t.rejects(link.command("PING"));
    await until(isThere, "connected");
    await until(() => announcements.isCurrent(), "subscribed");
    t.equal(missed, 1, "what was said before the subscription is lost");
  });

  await t.test("runs a script that the server has not seen, or has forgotten", async (t) => {
    const what = script("return {KEYS[1], ARGV[1]}");
    for (let times = 0; times < 3; times++) {
      t.same(await link.run(what, ["{a}"], ["b"]), ["{a}", "b"]);
      if (times === 1) await link.command("SCRIPT", "FLUSH");
    }
    await t.rejects(link.run(script("return redis.error_reply('ERR no')"), [], []), /no/, "any other fault is a fault");
  });

  await t.test("half open, a subscription counts for half a second more, and both connections are replaced", async (t) => {
    line.halfOpen();
    const sinceMs = systemClock.monotonicMs();
    await until(() => !announcements.isCurrent(), "it does not count");
    t.ok(systemClock.monotonicMs() - sinceMs < 1_500);
    await until(() => missed >= 2, "subscribed anew");
    await until(() => announcements.isCurrent(), "it counts");
    await until(isThere, "connected");
  });

  await t.test("a server that has gone is come back to", async (t) => {
    line.reachable(false);
    await until(async () => !(await isThere()), "away");
    t.notOk(announcements.isCurrent());
    line.reachable(true);
    await until(isThere, "connected");
    await until(() => announcements.isCurrent(), "it counts");
  });
});

t.test("before it is closed, what was asked is answered, with what that asks for", { skip }, async (t) => {
  const server = await startRedis();
  const line = await openHeldLine(server.port);
  const { link, ready, settled, close } = await connectRedis({
    url: new Secret(`redis://127.0.0.1:${line.port}`),
    channel: CHANNEL,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  t.teardown(async () => {
    close();
    await line.close();
    await server.stop();
  });
  await ready;
  await settled();
  const what = script("return redis.call('INCR', KEYS[1])");
  const first = line.hold("answer", what.sha);
  const answers: unknown[] = [];
  const ran = link.run(what, ["{a}"], []).then(async (answer) => answers.push(answer, await link.command("GET", "{a}")));
  await first.reached;
  let isSettled = false;
  const all = settled().then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.notOk(isSettled);
  first.release();
  await all;
  t.same(answers, [1, "1"]);
  await ran;

  const lost = line.hold("request", "PING");
  link.command("PING").catch(() => {});
  await lost.reached;
  await settled();
  t.pass("and what is not answered is given up");
});

t.test("a store is opened once its server is there", { skip }, async (t) => {
  const server = await startRedis();
  const line = await openRedisLine(server.port);
  line.reachable(false);
  const lines: string[] = [];
  const opening = openRedis({
    url: new Secret(line.url.replace("//", "//default:not-to-be-told@")),
    sessionKeys: [keyFrom("link")],
    maxAgeMs: null,
    clock: systemClock,
    random: Math.random,
    log: { ...silentLog, warn: (details, text) => void lines.push(JSON.stringify([details, text])) },
  });
  let isOpen = false;
  const opened = opening.then((store) => {
    isOpen = true;
    return store;
  });
  t.teardown(async () => {
    (await opened).close();
    await line.close();
    await server.stop();
  });
  await until(() => lines.length > 0, "it is told of");
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.notOk(isOpen);
  t.equal(lines.length, 1, "once, for both connections");
  t.notMatch(lines.join(), "not-to-be-told");
  line.reachable(true);
  await opened;
});
