import t from "tap";
import { createRefreshRateLimiter, type Priority } from "../../src/session/refresh/refresh-rate-limiter.js";
import { createOwnTurns, createSharedTurns, TURNS_KEPT_MS } from "../../src/session/refresh/turn-supply.js";
import { quickest } from "../support/growth.js";
import { createManualClock } from "../support/manual-clock.js";

function rig(perSecond: number, longestWaitMs = 60_000) {
  const clock = createManualClock();
  const startMs = clock.now();
  const limiter = createRefreshRateLimiter({ supply: createOwnTurns({ perSecond, clock }), longestWaitMs, clock });
  const results: string[] = [];
  const request = (name: string, priority: Priority = "waiting") => {
    const turn = limiter.request(priority);
    void turn.granted.then((result) => results.push(`${name} ${result} ${clock.now() - startMs}`));
    return turn;
  };
  return { clock, limiter, request, results };
}

t.test("a second's worth goes at once, the rest at the rate", async (t) => {
  const { clock, request, results } = rig(4);
  for (let index = 0; index < 8; index++) request(`${index}`);
  await clock.run(10_000);
  t.same(results, [
    "0 granted 0",
    "1 granted 0",
    "2 granted 0",
    "3 granted 0",
    "4 granted 250",
    "5 granted 500",
    "6 granted 750",
    "7 granted 1000",
  ]);
});

t.test("however many ask, no second holds more than the rate after the first", async (t) => {
  const { clock, request, results } = rig(20);
  for (let index = 0; index < 200; index++) request(`${index}`);
  await clock.run(60_000);
  const perSecond = new Map<number, number>();
  for (const result of results) {
    const second = Math.floor(Number(result.split(" ")[2]) / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  t.equal(results.length, 200);
  t.ok((perSecond.get(0) ?? 0) < 41, "the bucket and its refill");
  for (const [second, count] of perSecond) if (second > 0) t.ok(count <= 21, `${count} in second ${second}`);
});

t.test("calls that wait go before background refreshes, each in the order they came", async (t) => {
  const { clock, request, results } = rig(1);
  request("first");
  for (const name of ["b1", "b2"]) request(name, "background");
  for (const name of ["w1", "w2"]) request(name);
  await clock.run(10_000);
  t.same(
    results.map((result) => result.split(" ")[0]),
    ["first", "w1", "w2", "b1", "b2"],
  );
});

t.test("a background refresh that a call waits for now is moved forward", async (t) => {
  const { clock, request, results } = rig(1);
  request("first");
  request("b1", "background");
  request("b2", "background").promote();
  await clock.run(10_000);
  t.same(
    results.map((result) => result.split(" ")[0]),
    ["first", "b2", "b1"],
  );
});

t.test("whoever waits for a background refresh now waits as long as for one of its own", async (t) => {
  const { clock, request, results } = rig(1, 2_500);
  for (const name of ["first", "second", "third"]) request(name);
  const late = request("late", "background");
  await clock.run(1_600);
  late.promote();
  await clock.run(400);
  late.promote();
  await clock.run(10_000);
  t.same(results, ["first granted 0", "second granted 1000", "third granted 2000", "late granted 3000"]);
});

t.test("whose turn has come or was missed is not moved any more", async (t) => {
  const { clock, request, results } = rig(1, 1_500);
  const first = request("first", "background");
  request("second");
  const missed = request("missed", "background");
  await clock.run(1_500);
  for (const turn of [first, missed]) turn.promote();
  await clock.run(5_000);
  t.same(results, ["first granted 0", "second granted 1000", "missed timed_out 1500"]);
  t.equal(clock.pending(), 0, "no timer keeps running");
});

t.test("it is free while a turn is left, and full when whoever asked now would wait too long", async (t) => {
  const { clock, limiter, request } = rig(2, 1_500);
  const states: [free: boolean, full: boolean][] = [];
  for (let asked = 0; asked < 7; asked++) {
    states.push([limiter.isFree, limiter.isFull]);
    request(`${asked}`);
  }
  t.same(states, [
    [true, false],
    [true, false],
    ...Array.from({ length: 3 }, () => [false, false]),
    ...Array.from({ length: 2 }, () => [false, true]),
  ]);
  await clock.run(500);
  t.same([limiter.isFree, limiter.isFull], [false, true]);
  await clock.run(10_000);
  t.same([limiter.isFree, limiter.isFull], [true, false]);
});

t.test("whose turn does not come in time is told, and takes no turn from others", async (t) => {
  const { clock, request, results } = rig(1, 1_500);
  for (const name of ["a", "b", "c", "d"]) request(name);
  await clock.run(1_600);
  t.same(results, ["a granted 0", "b granted 1000", "c timed_out 1500", "d timed_out 1500"]);
  request("e");
  await clock.run(10_000);
  t.equal(results.at(-1), "e granted 2000");
});

t.test("an idle second fills the bucket again, and never more than that", async (t) => {
  const { clock, request, results } = rig(2);
  for (const name of ["a", "b"]) request(name);
  await clock.run(100_000);
  for (const name of ["c", "d", "e"]) request(name);
  await clock.run(1_000);
  t.same(results.slice(2), ["c granted 100000", "d granted 100000", "e granted 100500"]);
});

t.test("a clock set forward lets nobody through before the turn", async (t) => {
  const { clock, request, results } = rig(2);
  for (const name of ["first", "second", "third", "fourth"]) request(name);
  clock.jump(3_600_000);
  request("fifth");
  await clock.run(0);
  t.equal(results.length, 2);
  await clock.run(1_500);
  t.equal(results.length, 5);
});

t.test("a rate below one a second works, and a clock set back does not stop it", async (t) => {
  const { clock, request, results } = rig(0.5);
  request("a");
  request("b");
  clock.jump(-1_000_000);
  request("c");
  await clock.run(2_000_000);
  t.same(
    results.map((result) => result.split(" ").slice(0, 2).join(" ")),
    ["a granted", "b granted", "c granted"],
  );
});

t.test("nothing is left behind when everybody was served", async (t) => {
  const { clock, request, results } = rig(1, 3_000);
  for (const name of ["a", "b"]) request(name);
  await clock.run(3_000);
  t.equal(results.length, 2);
  t.equal(clock.pending(), 0, "no timer keeps running");
});

t.test("a wave of background calls costs no more than their number", (t) => {
  const clock = { now: () => 0, monotonicMs: () => 0, after: () => () => {}, deadline: () => () => {} };
  const wave = (calls: number) => () => {
    const limiter = createRefreshRateLimiter({ supply: createOwnTurns({ perSecond: 20, clock }), longestWaitMs: 60_000, clock });
    for (let asked = 0; asked < calls; asked++) limiter.request("background");
  };
  // 16 times as many: a search among those that wait would take 256 times as long. Their memory alone takes more than 16.
  const growth = quickest(wave(16_000), 3) / quickest(wave(1_000), 8);
  t.ok(growth < 130, `${growth.toFixed(0)} times as long for 16 times as many`);
  t.end();
});

t.test("turns of a shared bucket that nobody has used within a quarter of a second are nobody's", async (t) => {
  const clock = createManualClock();
  const asked: number[] = [];
  const supply = createSharedTurns({
    perSecond: 100,
    clock,
    random: () => 0.5,
    async draw(waiting) {
      asked.push(waiting);
      return { turns: 5, others: 0, nextInMs: 0 };
    },
  });
  const limiter = createRefreshRateLimiter({ supply, longestWaitMs: 1_000, clock });
  const granted = async () => clock.advanceUntilSettled(limiter.request("waiting").granted);
  t.equal(await granted(), "granted");
  t.equal(await granted(), "granted", "of the same batch");
  t.same(asked, [1]);
  await clock.run(TURNS_KEPT_MS);
  t.equal(await granted(), "granted");
  t.same(asked, [1, 1]);
});
