import { createClient } from "@redis/client";
import t, { type Test } from "tap";
import { systemClock } from "../../../src/model/clock.js";
import { silentLog } from "../../../src/model/log.js";
import { Secret } from "../../../src/model/secret.js";
import type { Session } from "../../../src/model/session.js";
import { openRedis } from "../../../src/store/redis/open-redis.js";
import { createSealer } from "../../../src/store/sealing.js";
import { encodeSession } from "../../../src/store/session-codec.js";
import type { Lease, SessionStore } from "../../../src/store/session-store.js";
import { DICTIONARY } from "../../../src/store/token-packing.js";
import type { SessionEnding } from "../../../src/wire/reasons.js";
import { until } from "../../support/condition.js";
import { emptyTable } from "../../support/no-memory.js";
import { startRedis, withoutRedis } from "../../support/redis-server.js";
import { HOUR_MS, keyFrom, refreshedSession, revealed, sessionOf } from "../../support/session-fixtures.js";

const skip = await withoutRedis();
const REUSED: SessionEnding = { reason: "expired", cause: "refresh_token_reused" };
const EXPIRED: SessionEnding = { reason: "expired", cause: "refresh_token_expired" };
const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const DAY_MS = 24 * HOUR_MS;

const fresh = (): Session => sessionOf({ issuedAtMs: Date.now() });
const refreshed = (session: Session) => refreshedSession(session, { issuedAtMs: Date.now(), lifeMs: HOUR_MS }, "rotated");
const ofVerdict = (session: Session, ending: SessionEnding) => ({ ending, superseded: false, unlessNewerThan: session });
const onPurpose = { ending: LOGOUT, superseded: false, unlessNewerThan: null };

async function leaseOf(store: SessionStore, { id }: Session): Promise<Lease> {
  const leased = await store.lease(id);
  if (leased.kind !== "granted") throw new Error(`no lease: ${leased.kind}`);
  return leased.lease;
}

t.test("sessions in Redis", { skip }, async (t) => {
  const server = await startRedis();
  const redis = await createClient({ url: server.url }).connect();
  t.teardown(async () => {
    redis.destroy();
    await server.stop();
  });

  /** The store of one process; it looks at no table. */
  async function open(
    t: Test,
    keys: readonly string[] = ["one"],
    maxAgeMs: number | null = null,
    table = emptyTable(),
  ): Promise<SessionStore> {
    const opened = await openRedis({
      url: new Secret(server.url),
      sessionKeys: keys.map(keyFrom),
      maxAgeMs,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
    });
    t.teardown(() => opened.close());
    return opened.openStore(table);
  }

  await t.test("while another process may still come back with what it asked for, a token used twice ends nothing", async (t) => {
    const [gone, store] = [await open(t), await open(t)];
    const session = fresh();
    await gone.commit(session, null, null);
    const first = await leaseOf(gone, session);
    t.equal(await first.announce(), "announced");
    await redis.del(`bff:{${session.id}}:lease`);
    const second = await leaseOf(store, session);
    await second.announce();
    t.match(await store.end(session, ofVerdict(session, REUSED)), { kind: "unavailable" });
    t.match(await store.load(session.id, null), { version: 1 }, "it lives");
    t.same(await gone.commit(refreshed(session), 1, first), { kind: "saved" }, "what comes late is taken where nobody wrote meanwhile");
    t.match(await store.end(session, ofVerdict(session, REUSED)), { kind: "newer", session: { version: 2 } });
  });

  await t.test("a lease that has lost its time to live is given one: it is not held for ever", async (t) => {
    const store = await open(t);
    const { id } = fresh();
    await leaseOf(store, { ...fresh(), id });
    const key = `bff:{${id}}:lease`;
    await redis.persist(key);
    t.match(await store.lease(id), { kind: "held" });
    const leftMs = await redis.pTTL(key);
    t.ok(leftMs > 0 && leftMs <= 5_000, String(leftMs));
  });

  await t.test("its own question, another verdict, or a sign-out is held up by no note", async (t) => {
    const store = await open(t);
    for (const [order, announced] of [
      [ofVerdict, REUSED],
      [ofVerdict, EXPIRED],
    ] as const) {
      const session = fresh();
      await store.commit(session, null, null);
      await (await leaseOf(store, session)).announce();
      t.match(await store.end(session, order(session, announced)), { kind: "ended", ending: announced });
    }
    const session = fresh();
    const other = await open(t);
    await store.commit(session, null, null);
    await (await leaseOf(other, session)).announce();
    t.match(await store.end(session, onPurpose), { kind: "ended", ending: LOGOUT });
  });

  await t.test(
    "a question whose answer was lost stays noted when its lease is given back, for two minutes, and longer for the log",
    async (t) => {
      const [one, two] = [await open(t), await open(t)];
      const session = fresh();
      await one.commit(session, null, null);
      const lease = await leaseOf(one, session);
      await lease.announce();
      await lease.release("open");
      t.match(await two.end(session, ofVerdict(session, REUSED)), { kind: "unavailable" });
      const notes = `bff:{${session.id}}:intents`;
      await redis.hSet(notes, String(lease.fence), Date.now() - 121_000);
      t.match(await two.end(session, ofVerdict(session, REUSED)), {
        kind: "ended",
        ending: REUSED,
        unanswered: true,
        last: { version: 1 },
      });
      t.equal(await redis.exists(notes), 0);
    },
  );

  await t.test("a refresh that is written shows that questions of long ago did no harm; younger ones may yet", async (t) => {
    const [one, two] = [await open(t), await open(t)];
    for (const [agoMs, unanswered] of [
      [121_000, false],
      [119_000, true],
    ] as const) {
      const session = fresh();
      await one.commit(session, null, null);
      const lease = await leaseOf(one, session);
      await lease.announce();
      await lease.release("open");
      const notes = `bff:{${session.id}}:intents`;
      await redis.hSet(notes, String(lease.fence), Date.now() - agoMs);
      const next = await leaseOf(two, session);
      t.same(await two.commit(refreshed(session), 1, next), { kind: "saved" });
      t.equal((await redis.exists(notes)) === 1, unanswered);
    }
  });

  await t.test("an outage that loses answers for hours leaves so many notes and no more, the newest", async (t) => {
    const store = await open(t);
    const session = fresh();
    await store.commit(session, null, null);
    const fences: number[] = [];
    for (let time = 0; time < 140; time++) {
      const lease = await leaseOf(store, session);
      t.equal(await lease.announce(), "announced");
      await lease.release("open");
      fences.push(lease.fence);
    }
    const kept = (await redis.hKeys(`bff:{${session.id}}:intents`)).map(Number).sort((a, b) => a - b);
    t.same(kept, fences.slice(-128));
  });

  await t.test("a lease that is given back closes its note", async (t) => {
    const [one, two] = [await open(t), await open(t)];
    const session = fresh();
    await one.commit(session, null, null);
    const lease = await leaseOf(one, session);
    await lease.announce();
    await lease.release("closed");
    t.match(await two.end(session, ofVerdict(session, REUSED)), { kind: "ended", ending: REUSED });
  });

  const lasts = async (t: Test, key: string, days: number) =>
    t.ok(Math.abs((await redis.pTTL(key)) - days * DAY_MS) < HOUR_MS, `${key} lasts ${days} days`);

  await t.test("a record is kept until the session's end and a day, and its ending as long, without a token in it", async (t) => {
    for (const [limitDays, days] of [
      [30, 31],
      [null, 401],
    ] as const) {
      const store = await open(t, ["one"], limitDays && limitDays * DAY_MS);
      const session = fresh();
      await store.commit(session, null, null);
      const key = `bff:{${session.id}}`;
      await lasts(t, key, days);
      await store.end(session.id, onPurpose);
      await lasts(t, key, days);
      t.strictSame({ ...(await redis.hGetAll(key)) }, { e: "logout", x: "0" });
    }
  });

  await t.test("of an id that nobody has a session of, ended or with a lease, the store knows for two days", async (t) => {
    const store = await open(t);
    const [unknown, leased, carried] = [fresh(), fresh(), fresh()];
    t.match(await store.end(unknown.id, onPurpose), { kind: "ended", before: false, last: null });
    await lasts(t, `bff:{${unknown.id}}`, 2);
    await (await leaseOf(store, leased)).release("closed");
    await lasts(t, `bff:{${leased.id}}`, 2);
    // Its ticket may come again, and holds all that a refresh takes.
    await store.end(carried, onPurpose);
    await lasts(t, `bff:{${carried.id}}`, 401);
  });

  const personal = async (id: string) =>
    (await Promise.all((await redis.keys("bff:person:*")).map((key) => redis.zScore(key, id)))).some((score) => score !== null);

  await t.test("entries of the index behind which nobody lives leave as soon as they are met; others stay", async (t) => {
    const store = await open(t);
    const begun = async (agoMs: number) => {
      const session = { ...sessionOf({ subject: "met" }), username: "met", startedAtMs: Date.now() - agoMs };
      await store.commit(session, null, null);
      return session;
    };
    const gone = await begun(HOUR_MS);
    const [living, over, sealed, beginning] = [await begun(HOUR_MS), await begun(HOUR_MS), await begun(HOUR_MS), await begun(0)];
    for (const { id } of [gone, beginning]) await redis.del(`bff:{${id}}`);
    await redis.hDel(`bff:{${over.id}}`, ["v", "r", "q", "d", "s", "w"]);
    await redis.hSet(`bff:{${over.id}}`, { e: "logout", x: "0" });
    await redis.hSet(`bff:{${sealed.id}}`, "d", createSealer([keyFrom("of long ago")]).seal("record", Buffer.from("none"), DICTIONARY));
    t.match(await store.sessionsOf("met", 9), { kind: "sessions", sessions: [{ id: living.id }] });
    await until(async () => !(await personal(gone.id)) && !(await personal(over.id)), "those that are over leave");
    for (const { id } of [living, sealed, beginning]) t.ok(await personal(id));
    await redis.del(`bff:{${living.id}}`);
    await store.endAllOf("met", LOGOUT, Date.now());
    await until(async () => !(await personal(living.id)) && !(await personal(sealed.id)), "all of them");
  });

  await t.test("nobody leaves the index for its age, and sign-ins clear away what is of no use, a few each", async (t) => {
    const begun = (agoMs: number) => ({ ...sessionOf({ subject: "old" }), username: "old", startedAtMs: Date.now() - agoMs });
    const old = begun(900 * DAY_MS);
    await (await open(t)).commit(old, null, null);
    const keys = await redis.keys("bff:person:*");
    const [key = ""] = (await Promise.all(keys.map(async (each) => ((await redis.zScore(each, old.id)) === null ? [] : [each])))).flat();
    await redis.zAdd(
      key,
      Array.from({ length: 60 }, () => ({ score: Date.now() - HOUR_MS, value: fresh().id })),
    );
    // Another process, with a limit that this one has not.
    const store = await open(t, ["one"], DAY_MS);
    for (let signIns = 0; signIns < 60; signIns++) await store.commit(begun(0), null, null);
    await until(async () => (await redis.zCard(key)) < 61 + 30, "most of the dead have left");
    t.ok(await personal(old.id), "one that lives does not, however old");
  });

  await t.test("a session key that is changed keeps records and people; one that is missing is no verdict", async (t) => {
    const session = fresh();
    await (await open(t, ["one"])).commit(session, null, null);
    const rolled = await open(t, ["two", "one"]);
    t.match(await rolled.load(session.id, null), { id: session.id });
    const listed = await rolled.sessionsOf(session.subject, 9);
    t.ok(listed.kind === "sessions" && listed.sessions.some(({ id }) => id === session.id));
    const stranger = await open(t, ["three"]);
    await t.rejects(Promise.resolve(stranger.load(session.id, null)), /unknown_key/);
    t.match(await stranger.end(session.id, onPurpose), { kind: "ended", before: false, last: null }, "an ending needs no key");
    t.match(await rolled.load(session.id, null), { kind: "ended" });
  });

  await t.test("what signed in stays with the session, and a record from before that was kept has none", async (t) => {
    const store = await open(t);
    const session: Session = { ...fresh(), userAgent: { browser: "Firefox", system: null } };
    await store.commit(session, null, null);
    t.match(await store.load(session.id, null), { userAgent: { browser: "Firefox", system: null } });
    const before = createSealer([keyFrom("one")]).seal("record", Buffer.concat([Uint8Array.of(1), encodeSession(session)]), DICTIONARY);
    await redis.hSet(`bff:{${session.id}}`, "d", before);
    const loaded = await store.load(session.id, null);
    t.match(loaded, { id: session.id, userAgent: null });
    if (!("kind" in loaded)) t.same(revealed(loaded), revealed({ ...session, userAgent: null }));
  });

  await t.test("a person's list has the newest, and one that cannot be opened any more hides no other", async (t) => {
    const store = await open(t);
    const begunAgo = (hours: number) => ({ ...sessionOf({ subject: "many" }), startedAtMs: Date.now() - hours * HOUR_MS });
    const [newest, sealed, third, fourth] = [begunAgo(0), begunAgo(1), begunAgo(2), begunAgo(3)];
    for (const session of [fourth, newest, sealed, third]) await store.commit(session, null, null);
    const bytes = Buffer.concat([Uint8Array.of(1), encodeSession(sealed)]);
    await redis.hSet(`bff:{${sealed.id}}`, "d", createSealer([keyFrom("of long ago")]).seal("record", bytes, DICTIONARY));
    const listed = await store.sessionsOf("many", 3);
    t.same(listed.kind === "sessions" && listed.sessions.map(({ id }) => id), [newest.id, third.id]);
  });

  await t.test("a record that was moved to another session's place is none of it", async (t) => {
    const store = await open(t);
    const [mine, theirs] = [fresh(), fresh()];
    for (const session of [mine, theirs]) await store.commit(session, null, null);
    await redis.hSet(`bff:{${mine.id}}`, "d", (await redis.hGet(`bff:{${theirs.id}}`, "d")) ?? "");
    await t.rejects(Promise.resolve(store.load(mine.id, null)), /another session/);
  });

  await t.test("a ticket that holds its session whole is served until a refresh writes it, and never after its ending", async (t) => {
    const table = emptyTable(100_000);
    const store = await open(t, ["one"], null, table);
    const carried = fresh();
    t.match(await store.load(carried.id, carried), { id: carried.id });
    t.match(await store.load(carried.id, null), { kind: "gone" }, "it is held once, where its bytes are counted");
    table.keep(carried, "in_store");
    t.match(await store.load(carried.id, null), { id: carried.id }, "under its lease, too");
    t.equal(await redis.exists(`bff:{${carried.id}}`), 0, "nobody has written it");
    t.same(await store.commit(refreshed(carried), 1, await leaseOf(store, carried)), { kind: "saved" });
    t.match(await store.load(carried.id, carried), { version: 2 });
    await store.end(carried, onPurpose);
    t.match(await store.load(carried.id, carried), { kind: "ended" });
    t.match(await (await open(t)).load(carried.id, carried), { kind: "ended" });
    t.match(await store.commit(refreshed(carried), 1, null), { kind: "ended" });
  });
});
