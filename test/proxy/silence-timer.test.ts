import fc from "fast-check";
import t from "tap";
import { SilenceTimer } from "../../src/proxy/connections/silence-timer.js";
import { createManualClock } from "../support/manual-clock.js";

const LIMIT_MS = 1_000;

t.test("it calls back when the silence is over, to the millisecond, whatever was heard, stopped or limited otherwise before", (t) => {
  const step = fc.record({
    action: fc.constantFrom("restart", "restart briefly", "restart without a limit", "stop", "pass", "pass", "set the clock"),
    ms: fc.nat(700),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = createManualClock();
      const expected: number[] = [];
      const seen: number[] = [];
      let due: number | null = null;
      const timer = new SilenceTimer(clock, () => seen.push(clock.monotonicMs()));
      const restart = (limitMs: number | null) => {
        timer.restart(limitMs);
        due = limitMs === null ? null : clock.monotonicMs() + limitMs;
      };
      const pass = (ms: number) => {
        if (due !== null && due <= clock.monotonicMs() + ms) {
          expected.push(due);
          due = null;
        }
        clock.advance(ms);
      };
      for (const { action, ms } of steps) {
        if (action === "pass") pass(ms);
        else if (action === "set the clock") clock.jump((ms - 350) * 10_000);
        else if (action === "restart") restart(LIMIT_MS);
        else if (action === "restart briefly") restart(LIMIT_MS / 4);
        else if (action === "restart without a limit") restart(null);
        else {
          timer.stop();
          due = null;
        }
      }
      pass(2 * LIMIT_MS);
      return JSON.stringify(seen) === JSON.stringify(expected) && clock.pending() === 0;
    }),
  );
  t.end();
});
