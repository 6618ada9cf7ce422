import t from "tap";
import { holdLease } from "../../src/session/refresh/held-lease.js";
import type { Lease, Note } from "../../src/store/session-store.js";
import { createManualClock } from "../support/manual-clock.js";

const LASTS_MS = 5_000;

function leaseWith(changes: Partial<Lease> = {}) {
  const clock = createManualClock();
  const calls = { renewed: 0, announced: 0, released: 0, notes: [] as Note[] };
  let stoppedMs = 0;
  const lease: Lease = {
    fence: 1,
    lastsMs: LASTS_MS,
    renew() {
      calls.renewed += 1;
      return "renewed";
    },
    announce() {
      calls.announced += 1;
      return "announced";
    },
    alternates: () => [],
    release(note) {
      calls.released += 1;
      calls.notes.push(note);
    },
    ...changes,
  };
  const held = holdLease(lease, clock.monotonicMs(), { ...clock, monotonicMs: () => clock.monotonicMs() + stoppedMs });
  return {
    clock,
    calls,
    held,
    stop(ms: number) {
      stoppedMs += ms;
    },
  };
}

t.test("a lease is renewed for as long as the refresh takes, and not after it was given back", async (t) => {
  const { clock, calls, held } = leaseWith();
  await clock.run(10 * LASTS_MS);
  t.ok(held.isOurs());
  t.ok(calls.renewed >= 20, `${calls.renewed}`);
  held.release();
  const before = calls.renewed;
  await clock.run(10 * LASTS_MS);
  t.equal(calls.renewed, before);
  t.equal(calls.released, 1);
  t.equal(clock.pending(), 0);
});

t.test("a lease that a sibling has by now is not ours, and nothing is announced under it", async (t) => {
  const { clock, calls, held } = leaseWith({ renew: () => "lost" });
  await clock.run(LASTS_MS / 2);
  t.notOk(held.isOurs());
  t.equal(await held.announce(), "lost");
  t.equal(calls.announced, 0);
  t.equal(clock.pending(), 1, "and it is not renewed any more");
  held.release();
  t.equal(clock.pending(), 0);
});

t.test("what was begun under a lease is aborted when it runs out by our own clock, and not while it is renewed", async (t) => {
  const renewed = leaseWith();
  await renewed.clock.run(10 * LASTS_MS);
  t.notOk(renewed.held.signal.aborted);
  const { clock, held } = leaseWith({ renew: () => "unavailable" });
  await clock.run(LASTS_MS - 1);
  t.notOk(held.signal.aborted);
  await clock.run(1);
  t.ok(held.signal.aborted);
});

t.test("a process that was stopped begins nothing any more, and reads the answer that came meanwhile before it gives it up", async (t) => {
  const { clock, held, stop } = leaseWith({ renew: () => "unavailable" });
  await clock.run(LASTS_MS - 1);
  stop(30_000);
  t.notOk(held.isOurs());
  t.equal(await held.announce(), "lost");
  await clock.run(1);
  t.notOk(held.signal.aborted, "its timers are due before it has read anything");
  await clock.run(1_000);
  t.ok(held.signal.aborted);
});

t.test("a renewal that is read after it has run out again aborts nothing either before what came meanwhile is read", async (t) => {
  let answer = (_renewed: "renewed"): void => {};
  const renewal = new Promise<"renewed">((resolve) => {
    answer = resolve;
  });
  const { clock, held, stop } = leaseWith({ renew: () => renewal });
  await clock.run(LASTS_MS / 2);
  stop(30_000);
  answer("renewed");
  await clock.run(0);
  t.notOk(held.isOurs());
  await clock.run(100);
  t.notOk(held.signal.aborted);
  await clock.run(LASTS_MS);
  t.ok(held.signal.aborted);
});

t.test("a note is closed where nothing was asked or all is known, and stays open where an answer may be lost", async (t) => {
  const { calls, held } = leaseWith();
  held.release();
  const answered = leaseWith();
  await answered.held.announce();
  answered.held.settle();
  answered.held.release();
  const lost = leaseWith();
  await lost.held.announce();
  lost.held.release();
  t.same([calls.notes, answered.calls.notes, lost.calls.notes], [["closed"], ["closed"], ["open"]]);
});

t.test("a note that is written after the lease has run out is of no use: nothing is asked", async (t) => {
  const { clock, held } = leaseWith({
    renew: () => "unavailable",
    announce: () => new Promise((resolve) => void clock.after(LASTS_MS, () => resolve("announced"))),
  });
  const announced = held.announce();
  await clock.run(LASTS_MS);
  t.equal(await announced, "lost");
});

t.test("while the store is away a lease is ours until it has run out by our own clock", async (t) => {
  const { clock, held } = leaseWith({ renew: () => "unavailable" });
  await clock.run(LASTS_MS - 1);
  t.ok(held.isOurs());
  await clock.run(1);
  t.notOk(held.isOurs());
  t.equal(await held.announce(), "lost");
});

t.test("a renewal that answers late counts from when it was asked for", async (t) => {
  const { clock, held } = leaseWith({
    renew: () => new Promise((resolve) => void clock.after(4_000, () => resolve("renewed"))),
  });
  await clock.run(LASTS_MS + 1_600);
  t.ok(held.isOurs(), "for its whole length from when it was asked for");
  await clock.run(600);
  t.notOk(held.isOurs(), "and no longer");
});

t.test("a lease that lasts as long as the process needs no timer", (t) => {
  const { clock, held } = leaseWith({ lastsMs: null });
  t.equal(clock.pending(), 0);
  clock.advance(365 * 24 * 60 * 60 * 1000);
  t.ok(held.isOurs());
  t.end();
});
