import t from "tap";
import { freshnessOf } from "../../src/session/refresh/freshness.js";
import fc from "../support/property.js";
import { HOUR_MS, MINUTE_MS, START_MS, sessionOf } from "../support/session-fixtures.js";

const EARLY_MS = 5 * MINUTE_MS;
const endMs = START_MS + HOUR_MS;

/** Freshness with so much of an hour's life left. */
const withLeft = (leftMs: number, earlyMs = EARLY_MS) => freshnessOf(sessionOf(), endMs - leftMs, earlyMs);

t.test("the zones of an hour's token: fresh, early from about five minutes, due in the last seconds, dead", (t) => {
  for (const [leftMs, zone] of [
    [HOUR_MS, "fresh"],
    [EARLY_MS + 1, "fresh"],
    [0.75 * EARLY_MS, "early"],
    [10_001, "early"],
    [10_000, "due"],
    [1, "due"],
    [0, "dead"],
    [-HOUR_MS, "dead"],
  ] as const) {
    t.equal(withLeft(leftMs), zone, `${leftMs} ms left`);
  }
  t.end();
});

t.test("a refresh is never earlier than REFRESH_EARLY or a quarter of the token's life, never later than three quarters of that", (t) => {
  const life = fc.integer({ min: 1, max: 24 * 60 }).map((minutes) => minutes * MINUTE_MS);
  const early = fc.integer({ min: 0, max: 12 * 60 }).map((minutes) => minutes * MINUTE_MS);
  fc.assert(
    fc.property(life, early, fc.integer({ min: 0, max: 5_000 }), (lifeMs, earlyMs, version) => {
      const session = sessionOf({ lifeMs }, { version });
      const bound = Math.min(earlyMs, lifeMs / 4);
      const at = (leftMs: number) => freshnessOf(session, START_MS + lifeMs - leftMs, earlyMs);
      t.equal(at(bound + 1 + Math.min(10_000, lifeMs / 20)), "fresh");
      const dueMs = Math.min(10_000, lifeMs / 20);
      if (bound * 0.75 > dueMs) t.equal(at(bound * 0.75), "early");
    }),
  );
  t.end();
});

t.test("sessions begun together are not refreshed together, and one session keeps its moment", (t) => {
  const thresholdOf = (session: ReturnType<typeof sessionOf>) => {
    for (let leftMs = EARLY_MS; leftMs > 0; leftMs -= 500) if (freshnessOf(session, endMs - leftMs, EARLY_MS) === "early") return leftMs;
    return 0;
  };
  const sessions = Array.from({ length: 200 }, () => sessionOf());
  const thresholds = sessions.map(thresholdOf);
  t.ok(Math.min(...thresholds) >= 0.75 * EARLY_MS - 500);
  t.ok(Math.max(...thresholds) - Math.min(...thresholds) > 0.15 * EARLY_MS, "spread over more than half of what is allowed");
  t.ok(new Set(thresholds).size > 20);
  t.same(sessions.map(thresholdOf), thresholds);
  t.end();
});

t.test("a set that waits to be verified makes a fresh session early, no more", (t) => {
  const session = sessionOf();
  const waiting = { ...session, unverified: session.tokens };
  t.equal(freshnessOf(waiting, START_MS, EARLY_MS), "early");
  t.equal(freshnessOf(waiting, endMs, EARLY_MS), "dead");
  t.end();
});

t.test("with REFRESH_EARLY 0 a token is refreshed when it is due", (t) => {
  t.equal(withLeft(10_001, 0), "fresh");
  t.equal(withLeft(10_000, 0), "due");
  t.end();
});

t.test("a token of five minutes, Cognito's shortest, is refreshed in its last quarter", (t) => {
  const session = sessionOf({ lifeMs: 5 * MINUTE_MS });
  const left = (ms: number) => freshnessOf(session, START_MS + 5 * MINUTE_MS - ms, EARLY_MS);
  t.equal(left(76_000), "fresh");
  t.equal(left(56_000), "early");
  t.equal(left(10_000), "due");
  t.end();
});

t.test("a token without iat is as old as our last refresh, one without exp is dead", (t) => {
  const withoutIat = sessionOf({ claims: { iat: undefined } });
  t.equal(freshnessOf(withoutIat, START_MS, EARLY_MS), "fresh");
  t.equal(freshnessOf(withoutIat, endMs - MINUTE_MS, EARLY_MS), "early");
  t.equal(freshnessOf(sessionOf({ claims: { exp: undefined } }), START_MS, EARLY_MS), "dead");
  t.end();
});
