import t from "tap";
import { idleEndsAtMs, limitPassed, type SessionLimits, sessionEndsAtMs, touched } from "../../src/session/limits.js";
import { HOUR_MS, MINUTE_MS, START_MS, sessionOf } from "../support/session-fixtures.js";

const OFF: SessionLimits = { idleTimeoutMs: null, maxAgeMs: null };
const BOTH: SessionLimits = { idleTimeoutMs: 10 * MINUTE_MS, maxAgeMs: HOUR_MS };
const session = sessionOf();

t.test("without limits nothing ever passes", (t) => {
  t.equal(limitPassed(session, START_MS + 10_000 * HOUR_MS, OFF), null);
  t.equal(idleEndsAtMs(session, OFF), null);
  t.equal(touched(session, START_MS + HOUR_MS, OFF), session);
  t.end();
});

t.test("the idle limit passes at its very millisecond, and activity puts it off", (t) => {
  t.equal(limitPassed(session, START_MS + 10 * MINUTE_MS - 1, BOTH), null);
  t.same(limitPassed(session, START_MS + 10 * MINUTE_MS, BOTH), { reason: "expired", cause: "idle_timeout" });
  const active = touched(session, START_MS + 9 * MINUTE_MS, BOTH);
  t.equal(limitPassed(active, START_MS + 18 * MINUTE_MS, BOTH), null);
  t.equal(idleEndsAtMs(active, BOTH), START_MS + 19 * MINUTE_MS);
  t.end();
});

t.test("the longest life passes whatever the activity, and is the cause when both have passed", (t) => {
  const active = touched(session, START_MS + HOUR_MS - 1, BOTH);
  t.equal(limitPassed(active, START_MS + HOUR_MS - 1, BOTH), null);
  t.same(limitPassed(active, START_MS + HOUR_MS, BOTH), { reason: "expired", cause: "session_lifetime" });
  t.same(limitPassed(session, START_MS + HOUR_MS, BOTH), { reason: "expired", cause: "session_lifetime" });
  t.end();
});

t.test("activity within a tenth of the idle limit costs no new cookie", (t) => {
  t.equal(touched(session, START_MS + MINUTE_MS - 1, BOTH), session);
  const next = touched(session, START_MS + MINUTE_MS, BOTH);
  t.equal(next.lastSeenAtMs, START_MS + MINUTE_MS);
  t.equal(next.version, session.version, "it is the same set of tokens");
  t.end();
});

t.test("the session ends with Cognito's refresh token or at our limit, whichever is sooner", (t) => {
  t.equal(sessionEndsAtMs(session, 30 * 24 * HOUR_MS, OFF), START_MS + 30 * 24 * HOUR_MS);
  t.equal(sessionEndsAtMs(session, 30 * 24 * HOUR_MS, BOTH), START_MS + HOUR_MS);
  t.equal(sessionEndsAtMs(session, MINUTE_MS, BOTH), START_MS + MINUTE_MS);
  t.equal(sessionEndsAtMs(session, null, BOTH), START_MS + HOUR_MS, "our own limit alone");
  t.equal(sessionEndsAtMs(session, null, OFF), null, "unknown");
  t.end();
});
