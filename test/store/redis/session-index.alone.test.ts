import { createClient } from "@redis/client";
import t from "tap";
import { systemClock } from "../../../src/model/clock.js";
import { silentLog } from "../../../src/model/log.js";
import { Secret } from "../../../src/model/secret.js";
import { createSessionId, type Session, sessionPseudonym } from "../../../src/model/session.js";
import { openRedis } from "../../../src/store/redis/open-redis.js";
import type { IndexPlace, SessionDirectory, SessionStore } from "../../../src/store/session-store.js";
import type { SessionTable } from "../../../src/store/session-table.js";
import { until } from "../../support/condition.js";
import { startCluster, withoutRedis } from "../../support/redis-server.js";
import { HOUR_MS, keyFrom, sessionOf } from "../../support/session-fixtures.js";

const skip = await withoutRedis();

/** All that a directory names, so many at a time. */
async function walk(directory: SessionDirectory, count: number, user: string | null = null, sinceMs = 0): Promise<readonly string[]> {
  const ids: string[] = [];
  let from: IndexPlace | null = null;
  for (;;) {
    const page = await directory.page(user, from, count, sinceMs);
    if ("kind" in page) throw new Error("away");
    ids.push(...page.map(({ id }) => id));
    if (page.length < count) return ids;
    from = page.at(-1) ?? null;
  }
}

t.test("the index of all sessions, where every command has to be of one slot", { skip }, async (t) => {
  const server = await startCluster();
  const redis = await createClient({ url: server.url }).connect();
  const opened: { close(): void }[] = [];
  t.teardown(async () => {
    for (const each of opened) each.close();
    redis.destroy();
    await server.stop();
  });

  async function open(keys: readonly string[] = ["one"]): Promise<{ readonly store: SessionStore; readonly directory: SessionDirectory }> {
    const one = await openRedis({
      url: new Secret(server.url),
      sessionKeys: keys.map(keyFrom),
      maxAgeMs: null,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
    });
    opened.push(one);
    const store = one.openStore({} as SessionTable);
    if (!store.directory) throw new Error("no index");
    return { store, directory: store.directory };
  }

  const { store, directory } = await open();
  const nowMs = Date.now();
  const begin = async (startedAtMs: number, whose: Partial<Session> = {}): Promise<Session> => {
    const session = { ...sessionOf({ issuedAtMs: nowMs }), startedAtMs, ...whose };
    await store.commit(session, null, null);
    return session;
  };

  await t.test("names each once, the latest first, however many are on a page and began in the same millisecond", async (t) => {
    const begun: Session[] = [];
    for (let count = 0; count < 60; count++) begun.push(await begin(nowMs - (count % 3) * HOUR_MS));
    for (const count of [1, 7, 60, 100]) {
      const ids = await walk(directory, count);
      t.same([...ids].sort(), begun.map(({ id }) => id).sort(), `${count} on a page`);
      const began = ids.map((id) => begun.find((session) => session.id === id)?.startedAtMs ?? 0);
      t.same(
        began,
        [...began].sort((a, b) => b - a),
      );
    }
    t.equal((await walk(directory, 10, null, nowMs - HOUR_MS)).length, 40);
    t.same(await directory.countSince([nowMs, nowMs - HOUR_MS, nowMs - HOUR_MS + 1, 0, nowMs + 1]), [20, 40, 20, 60, 0]);
  });

  await t.test("finds one by what the log calls it, and forgets it once it has ended", async (t) => {
    const session = await begin(nowMs);
    const name = sessionPseudonym(session.id);
    t.same(await directory.named(name), [session.id]);
    t.same(await directory.named(name.replace(/.$/, (last) => (last === "0" ? "1" : "0"))), []);
    await store.end(session.id, { ending: { reason: "signed_out", cause: "operator" }, superseded: false, unlessNewerThan: null });
    await until(async () => Array.isArray(await directory.named(name)) && Object(await directory.named(name)).length === 0, "forgotten");
  });

  await t.test("finds a person's by subject and by username, also those of before a new session key, and nobody else's", async (t) => {
    const anna = { subject: "sub-anna", username: "anna" };
    const before = await begin(nowMs - 2, anna);
    await begin(nowMs, { subject: "sub-bob", username: "bob" });
    // A username may be what another person's subject is.
    const trickster = await begin(nowMs, { subject: "sub-eve", username: "sub-anna" });
    const changed = await open(["two", "one"]);
    const after = { ...sessionOf({ issuedAtMs: nowMs }), startedAtMs: nowMs - 1, ...anna };
    await changed.store.commit(after, null, null);
    for (const count of [1, 10]) t.same(await walk(changed.directory, count, "anna"), [after.id, before.id]);
    t.same(
      [...(await walk(changed.directory, 10, "sub-anna"))].sort(),
      [after.id, before.id, trickster.id].sort(),
      "whoever has that name",
    );
    t.same(await walk(changed.directory, 10, "nobody"), []);
    for (const key of await redis.keys("bff:person:*")) t.notMatch(key, /anna|bob/);
  });

  await t.test("does not lose a session that was refreshed while its entry was missing", async (t) => {
    const session = await begin(nowMs - 5);
    directory.forget(session.id, null);
    await until(async () => !(await walk(directory, 100)).includes(session.id), "forgotten");
    const unverified = { ...session.tokens, refresh: new Secret("newer") };
    await store.commit({ ...session, unverified, version: session.version + 1 }, session.version, null);
    t.ok((await walk(directory, 100)).includes(session.id));
  });

  await t.test("finds one by its name among thousands", async (t) => {
    const session = await begin(nowMs);
    const name = sessionPseudonym(session.id);
    const others = Array.from({ length: 5_000 }, () => ({ score: nowMs, value: createSessionId() }));
    await redis.zAdd(`bff:sessions:${name.slice(0, 1)}`, others);
    t.same(await directory.named(name), [session.id]);
  });
});
