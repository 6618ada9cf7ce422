import t from "tap";
import { createCognitoTime } from "../../src/cognito/cognito-time.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock } from "../support/manual-clock.js";
import { HOUR_MS, START_MS } from "../support/session-fixtures.js";

function rig() {
  const clock = createManualClock(START_MS);
  const log = collectLog();
  return { clock, log, time: createCognitoTime(clock, log) };
}

t.test("until a token came, Cognito's time is ours", (t) => {
  const { clock, time } = rig();
  t.equal(time.now(), START_MS);
  clock.advance(1_000);
  t.equal(time.now(), START_MS + 1_000);
  t.end();
});

t.test("the difference is learned from the moment a token was issued, in both directions", (t) => {
  for (const skewMs of [2 * HOUR_MS, -2 * HOUR_MS, 6_000, -6_000]) {
    const { clock, time } = rig();
    time.learn(START_MS + skewMs, START_MS);
    t.equal(time.now(), START_MS + skewMs);
    t.equal(time.aheadMs, skewMs);
    clock.advance(10_000);
    t.equal(time.now(), START_MS + 10_000 + skewMs, "and goes on from there");
  }
  t.end();
});

t.test("the network's delay and the rounding of iat are no difference, and one that is gone is forgotten", (t) => {
  const { time } = rig();
  time.learn(START_MS - 4_999, START_MS);
  t.equal(time.now(), START_MS);
  time.learn(START_MS - HOUR_MS, START_MS);
  time.learn(START_MS + 800, START_MS);
  t.equal(time.now(), START_MS, "the clock was put right");
  t.end();
});

t.test("a difference of more than a minute is warned of once, with its size, and again when it changes", (t) => {
  const { log, time } = rig();
  time.learn(START_MS + 30_000, START_MS);
  t.equal(log.lines.length, 0, "half a minute is not worth a line");
  for (let token = 0; token < 5; token++) time.learn(START_MS + HOUR_MS + token, START_MS);
  t.equal(log.lines.length, 1);
  t.match(log.lines[0], { level: "warn", fields: { skew_seconds: 3_600 } });
  time.learn(START_MS - HOUR_MS, START_MS);
  t.equal(log.lines.length, 2);
  t.end();
});
