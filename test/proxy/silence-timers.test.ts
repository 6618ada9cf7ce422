import fc from "fast-check";
import t from "tap";
import { SilenceTimer, SilenceTimers } from "../../src/proxy/connections/silence-timers.js";
import { createManualClock } from "../support/manual-clock.js";

const LIMIT_MS = 1_000;

t.test("each timer calls back when its own silence is over, however many there are and whatever is stopped", (t) => {
  const step = fc.record({
    timer: fc.nat(4),
    action: fc.constantFrom("restart", "stop", "pass"),
    ms: fc.nat(700),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = createManualClock();
      const queue = new SilenceTimers(clock).over(LIMIT_MS);
      const expected: (readonly [number, number])[] = [];
      const seen: (readonly [number, number])[] = [];
      // What a timer of its own would do.
      const due = new Map<number, number>();
      const timers = Array.from({ length: 5 }, (_, index) => {
        return new SilenceTimer({ onSilence: () => seen.push([index, clock.monotonicMs()]) });
      });
      const pass = (ms: number) => {
        const endMs = clock.monotonicMs() + ms;
        for (const [index, atMs] of [...due].sort(([, a], [, b]) => a - b)) {
          if (atMs > endMs) continue;
          expected.push([index, atMs]);
          due.delete(index);
        }
        clock.advance(ms);
      };
      for (const { timer, action, ms } of steps) {
        if (action === "pass") pass(ms);
        else if (action === "stop") {
          timers[timer]?.stop();
          due.delete(timer);
        } else {
          timers[timer]?.restart(queue);
          // Behind all others that are due at the same moment.
          due.delete(timer);
          due.set(timer, clock.monotonicMs() + LIMIT_MS);
        }
      }
      pass(2 * LIMIT_MS);
      return JSON.stringify(seen) === JSON.stringify(expected) && clock.pending() === 0;
    }),
  );
  t.end();
});

t.test("all that wait share one timer of the clock, and none is left when nobody waits", (t) => {
  const clock = createManualClock();
  const queue = new SilenceTimers(clock).over(LIMIT_MS);
  const timers = Array.from({ length: 100 }, () => new SilenceTimer({ onSilence: () => t.fail("nothing was silent for so long") }));
  for (const timer of timers) timer.restart(queue);
  t.equal(clock.pending(), 1);
  for (const timer of timers) timer.stop();
  t.equal(clock.pending(), 0);
  t.end();
});

t.test("whoever is called back may wait again at once, and setting the time of day changes nothing", (t) => {
  const clock = createManualClock();
  const timers = new SilenceTimers(clock);
  const calledAtMs: number[] = [];
  const timer = new SilenceTimer({
    onSilence() {
      calledAtMs.push(clock.monotonicMs());
      if (calledAtMs.length < 3) timer.restart(timers.over(LIMIT_MS));
    },
  });
  timer.restart(timers.over(LIMIT_MS));
  clock.jump(3_600_000);
  clock.advance(1_500);
  clock.jump(-7_200_000);
  clock.advance(5_000);
  t.same(calledAtMs, [1_000, 2_000, 3_000]);
  t.equal(timers.over(null), null);
  t.end();
});
