import { type AddressInfo, createServer } from "node:net";
import t, { type Test } from "tap";
import { systemClock } from "../../../src/model/clock.js";
import { silentLog } from "../../../src/model/log.js";
import { Secret } from "../../../src/model/secret.js";
import { type Announcements, createAnnouncements } from "../../../src/store/redis/announcements.js";
import { createIndexEntries } from "../../../src/store/redis/index-entries.js";
import { CHANNEL, createPersonKeys } from "../../../src/store/redis/keys.js";
import { createPeople } from "../../../src/store/redis/people.js";
import { connectRedis, type RedisSubscription, type Reply } from "../../../src/store/redis/redis-link.js";
import { createRedisStore } from "../../../src/store/redis/redis-store.js";
import { createSessionIndex } from "../../../src/store/redis/session-index.js";
import { createSealer } from "../../../src/store/sealing.js";
import { createManualClock, flush } from "../../support/manual-clock.js";
import { emptyTable, NO_HISTORY } from "../../support/no-memory.js";
import { keyFrom, sessionOf } from "../../support/session-fixtures.js";

const HEARD: Announcements = { isCurrent: () => true, subscribe: () => () => {}, onReleased: () => () => {}, close() {} };
const session = sessionOf();

/** A store whose server gives one answer to every command, and another to every script. */
function storeThatAnswers(command: Reply, run: Reply = command, clock = systemClock) {
  return createRedisStore({
    link: { command: async () => command, run: async () => run },
    announcements: HEARD,
    sealer: createSealer([keyFrom("strange")]),
    personKeys: createPersonKeys([keyFrom("strange")]),
    clock,
    maxAgeMs: null,
    table: emptyTable(),
    history: NO_HISTORY,
    log: silentLog,
  });
}

const order = { ending: { reason: "signed_out", cause: "logout" }, superseded: false, unlessNewerThan: null } as const;

t.test("an answer that is too short is none: it does not say that a session has no record", async (t) => {
  for (const answer of [[], [null], [null, null, null], [null, null, null, null, null], "OK", null])
    await t.rejects(async () => storeThatAnswers(answer).load(session.id, null), /cannot be read/, JSON.stringify(answer));
  t.match(await storeThatAnswers([null, null, null, null]).load(session.id, null), { kind: "gone" });
});

t.test("nothing counts as written, used or ended but by the script's own word", async (t) => {
  for (const answer of [["QUEUED"], ["OK"], ["logout", "logout", "0", "0"], [""], []]) {
    const store = storeThatAnswers(answer);
    await t.rejects(async () => store.commit(session, 1, null), /cannot be read/, `commit: ${answer}`);
    await t.rejects(async () => store.touch(session, null), /cannot be read/, `touch: ${answer}`);
    await t.rejects(async () => store.end(session, order), /cannot be read/, `end: ${answer}`);
    await t.rejects(async () => store.lease(session.id), /cannot be read/, `lease: ${answer}`);
  }
  t.same(await storeThatAnswers(["saved"]).commit(session, 1, null), { kind: "saved" });
});

t.test("a moment that no calendar has is no answer", async (t) => {
  for (const moment of ["1e300", "Infinity", "NaN", "-9000000000000000", Number.NaN])
    await t.rejects(async () => storeThatAnswers(["touched", moment]).touch(session, null), /cannot be read/, String(moment));
});

t.test("whoever waits for a lease waits no longer than a lease lasts", async (t) => {
  const clock = createManualClock();
  const leased = await storeThatAnswers([], ["held", "3600000"], clock).lease(session.id);
  if (leased.kind !== "held") throw new Error(leased.kind);
  let isOver = false;
  void leased.over.then(() => {
    isOver = true;
  });
  clock.advance(5_000);
  await flush();
  t.ok(isOver);
});

t.test("a list that never comes to its end is asked for no longer than somebody waits for it", async (t) => {
  const clock = createManualClock();
  let asked = 0;
  const link = {
    async command(): Promise<Reply> {
      // Beyond what a test should take; in time it asks five times.
      if (++asked > 100) throw new Error("without an end");
      clock.advance(1_000);
      return ["1", []];
    },
    run: async () => [],
  };
  const entries = createIndexEntries({ link, now: () => clock.now() });
  const people = createPeople({ link, entries, personKeys: createPersonKeys([keyFrom("strange")]) });
  const index = createSessionIndex({ link, entries, people, clock });
  await t.rejects(async () => index.named("0123456789abcdef"), /not at its end within 5000 ms/);
  t.equal(asked, 5);
});

t.test("a record of megabytes is not opened", async (t) => {
  const sealed = createSealer([keyFrom("strange")]).seal("record", Buffer.alloc(2 * 1024 * 1024));
  await t.rejects(async () => storeThatAnswers([null, null, sealed, "1"]).load(session.id, null), /longer than any/);
});

t.test("a message of megabytes is not taken apart", async (t) => {
  let say: (message: string) => void = () => {};
  const subscription: RedisSubscription = {
    onSubscribed: () => () => {},
    onLost: () => () => {},
    onMessage(listener) {
      say = listener;
      return () => {};
    },
    ping: async () => {},
  };
  const announcements = createAnnouncements(subscription, createManualClock(), { command: async () => "PONG" });
  t.teardown(() => announcements.close());
  const ended: string[] = [];
  announcements.subscribe({ ended: (id) => void ended.push(id), missed() {} });
  say(`ended ${session.id} logout 0${" ".repeat(1_000)}`);
  t.same(ended, []);
  say(`ended ${session.id} logout 0`);
  t.same(ended, [session.id]);
});

/** Answers to a greeting, and one to all else. */
async function startTinyRedis(t: Test, answer: string): Promise<string> {
  const server = createServer((socket) => {
    t.teardown(() => socket.destroy());
    socket.on("data", (bytes) => {
      // Each command comes as a list of texts (https://redis.io/docs/latest/develop/reference/protocol-spec/).
      for (const [, name = ""] of bytes.toString("latin1").matchAll(/\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n/g)) {
        if (/^hello$/i.test(name)) socket.write("%0\r\n");
        else if (/^subscribe$/i.test(name)) socket.write(`>3\r\n$9\r\nsubscribe\r\n$${CHANNEL.length}\r\n${CHANNEL}\r\n:1\r\n`);
        else socket.write(/^ping$/i.test(name) ? "+PONG\r\n" : answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test("a number of as many digits as somebody likes does not stop the process", async (t) => {
  const url = await startTinyRedis(t, `(${"9".repeat(200_000)}\r\n`);
  const { link, ready, close } = await connectRedis({
    url: new Secret(url),
    channel: CHANNEL,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  t.teardown(close);
  await ready;
  const sinceMs = performance.now();
  await link.command("GET", "anything");
  t.ok(performance.now() - sinceMs < 1_000);
});
