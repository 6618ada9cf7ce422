import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import { systemClock } from "../../../src/model/clock.js";
import { Secret } from "../../../src/model/secret.js";
import type { Session } from "../../../src/model/session.js";
import { createAnnouncements } from "../../../src/store/redis/announcements.js";
import { CHANNEL, createPersonKeys } from "../../../src/store/redis/keys.js";
import { openRedis } from "../../../src/store/redis/open-redis.js";
import { connectRedis } from "../../../src/store/redis/redis-link.js";
import { createRedisStore } from "../../../src/store/redis/redis-store.js";
import { createSealer } from "../../../src/store/sealing.js";
import type { Sessions } from "../../../src/store/sessions.js";
import type { SessionEnding } from "../../../src/wire/reasons.js";
import { collectLog } from "../../support/collected-log.js";
import { until } from "../../support/condition.js";
import { NO_HISTORY } from "../../support/no-memory.js";
import { openRedisLine } from "../../support/redis-line.js";
import { startRedis, withoutRedis } from "../../support/redis-server.js";
import { HOUR_MS, keyFrom, presenting, refreshedSession, sessionOf } from "../../support/session-fixtures.js";
import { createCookieSessions, openProcess } from "../../support/session-stores.js";

const skip = await withoutRedis();
const KEYS = [keyFrom("rolled back")];
const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const REUSED: SessionEnding = { reason: "expired", cause: "refresh_token_reused" };

const fresh = (): Session => sessionOf({ issuedAtMs: Date.now() });
const refreshed = (session: Session, refresh = "rotated") =>
  refreshedSession(session, { issuedAtMs: Date.now(), lifeMs: HOUR_MS }, refresh);

async function renew(sessions: Sessions, before: Session, next = refreshed(before)): Promise<Session> {
  const leased = await sessions.lease(before.id);
  if (leased.kind !== "granted") throw new Error(`no lease: ${leased.kind}`);
  const committed = await sessions.commit(next, before.version, leased.lease);
  if (committed.kind !== "saved") throw new Error(committed.kind);
  await leased.lease.release("closed");
  return next;
}

/** One process. */
async function open(t: Test, url: string) {
  const log = collectLog();
  const redis = await openRedis({
    url: new Secret(url),
    sessionKeys: KEYS,
    maxAgeMs: null,
    clock: systemClock,
    random: Math.random,
    log,
  });
  t.teardown(() => redis.close());
  const { sessions } = openProcess({ sealer: createSealer(KEYS), clock: systemClock, openStore: redis.openStore });
  return { sessions, log };
}

async function connect(t: Test, url: string) {
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  t.teardown(() => client.destroy());
  return client;
}

const AT_ONCE = ["--repl-diskless-sync-delay", "0"];
const isSynced = (info: string) => info.includes("master_link_status:up");

t.test("a store that loses what was written last", { skip }, async (t) => {
  const [master, replica] = await Promise.all([startRedis(AT_ONCE), startRedis(AT_ONCE)]);
  const servers = [master, replica];
  t.teardown(() => Promise.all(servers.map((server) => server.stop())));
  const [first, second] = await Promise.all([connect(t, master.url), connect(t, replica.url)]);
  const follow = async () => {
    await second.sendCommand(["REPLICAOF", "127.0.0.1", String(master.port)]);
    await until(async () => isSynced(String(await second.info("replication"))), "the replica follows");
  };

  /** How often a write was waited for. */
  const waits = async () => Number(/cmdstat_wait:calls=(\d+)/.exec(await first.info("commandstats"))?.[1] ?? 0);

  await t.test("where the server has a replica, writes are waited for as soon as that is known", async (t) => {
    await follow();
    const { sessions } = await open(t, master.url);
    const begin = async () => {
      await sessions.begin(fresh());
      return (await waits()) > 0;
    };
    await until(begin, "waited for");
  });

  await t.test("a sign-in, new tokens and an ending have a replica before anybody hears of them; nothing else waits", async (t) => {
    const options = { clock: systemClock, random: Math.random, log: collectLog() };
    const { link, subscription, ready, close } = await connectRedis({ ...options, url: new Secret(master.url), channel: CHANNEL });
    const announcements = createAnnouncements(subscription, systemClock, link);
    t.teardown(() => {
      announcements.close();
      close();
    });
    await ready;
    let waited = 0;
    const sealer = createSealer(KEYS);
    const store = { ...options, link, announcements, sealer, personKeys: createPersonKeys(KEYS), maxAgeMs: null };
    const replicated = async () => {
      waited += 1;
    };
    const { sessions } = openProcess({
      sealer,
      clock: systemClock,
      openStore: (table) => createRedisStore({ ...store, table, history: { ...NO_HISTORY, replicated } }),
    });
    const session = fresh();
    await sessions.begin(session);
    t.equal(waited, 1);
    const issued = await renew(sessions, session, { ...session, unverified: refreshed(session).tokens, version: 2 });
    t.equal(waited, 2);
    await sessions.find(session.id);
    sessions.touch({ ...issued, lastSeenAtMs: issued.lastSeenAtMs + HOUR_MS });
    t.equal(waited, 2);
    await sessions.end(session, LOGOUT);
    t.equal(waited, 3);
    await sessions.end(session, LOGOUT);
    t.equal(waited, 3, "it had ended");
  });

  await t.test("a replica that stands still holds up one write for a moment, and the log says so", async (t) => {
    const { sessions, log } = await open(t, master.url);
    replica.signal("SIGSTOP");
    const begin = async () => {
      await sessions.begin(fresh());
      return log.saying("no replica").length > 0;
    };
    await until(begin, "told");
    const [before, startMs] = [await waits(), performance.now()];
    for (let count = 0; count < 10; count++) await sessions.begin(fresh());
    t.equal(await waits(), before, `the next ones do not wait: ${performance.now() - startMs} ms`);
    t.equal(log.saying("no replica").length, 1);
    replica.signal("SIGCONT");
  });

  await t.test(
    "after a fail-over to one that was behind, replicas of ours write back what they know; what was ended stays ended",
    async (t) => {
      const line = await openRedisLine(master.port);
      t.teardown(() => line.close());
      const [one, other] = [await open(t, line.url), await open(t, line.url)];
      const [renewed, ended, unknown] = [fresh(), fresh(), fresh()];
      for (const session of [renewed, ended, unknown]) await one.sessions.begin(session);
      // It knows them as they are now, and hears of no version later.
      for (const session of [renewed, ended]) await other.sessions.find(session.id);
      await until(async () => (await second.exists(`bff:{${unknown.id}}`)) === 1, "copied");
      await second.sendCommand(["REPLICAOF", "NO", "ONE"]);
      await renew(one.sessions, renewed);
      await one.sessions.end(ended, LOGOUT);
      const late = fresh();
      await one.sessions.begin(late);
      master.signal("SIGKILL");
      line.moveTo(replica.port);
      await until(async () => !("kind" in (await other.sessions.find(unknown.id))), "moved");
      const verdict = await other.sessions.endUnlessRenewed(renewed, REUSED);
      t.ok(verdict.kind === "unavailable" || verdict.kind === "newer", `no token of before counts as used twice: ${verdict.kind}`);
      await until(async () => (await second.hGet(`bff:{${renewed.id}}`, "v")) === "2", "the newer version");
      await until(async () => (await second.hGet(`bff:{${ended.id}}`, "e")) === "logout", "the ending");
      await until(async () => (await second.hGet(`bff:{${late.id}}`, "v")) === "1", "the sign-in");
      const third = await open(t, line.url);
      t.match(await third.sessions.find(renewed.id), { version: 2 });
      t.match(await third.sessions.find(ended.id), { kind: "ended", ending: LOGOUT });
      t.match(await third.sessions.find(late.id), { version: 1 });
      const told = () => [one, other].flatMap(({ log }) => log.saying("written back"));
      await until(() => told().length === 2, "told");
      const sum = (what: string) => told().reduce((total, { fields }) => total + Number(fields[what]), 0);
      t.same([sum("sessions"), sum("endings")], [2, 1], "whoever is the quickest: both have heard of the ending");
      t.match(await other.sessions.endUnlessRenewed(refreshed(renewed), { reason: "expired", cause: "user_disabled" }), { kind: "ended" });
    },
  );

  await t.test("a restart from an old snapshot is one, too", async (t) => {
    const { sessions } = await open(t, replica.url);
    const [renewed, ended] = [fresh(), fresh()];
    for (const session of [renewed, ended]) await sessions.begin(session);
    await second.sendCommand(["SAVE"]);
    await renew(sessions, renewed);
    await sessions.end(ended, LOGOUT);
    const folder = String((await second.configGet("dir"))["dir"]);
    replica.signal("SIGKILL");
    await until(async () => !(await second.ping().catch(() => "")), "killed");
    servers.push(await startRedis([...AT_ONCE, "--port", String(replica.port), "--dir", folder]));
    await until(async () => (await second.hGet(`bff:{${renewed.id}}`, "v").catch(() => "")) === "2", "the newer version");
    await until(async () => (await second.hGet(`bff:{${ended.id}}`, "e").catch(() => "")) === "logout", "the ending");
  });

  await t.test("a server that does not tell its history gets everything back at each new connection, and a verdict stands", async (t) => {
    await second.sendCommand(["ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-info"]);
    const { sessions } = await open(t, `redis://app:secret@127.0.0.1:${replica.port}`);
    const [session, reused] = [fresh(), fresh()];
    for (const one of [session, reused]) await sessions.begin(one);
    t.match(await sessions.endUnlessRenewed(reused, REUSED), { kind: "ended" });
    await second.del(`bff:{${session.id}}`);
    await second.sendCommand(["CLIENT", "KILL", "USER", "app"]);
    await until(async () => (await second.exists(`bff:{${session.id}}`)) === 1, "written back");
  });

  await t.test("an older version than is known, or none, is noticed by whoever reads it", async (t) => {
    const { sessions } = await open(t, replica.url);
    const session = fresh();
    const key = `bff:{${session.id}}`;
    await sessions.begin(session);
    const before = await second.hGetAll(key);
    await renew(sessions, session);
    await second.hSet(key, before);
    t.match(await sessions.find(session.id), { version: 2 });
    t.equal(await second.hGet(key, "v"), "2");
    await second.del(key);
    t.match(await sessions.find(session.id), { version: 2 });
    t.equal(await second.hGet(key, "v"), "2");
    await (await open(t, replica.url)).sessions.end(session.id, LOGOUT);
    await second.hSet(key, { v: "1" });
    t.match(await sessions.find(session.id), { kind: "ended" }, "and never over an ending");
  });

  await t.test("of two tickets of the cookie store the one with the higher version wins, whichever was taken in first", async (t) => {
    const cookies = createCookieSessions({ sealer: createSealer(KEYS), clock: systemClock });
    for (const first of ["older", "newer"]) {
      const { sessions } = await open(t, replica.url);
      const older = fresh();
      const newer = refreshed(refreshed(older, "second"), "third");
      // A copy of the ticket of before is refreshed here once.
      const read = (session: Session) => sessions.read(presenting([cookies.seal(session)]));
      if (first === "older") {
        t.match(await read(older), { kind: "session", session: { version: 1 } });
        await renew(sessions, older);
      }
      t.match(await read(newer), { kind: "session", session: { version: 3 } }, first);
      await renew(sessions, newer);
      t.match(await read(older), { kind: "session", session: { version: 4 } }, first);
      t.equal(await second.hGet(`bff:{${older.id}}`, "v"), "4");
    }
  });
});
