import { once } from "node:events";
import { Worker } from "node:worker_threads";
import t from "tap";
import { createLocalClock } from "../../src/local-cognito/index.js";
import { createAdjustableClock, requireClock, sleep, systemClock } from "../../src/model/clock.js";
import { withDeadline } from "../../src/model/deadline.js";
import { createManualClock, flush } from "../support/manual-clock.js";
import { HOUR_MS } from "../support/session-fixtures.js";

t.test("the machine's clock tells its time and calls back", async (t) => {
  const before = Date.now();
  t.ok(systemClock.now() >= before && systemClock.now() <= Date.now());
  await new Promise<void>((resolve) => {
    // A pending callback does not keep the process alive, so something else has to.
    const alive = setInterval(() => {}, 1_000);
    systemClock.after(-5, () => {
      clearInterval(alive);
      resolve();
    });
  });
});

t.test("a call taken back does not come, nor one for next year at once", async (t) => {
  let called = 0;
  const cancel = systemClock.after(0, () => called++);
  const cancelLong = systemClock.after(365 * 24 * HOUR_MS, () => called++);
  cancel();
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(called, 0);
  cancelLong();
  cancel();
});

t.test("a pending callback does not keep the process alive", async (t) => {
  const module = new URL("../../src/model/clock.js", import.meta.url).href;
  const code = `import(${JSON.stringify(module)}).then(({ systemClock }) => systemClock.after(60_000, () => {}));`;
  const worker = new Worker(code, { eval: true });
  const [exitCode] = (await once(worker, "exit")) as [number];
  t.equal(exitCode, 0);
});

// Two, since local Cognito imports nothing of ours; a test that has one gives it to both.
for (const [name, create] of [
  ["the adjustable clock", createAdjustableClock],
  ["local Cognito's clock", createLocalClock],
] as const) {
  t.test(`${name} runs with the machine's, ahead by what it was moved`, (t) => {
    const clock = create();
    const behindMs = () => clock.now() - Date.now();
    t.ok(Math.abs(behindMs()) < 1_000);
    clock.advance(31 * 24 * HOUR_MS);
    clock.advance(HOUR_MS);
    t.ok(Math.abs(behindMs() - 31 * 24 * HOUR_MS - HOUR_MS) < 1_000);
    t.end();
  });

  t.test(`moving ${name} calls back what has become due, in order, and nothing that was taken back`, (t) => {
    const clock = create();
    const called: string[] = [];
    clock.after(2 * HOUR_MS, () => called.push("two hours"));
    clock.after(HOUR_MS, () => {
      called.push("one hour");
      cancel();
    });
    const cancel = clock.after(90 * 60_000, () => called.push("taken back"));
    clock.after(40 * 24 * HOUR_MS, () => called.push("forty days"));
    clock.advance(HOUR_MS - 1_000);
    t.same(called, []);
    clock.advance(3 * HOUR_MS);
    t.same(called, ["one hour", "two hours"]);
    clock.advance(39 * 24 * HOUR_MS);
    t.same(called, ["one hour", "two hours"]);
    clock.advance(24 * HOUR_MS);
    t.same(called, ["one hour", "two hours", "forty days"]);
    t.end();
  });

  t.test(`moving ${name} makes no call under way late, and no duration long`, async (t) => {
    const clock = create();
    let passed = 0;
    const cancel = clock.deadline(HOUR_MS, () => passed++);
    const startedAtMs = clock.monotonicMs();
    clock.advance(31 * 24 * HOUR_MS);
    t.equal(passed, 0);
    t.ok(clock.monotonicMs() - startedAtMs < HOUR_MS);
    cancel();
    const answer = Promise.resolve("answered");
    t.equal(await withDeadline(clock, HOUR_MS, () => answer), "answered");
  });
}

t.test("a clock without timers is refused, with what is missing", (t) => {
  t.doesNotThrow(() => [createAdjustableClock(), createLocalClock(), systemClock, undefined].forEach(requireClock));
  t.throws(() => requireClock({ ...systemClock, after: Object(undefined) }), {
    message: "the clock has no after: give cognito.clock or createAdjustableClock()",
  });
  t.end();
});

t.test("what is not answered by the deadline is left, its signal aborted, and no timer stays behind", async (t) => {
  const clock = createManualClock();
  let seen: AbortSignal | null = null;
  const waiting = withDeadline(clock, 5_000, (signal) => {
    seen = signal;
    return new Promise<never>(() => {});
  });
  const failing = t.rejects(waiting, { name: "TimeoutError" });
  await clock.run(4_999);
  t.match(seen, { aborted: false });
  await clock.run(1);
  await failing;
  t.match(seen, { aborted: true });
  t.equal(await withDeadline(clock, 5_000, async () => "in time"), "in time");
  await t.rejects(
    withDeadline(clock, 5_000, () => Promise.reject(new Error("its own"))),
    /its own/,
  );
  t.equal(clock.pending(), 0);
});

t.test("sleeping ends after its time or when it is aborted, and leaves no timer behind", async (t) => {
  const clock = createManualClock();
  const woken: string[] = [];
  const controller = new AbortController();
  void sleep(clock, 1_000).then(() => woken.push("slept"));
  void sleep(clock, 5_000, controller.signal).then(() => woken.push("aborted"));
  void sleep(clock, 500, controller.signal).then(() => woken.push("in time"));
  void sleep(clock, 5_000, AbortSignal.abort()).then(() => woken.push("aborted before"));
  await clock.run(999);
  t.same(woken, ["aborted before", "in time"]);
  await clock.run(1);
  t.same(woken, ["aborted before", "in time", "slept"]);
  controller.abort();
  await flush();
  t.equal(woken.at(-1), "aborted");
  t.equal(clock.pending(), 0);
});
