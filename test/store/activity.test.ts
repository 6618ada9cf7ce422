import t from "tap";
import type { Session } from "../../src/model/session.js";
import { limitPassed } from "../../src/session/limits.js";
import { createSealer } from "../../src/store/sealing.js";
import type { Sessions } from "../../src/store/sessions.js";
import { createManualClock } from "../support/manual-clock.js";
import { HOUR_MS, keyFrom, MINUTE_MS, presenting, refreshedSession, START_MS, sessionOf } from "../support/session-fixtures.js";
import { openProcess } from "../support/session-stores.js";
import { SlowBackend } from "../support/slow-store.js";

const IDLE_MS = 15 * MINUTE_MS;
const SECOND_MS = 1_000;

/** Processes with one store and an idle limit, and a session that began at one of them. */
async function deployed(idleTimeoutMs: number | null = IDLE_MS) {
  const clock = createManualClock(START_MS);
  const backend = new SlowBackend({ clock, wait: () => Promise.resolve(), trustMs: SECOND_MS });
  const limits = { idleTimeoutMs, maxAgeMs: null };
  const isIdle = (session: Session) => limitPassed(session, clock.now(), limits) !== null;
  const open = () =>
    openProcess({
      sealer: createSealer([keyFrom("activity")]),
      clock,
      openStore: () => backend.open(),
      idleTimeoutMs,
      seemsOver: isIdle,
    }).sessions;
  const [here, there] = [open(), open()];
  const session = sessionOf();
  await here.begin(session);
  const ticket = here.seal(session);

  /** What a process says of the session when its ticket comes. */
  async function isIdleAt(sessions: Sessions): Promise<boolean> {
    const reading = await sessions.read(presenting([ticket]));
    if (reading.kind !== "session") throw new Error(reading.kind);
    return isIdle(sessions.latest(reading.session));
  }

  return {
    clock,
    backend,
    here,
    there,
    session,
    isIdleAt,
    writes: () => backend.asked["touch"] ?? 0,
    stored: () => backend.rows.get(session.id)?.session.lastSeenAtMs ?? 0,
    /** Uses the session at a process every few seconds. */
    async use(sessions: Sessions, forMs: number): Promise<void> {
      for (const endMs = clock.now() + forMs; clock.now() < endMs; await clock.run(10 * SECOND_MS))
        sessions.noteActivity(session, clock.now());
    },
  };
}

t.test("ninety calls in an idle period cost one write", async (t) => {
  const { here, writes, use } = await deployed();
  await use(here, IDLE_MS);
  t.equal(writes(), 1);
  await use(here, 7 * IDLE_MS);
  t.ok(writes() <= 11, `${writes()} in eight periods`);
});

t.test("a session that is used at one process is never idle at another", async (t) => {
  const { here, there, use, isIdleAt } = await deployed();
  for (let times = 0; times < 60; times++) {
    await use(here, MINUTE_MS);
    t.equal(await isIdleAt(there), false);
  }
});

t.test("the limit is the same at every process, to the millisecond", async (t) => {
  const { clock, here, there, use, isIdleAt } = await deployed();
  await use(here, 7 * MINUTE_MS);
  await clock.run(IDLE_MS - 10 * SECOND_MS - 1);
  t.same([await isIdleAt(here), await isIdleAt(there)], [false, false]);
  await clock.run(1);
  t.same([await isIdleAt(here), await isIdleAt(there)], [true, true]);
});

t.test("after a process was killed the limit may fall early, and never late", async (t) => {
  for (const usedForMs of [MINUTE_MS, 5 * MINUTE_MS, 14 * MINUTE_MS, 23 * MINUTE_MS]) {
    const { backend, clock, here, there, use, isIdleAt } = await deployed();
    await use(here, usedForMs);
    const lastSeenAtMs = clock.now() - 10 * SECOND_MS;
    // What it still says is not heard.
    backend.broken = { touch: "never answers" };
    await clock.run(lastSeenAtMs + IDLE_MS - clock.now());
    t.equal(await isIdleAt(there), true, `${usedForMs / MINUTE_MS} minutes`);
  }
});

t.test("a process that stops writes what it has seen before it goes", async (t) => {
  const { clock, here, use, stored, writes } = await deployed();
  await use(here, 3 * MINUTE_MS);
  t.equal(stored(), START_MS);
  await clock.advanceUntilSettled(here.settled(), 500);
  t.equal(stored(), START_MS + 3 * MINUTE_MS - 10 * SECOND_MS);
  await clock.run(HOUR_MS);
  t.equal(writes(), 1, "once");
});

t.test("what could not be written while the store was away is written once it is back, in time", async (t) => {
  const { backend, clock, here, there, use, isIdleAt } = await deployed();
  await use(here, 10 * MINUTE_MS);
  backend.away = true;
  await clock.run(3 * MINUTE_MS);
  backend.away = false;
  await clock.run(3 * MINUTE_MS);
  t.equal(await isIdleAt(there), false);
});

t.test("while the store is away a process that stops asks it for fifty sessions, not for all", async (t) => {
  const { backend, clock, here, writes } = await deployed();
  await clock.run(MINUTE_MS);
  for (let count = 0; count < 500; count++) here.noteActivity(sessionOf(), clock.now());
  backend.broken = { touch: "never answers" };
  await clock.advanceUntilSettled(here.settled(), 1_000);
  t.equal(writes(), 50);
});

t.test("a process that was stopped for a while does not take a session for idle that it has seen", async (t) => {
  const { clock, here, use, isIdleAt } = await deployed();
  await use(here, 10 * MINUTE_MS);
  // None of its timers has run.
  clock.jump(6 * MINUTE_MS);
  t.equal(await isIdleAt(here), false);
});

t.test("a refresh writes activity as well", async (t) => {
  const { clock, here, session, use, writes } = await deployed();
  await use(here, 10 * MINUTE_MS);
  const lease = await here.lease(session.id);
  if (lease.kind !== "granted") throw new Error(lease.kind);
  const seen = here.latest(session);
  await here.commit(
    { ...refreshedSession(session, { issuedAtMs: clock.now(), lifeMs: HOUR_MS }, "rotated"), lastSeenAtMs: seen.lastSeenAtMs },
    1,
    lease.lease,
  );
  await clock.run(HOUR_MS);
  t.equal(writes(), 0);
});

t.test("without an idle limit the last activity is written about once an hour, for lists", async (t) => {
  const { here, use, stored, writes } = await deployed(null);
  await use(here, 2 * HOUR_MS);
  t.equal(writes(), 2);
  t.ok(stored() > START_MS + HOUR_MS);
});

t.test("nothing is left of a session that ended, or that has no record", async (t) => {
  const { backend, clock, here, session, use, writes } = await deployed();
  await use(here, MINUTE_MS);
  await here.end(session, { reason: "signed_out", cause: "logout" });
  await clock.run(HOUR_MS);
  t.equal(writes(), 0);
  const lost = sessionOf();
  here.noteActivity(lost, clock.now());
  backend.rows.clear();
  await clock.run(HOUR_MS);
  t.equal(writes(), 1, "asked once");
  t.equal(clock.pending(), 0, "and no timer");
});
