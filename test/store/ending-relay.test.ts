import t from "tap";
import { createSealer } from "../../src/store/sealing.js";
import type { SessionStore } from "../../src/store/session-store.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock, flush } from "../support/manual-clock.js";
import { keyFrom, START_MS, sessionOf } from "../support/session-fixtures.js";
import { createSharedRig, type SharedRigOptions } from "../support/session-shared-rig.js";
import { openProcess } from "../support/session-stores.js";
import { SlowBackend } from "../support/slow-store.js";

const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const HOUR_MS = 3_600_000;

/** Sessions that ended here while the store was away, for so long that the next try is far off. */
async function endedUnheard(count: number, options: SharedRigOptions = {}) {
  const rig = createSharedRig(options);
  const { backend, clock, sessions, settle } = rig;
  const ids = Array.from({ length: count }, () => sessionOf({ issuedAtMs: START_MS }));
  for (const session of ids) await sessions.begin(session);
  backend.away = true;
  for (const session of ids) void sessions.end(session, LOGOUT);
  await settle();
  await clock.run(HOUR_MS);
  return { ...rig, count, missing: () => ids.filter(({ id }) => !backend.endings.has(id)).length };
}

t.test("an ending that waits is written as soon as the store is back, however long it was away", async (t) => {
  const { backend, clock, missing, settle } = await endedUnheard(1);
  backend.away = false;
  await settle();
  t.equal(missing(), 1);
  backend.reconnect();
  await settle();
  t.equal(missing(), 0);
  t.equal(clock.pending(), 0, "and its turn does not come any more");
});

t.test("where messages come before commands are answered, it is written within a quarter of a second of the first answer", async (t) => {
  const { backend, clock, missing } = await endedUnheard(1);
  backend.reconnect();
  await clock.run(5_000);
  t.equal(missing(), 1);
  backend.away = false;
  await clock.run(250);
  t.equal(missing(), 0);
  t.equal(clock.pending(), 0);
});

t.test("a store that comes back and answers nothing is asked as rarely as before", async (t) => {
  const { backend, clock, missing } = await endedUnheard(1);
  backend.reconnect();
  await clock.run(10_000);
  const before = backend.asked.end ?? 0;
  await clock.run(HOUR_MS);
  t.equal((backend.asked.end ?? 0) - before, 6, "every ten minutes");
  t.equal(missing(), 1);
});

t.test("of many that wait no more than fifty are written at a time, and all of them", async (t) => {
  let [now, most] = [0, 0];
  const { backend, clock, missing, settle } = await endedUnheard(170, {
    change: (store) => ({
      ...store,
      async end(...args) {
        most = Math.max(most, ++now);
        const answer = await store.end(...args);
        now -= 1;
        return answer;
      },
    }),
  });
  most = 0;
  backend.away = false;
  // Told again and again, as while commands are answered and the subscription is not.
  for (let times = 0; times < 5; times++) backend.reconnect();
  await settle();
  await settle();
  t.equal(missing(), 0);
  t.equal(most, 50);
  t.equal(clock.pending(), 0);
});

t.test("where only commands had failed, the first ending that is written takes along those that wait", async (t) => {
  const { backend, clock, begun, missing, sessions, settle } = await endedUnheard(3);
  backend.away = false;
  await sessions.end(await begun(), LOGOUT);
  await settle();
  t.equal(missing(), 0);
  t.equal(clock.pending(), 0);
});

t.test("a process that stops while a pass is waiting writes what is left, and nothing goes on", async (t) => {
  const { backend, clock, missing, sessions, settle } = await endedUnheard(3);
  backend.reconnect();
  await settle();
  backend.away = false;
  await clock.advanceUntilSettled(sessions.settled(), 0);
  t.equal(missing(), 0);
  t.equal(clock.pending(), 0);
});

t.test("a process that stops in the middle of a pass says of each ending once that it is lost", async (t) => {
  const log = collectLog();
  const clock = createManualClock(START_MS);
  const backend = new SlowBackend({ clock, wait: () => Promise.resolve() });
  const { sessions } = openProcess({ sealer: createSealer([keyFrom("shared")]), clock, log, openStore: () => backend.open() });
  backend.away = true;
  for (let count = 0; count < 60; count++) void sessions.end(sessionOf(), LOGOUT);
  await flush();
  backend.reconnect();
  await clock.advanceUntilSettled(sessions.settled(), 0);
  t.equal(log.saying("an ending could not be written").length, 60);
  t.equal(clock.pending(), 0);
});

/** A process whose endings are on their way to a store that answers when it is let. */
async function endingUnderWay() {
  const log = collectLog();
  const clock = createManualClock(START_MS);
  let answer = () => {};
  const backend = new SlowBackend({ clock, wait: () => Promise.resolve() });
  const change = (store: SessionStore): SessionStore => ({
    ...store,
    async end(...args) {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return store.end(...args);
    },
  });
  const { sessions } = openProcess({ sealer: createSealer([keyFrom("shared")]), clock, log, openStore: () => change(backend.open()) });
  const session = sessionOf();
  void sessions.end(session, LOGOUT);
  let settled = false;
  const stopped = sessions.settled().then(() => {
    settled = true;
  });
  await flush();
  return { log, clock, backend, session, stopped, answer: () => answer(), isSettled: () => settled };
}

t.test("a process that stops while an ending is on its way waits until it is written", async (t) => {
  const { clock, backend, session, stopped, answer, isSettled } = await endingUnderWay();
  t.notOk(isSettled());
  answer();
  await clock.advanceUntilSettled(stopped, 0);
  t.ok(backend.endings.has(session.id));
});

t.test("where the store was away for it, the process tries once more, and says that it is lost", async (t) => {
  const { log, clock, backend, stopped, answer } = await endingUnderWay();
  backend.away = true;
  answer();
  await flush();
  answer();
  await clock.advanceUntilSettled(stopped, 0);
  t.equal(log.saying("an ending could not be written").length, 1);
  t.equal(clock.pending(), 0);
});
