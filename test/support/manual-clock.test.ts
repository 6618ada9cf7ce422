import t from "tap";
import { sleep } from "../../src/model/clock.js";
import { createManualClock } from "./manual-clock.js";

t.test("timers run in order of their moment, then of their making, each at its own time", (t) => {
  const clock = createManualClock(1_000);
  const fired: string[] = [];
  for (const [name, delayMs] of [
    ["c", 30],
    ["a", 10],
    ["b", 10],
    ["late", 100],
  ] as const)
    clock.after(delayMs, () => fired.push(`${name} ${clock.now()}`));
  const cancel = clock.after(20, () => fired.push("cancelled"));
  cancel();
  clock.after(10, () => clock.after(5, () => fired.push(`nested ${clock.now()}`)));
  clock.advance(50);
  t.same(fired, ["a 1010", "b 1010", "nested 1015", "c 1030"]);
  t.equal(clock.now(), 1_050);
  t.equal(clock.pending(), 1);
  t.end();
});

t.test("what awaits runs between the timers", async (t) => {
  const clock = createManualClock(0);
  const moments: number[] = [];
  const loop = async () => {
    for (let round = 0; round < 3; round++) {
      await sleep(clock, 10);
      moments.push(clock.now());
    }
  };
  const looping = loop();
  await clock.run(25);
  t.same(moments, [10, 20]);
  await clock.advanceUntilSettled(looping);
  t.same(moments, [10, 20, 30]);
  t.equal(clock.now(), 30, "no further than it had to");
});

t.test("waiting for what nothing settles fails, and a rejection comes through", async (t) => {
  const clock = createManualClock();
  await t.rejects(clock.advanceUntilSettled(new Promise(() => {})), /nothing settled/);
  await t.rejects(clock.advanceUntilSettled(sleep(clock, 5_000), 4_999), /nothing settled/);
  await t.rejects(clock.advanceUntilSettled(Promise.reject(new Error("its own"))), /its own/);
});

t.test("a clock put back leaves timers the time they have left", (t) => {
  const clock = createManualClock(10_000);
  let fired = false;
  clock.after(100, () => {
    fired = true;
  });
  clock.jump(-5_000);
  clock.advance(99);
  t.notOk(fired);
  clock.advance(1);
  t.ok(fired);
  t.equal(clock.now(), 5_100);
  t.end();
});
