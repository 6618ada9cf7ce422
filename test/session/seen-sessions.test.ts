import { createHash } from "node:crypto";
import t from "tap";
import { type SessionId, sessionIdFromBytes } from "../../src/model/session.js";
import { createSeenSessions } from "../../src/session/seen-sessions.js";
import { createManualClock } from "../support/manual-clock.js";
import { HOUR_MS } from "../support/session-fixtures.js";

const DAY_MS = 24 * HOUR_MS;

/** As random as they come, and the same in every run: of thousands two may look alike for a quarter of an hour, once in a thousand runs. */
function* createIds(): Generator<SessionId, never> {
  for (let count = 0; ; count++) yield sessionIdFromBytes(createHash("sha256").update(`${count}`).digest().subarray(0, 16));
}
const ids = createIds();

const startedNow = (clock: { now(): number }, id: SessionId = ids.next().value) => ({ id, startedAtMs: clock.now() });

t.test("a session counts once however often it is seen, and no more once it has ended", (t) => {
  const clock = createManualClock();
  const seen = createSeenSessions(clock);
  const [one, other] = [startedNow(clock), startedNow(clock)];
  for (const session of [one, other, one, { ...one }]) seen.note(session);
  t.same(seen.countSince([0]), [2]);
  seen.forget(one.id);
  t.same(seen.countSince([0, clock.now(), clock.now() + 1]), [1, 1, 0]);
  t.end();
});

t.test("one that is not seen for a day is forgotten a quarter of an hour later, by when it began or not", (t) => {
  const clock = createManualClock();
  const seen = createSeenSessions(clock);
  const [stays, leaves] = [startedNow(clock), startedNow(clock)];
  seen.note(stays);
  seen.note(leaves);
  clock.advance(DAY_MS);
  seen.note(stays);
  t.same(seen.countSince([0]), [2]);
  clock.advance(HOUR_MS / 4);
  t.same(seen.countSince([0, stays.startedAtMs, stays.startedAtMs + 1]), [1, 1, 0]);
  clock.advance(DAY_MS - HOUR_MS / 4);
  seen.note(stays);
  clock.advance(DAY_MS);
  t.same(seen.countSince([0]), [1], "each day's visits keep it");
  t.end();
});

t.test("however many come, what is kept has a bound, and the counts stay right within a few percent", (t) => {
  const clock = createManualClock();
  const kept = 4_096;
  const seen = createSeenSessions(clock, kept);
  for (let count = 0; count < kept - 1; count++) seen.note(startedNow(clock));
  t.same([seen.countSince([0])[0], seen.estimated], [kept - 1, false], "exact until there are too many");
  clock.advance(HOUR_MS);
  for (let count = kept - 1; count < 100_000; count++) seen.note(startedNow(clock));
  t.equal(seen.estimated, true);
  const [all = 0, later = 0] = seen.countSince([0, clock.now()]);
  // One of 32 or 64 is kept: a standard deviation is about 2 %.
  t.ok(all > 88_000 && all < 112_000, `${all} of 100,000`);
  t.ok(later > 84_000 && later < 108_000, `${later} of 95,905`);
  clock.advance(2 * DAY_MS);
  t.same([seen.countSince([0])[0], seen.estimated], [0, false], "a quiet day is counted exactly again");
  t.end();
});

t.test("after a day of too many, counts become exact again although somebody is always there", (t) => {
  const clock = createManualClock();
  const kept = 1_024;
  const seen = createSeenSessions(clock, kept);
  const few = Array.from({ length: 300 }, () => startedNow(clock));
  for (let count = 0; count < 30_000; count++) seen.note(startedNow(clock));
  for (let hour = 0; hour < 26; hour++) {
    for (const session of few) seen.note(session);
    const [all = 0] = seen.countSince([0]);
    if (hour < 24) t.ok(all > 22_000 && all < 38_000, `${all} of 30,300 after ${hour} hours`);
    clock.advance(HOUR_MS);
  }
  for (const session of few) seen.note(session);
  t.same([seen.countSince([0])[0], seen.estimated], [300, false]);
  t.end();
});

t.test("which are kept follows from their ids alone: the same wherever they are seen", (t) => {
  const clock = createManualClock();
  const seen = Array.from({ length: 4_000 }, () => ids.next().value);
  const [one, other] = [createSeenSessions(clock, 64), createSeenSessions(clock, 64)];
  for (const id of seen) one.note(startedNow(clock, id));
  for (const id of seen.reverse()) other.note(startedNow(clock, id));
  t.same(one.countSince([0]), other.countSince([0]));
  t.end();
});
