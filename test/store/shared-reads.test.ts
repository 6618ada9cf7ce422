import t from "tap";
import { createSealer } from "../../src/store/sealing.js";
import { createManualClock } from "../support/manual-clock.js";
import { keyFrom, presenting, sessionOf } from "../support/session-fixtures.js";
import { openProcess } from "../support/session-stores.js";
import { SlowBackend } from "../support/slow-store.js";

/** A process that has read nothing yet, and the ticket of a session that another has begun. */
async function another(trustMs: number) {
  const clock = createManualClock();
  const backend = new SlowBackend({ clock, trustMs });
  const sealer = createSealer([keyFrom("shared reads")]);
  const open = () => openProcess({ sealer, clock, openStore: () => backend.open() }).sessions;
  const [first, second] = [open(), open()];
  const session = sessionOf();
  await first.begin(session);
  const read = () => Promise.resolve(second.read(presenting([first.seal(session)])));
  return { backend, clock, session, read, second, loads: () => backend.asked["load"] ?? 0 };
}

t.test("ten calls of a page ask the store once, and a second later once more", async (t) => {
  const { clock, session, read, loads } = await another(1_000);
  const ten = () => Promise.all(Array.from({ length: 10 }, read));
  for (const reading of await ten()) t.match(reading, { kind: "session", session: { id: session.id } });
  t.equal(loads(), 1);
  await ten();
  t.equal(loads(), 1, "which counts for a second");
  await clock.run(1_001);
  await ten();
  t.equal(loads(), 2);
});

t.test("where nothing is trusted every call asks for itself", async (t) => {
  const { read, loads } = await another(0);
  await Promise.all([read(), read(), read()]);
  t.equal(loads(), 3);
});

t.test("reading again, as a refresh does under its lease, never takes an answer that was asked for before", async (t) => {
  const { session, read, second, loads } = await another(1_000);
  await Promise.all([read(), Promise.resolve(second.reload(session))]);
  t.equal(loads(), 2);
});

t.test("a store that is away is asked again by the next call", async (t) => {
  const { backend, read } = await another(1_000);
  backend.away = true;
  for (const reading of await Promise.all([read(), read()])) t.match(reading, { kind: "unavailable" });
  backend.away = false;
  t.match(await read(), { kind: "session" });
});

t.test("what the store said counts from when it was asked: an answer that was long on its way is that much older", async (t) => {
  const clock = createManualClock();
  let halfMs = 0;
  const backend = new SlowBackend({ clock, trustMs: 1_000, wait: () => new Promise((resolve) => void clock.after(halfMs, resolve)) });
  const sealer = createSealer([keyFrom("shared reads")]);
  const { sessions } = openProcess({ sealer, clock, openStore: () => backend.open() });
  const session = sessionOf();
  await clock.advanceUntilSettled(Promise.resolve(sessions.begin(session)));
  await clock.run(1_001);
  const read = () => clock.advanceUntilSettled(Promise.resolve(sessions.read(presenting([sessions.seal(session)]))));
  const loads = () => backend.asked["load"] ?? 0;
  halfMs = 400;
  await read();
  await clock.run(150);
  await read();
  t.equal(loads(), 1);
  await clock.run(100);
  await read();
  t.equal(loads(), 2, "a second after it was asked, and a quarter of one after it had answered");

  // A commit counts in the same way.
  await clock.run(1_001);
  const leased = await clock.advanceUntilSettled(Promise.resolve(sessions.lease(session.id)));
  if (leased.kind !== "granted") throw new Error(leased.kind);
  const next = { ...session, version: session.version + 1 };
  await clock.advanceUntilSettled(Promise.resolve(sessions.commit(next, session.version, leased.lease)));
  await clock.run(201);
  await read();
  t.equal(loads(), 3);

  // One that was asked before and comes later makes nothing older.
  await clock.run(1_001);
  halfMs = 450;
  const slow = Promise.resolve(sessions.reload(next));
  halfMs = 100;
  await clock.run(300);
  await read();
  await clock.advanceUntilSettled(slow);
  const before = loads();
  await clock.run(600);
  await read();
  t.equal(loads(), before);
});
