import { readFile } from "node:fs/promises";
import t from "tap";
import { systemClock } from "../../src/model/clock.js";
import { guardStore } from "../../src/store/guarded-store.js";
import { type Lease, type Leased, type SessionStore, UnreadableRecord } from "../../src/store/session-store.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock, flush } from "../support/manual-clock.js";
import { sessionOf } from "../support/session-fixtures.js";
import { SlowBackend } from "../support/slow-store.js";

const AWAY = { kind: "unavailable", retryAfterSeconds: 1 };

/** A store of which one command is the test's own. */
function guarded(changes: Partial<SessionStore>) {
  const clock = createManualClock();
  const log = collectLog();
  const backend = new SlowBackend({ clock });
  return { clock, log, backend, store: guardStore({ ...backend.open(), ...changes }, { clock, log }) };
}

t.test("a command that is not answered within a second is unavailable, however the wall clock is set", async (t) => {
  const { clock, store } = guarded({ load: () => new Promise(() => {}) });
  let answer: unknown = null;
  void Promise.resolve(store.load(sessionOf().id, null)).then((late) => (answer = late));
  clock.jump(3_600_000);
  await clock.run(999);
  t.equal(answer, null);
  await clock.run(1);
  t.same(answer, AWAY);
  t.equal(clock.pending(), 0);
});

t.test("a process that stood still for longer reads what has come meanwhile before it calls it late", async (t) => {
  const { backend } = guarded({});
  const real = guardStore(
    { ...backend.open(), load: () => readFile(new URL(import.meta.url)).then(() => ({ kind: "gone" })) },
    { clock: systemClock, log: collectLog() },
  );
  const answer = real.load(sessionOf().id, null);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_050);
  t.same(await answer, { kind: "gone" });
});

t.test("a record that cannot be opened is no verdict, and no sign that the store is away", async (t) => {
  const { store } = guarded({ load: () => Promise.reject(new UnreadableRecord("of another key")) });
  t.same(await store.load(sessionOf().id, null), { ...AWAY, unreadable: true });
});

t.test("an answer in time leaves no timer behind", async (t) => {
  const { clock, store } = guarded({});
  t.same(await store.load(sessionOf().id, null), { kind: "gone" });
  t.equal(clock.pending(), 0);
});

t.test("a lease that is granted after nobody waits for it any more is given back", async (t) => {
  let grant = (_leased: Leased): void => {};
  let released = 0;
  const { clock, store } = guarded({ lease: () => new Promise<Leased>((resolve) => (grant = resolve)) });
  const leased = store.lease(sessionOf().id);
  await clock.run(1_000);
  t.same(await leased, AWAY);
  const lease: Lease = {
    fence: 1,
    lastsMs: 5_000,
    renew: () => "renewed",
    announce: () => "announced",
    alternates: () => [],
    release() {
      released += 1;
    },
  };
  grant({ kind: "granted", lease });
  await flush();
  t.equal(released, 1);
});

t.test("a lease's commands break down one by one: none of them rejects", async (t) => {
  const { backend, clock, store } = guarded({});
  const leased = await store.lease(sessionOf().id);
  if (leased.kind !== "granted") throw new Error("no lease");
  for (const fault of ["throws", "rejects", "never answers"] as const) {
    backend.broken = { renew: fault, announce: fault, release: fault };
    const answers = Promise.all([leased.lease.renew(), leased.lease.announce(), leased.lease.release("closed")]);
    t.same(await clock.advanceUntilSettled(answers), ["unavailable", "unavailable", undefined], fault);
  }
});

t.test("a sibling's lease whose end cannot be heard counts as over: whoever waits looks again", async (t) => {
  const { store } = guarded({ lease: () => ({ kind: "held", over: Promise.reject(new Error("the connection is gone")) }) });
  const held = await store.lease(sessionOf().id);
  t.equal(held.kind, "held");
  if (held.kind === "held") t.equal(await held.over, undefined);
});

t.test("a store that breaks down on every command says so once in ten seconds, without what it was asked", async (t) => {
  const { backend, clock, log, store } = guarded({});
  backend.broken = { commit: "throws" };
  const session = sessionOf();
  for (let times = 0; times < 50; times++) await store.commit(session, 1, null);
  t.match(log.lines, [{ level: "error", fields: { command: "commit", error: { message: "the store broke down" } } }]);
  t.notMatch(log.text(), session.tokens.refresh.reveal());
  clock.advance(10_000);
  await store.commit(session, 1, null);
  t.equal(log.lines.length, 2);
});
