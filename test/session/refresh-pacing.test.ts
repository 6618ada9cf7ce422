import t from "tap";
import type { RefreshOutcome } from "../../src/session/refresh/refresh-outcome.js";
import {
  type CoordinatorRig,
  createCoordinatorRig,
  EXPIRED,
  expectRefreshed,
  HINDRANCES,
  rigWith,
  subjectOf,
  unavailable,
  VERDICTS,
} from "../support/session-coordinator-rig.js";
import { HOUR_MS, issuedFor, MINUTE_MS, START_MS, sessionOf } from "../support/session-fixtures.js";

t.test("a doubtful session is asked for again at most once a minute", async (t) => {
  const { call, cognito, asked, clock } = rigWith(-1);
  cognito.answer = () => ({ kind: "doubtful", cause: "refresh_token_invalid" });
  for (let second = 0; second < 180; second++) {
    t.same(await call(), { kind: "doubtful", cause: "refresh_token_invalid" });
    clock.advance(1_000);
  }
  t.equal(asked.length, 3);
});

/** So many sessions in a row whose refresh got a doubtful answer. */
async function doubts(rig: CoordinatorRig, count: number, prefix: string): Promise<RefreshOutcome[]> {
  const outcomes: RefreshOutcome[] = [];
  rig.cognito.answer = () => ({ kind: "doubtful", cause: "unknown" });
  for (let index = 0; index < count; index++) {
    const session = sessionOf({ subject: `${prefix}-${index}`, issuedAtMs: START_MS - 2 * HOUR_MS });
    outcomes.push(await rig.clock.advanceUntilSettled(rig.coordinator.refreshNow(session)));
  }
  return outcomes;
}

t.test("the twentieth doubtful refresh in five minutes makes it an outage with an alert: it is the server that is wrong", async (t) => {
  const rig = createCoordinatorRig();
  const outcomes = await doubts(rig, 25, "user");
  t.ok(outcomes.slice(0, 19).every((outcome) => outcome.kind === "doubtful"));
  t.ok(outcomes.slice(19).every((outcome) => outcome.kind === "unavailable"));
  t.ok(rig.log.lines.some((line) => line.level === "error" && line.fields["alert"] === "refreshes_doubtful"));
  t.equal(rig.ended.length, 0);
});

t.test("once it counts as an outage, those who heard a doubtful verdict before hear the outage as well", async (t) => {
  const rig = createCoordinatorRig();
  const first = sessionOf({ subject: "first", issuedAtMs: START_MS - 2 * HOUR_MS });
  rig.cognito.answer = () => ({ kind: "doubtful", cause: "unknown" });
  const ask = () => rig.clock.advanceUntilSettled(rig.coordinator.refreshNow(first));
  t.equal((await ask()).kind, "doubtful");
  await doubts(rig, 19, "user");
  t.match(await ask(), { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 60 });
  t.equal(rig.asked.length, 20, "and Cognito is not asked about them sooner");
});

t.test("one refresh that succeeds shows that it is not the server", async (t) => {
  const rig = createCoordinatorRig();
  const refreshing = rig.cognito.answer;
  await doubts(rig, 19, "first");
  rig.cognito.answer = refreshing;
  expectRefreshed(t, await rig.clock.advanceUntilSettled(rig.coordinator.refreshNow(sessionOf({ subject: "good" }))));
  t.ok((await doubts(rig, 19, "second")).every((outcome) => outcome.kind === "doubtful"));
});

t.test("POST /auth/refresh refreshes whatever the token's age, and joins a refresh under way", async (t) => {
  const { coordinator, session, asked, clock } = rigWith(59 * MINUTE_MS);
  const [one, two] = [coordinator.refreshNow(session), coordinator.refreshNow(session)];
  const outcomes = await clock.advanceUntilSettled(Promise.all([one, two]));
  for (const outcome of outcomes) t.equal(expectRefreshed(t, outcome).version, 2);
  t.equal(asked.length, 1);
});

t.test("a call that has to wait moves the background refresh it joins forward in the queue", async (t) => {
  const { coordinator, clock, asked, limiter } = createCoordinatorRig({ perSecond: 1, longestWaitMs: 60_000 });
  limiter.request("waiting");
  const early = (subject: string) => sessionOf({ subject, issuedAtMs: START_MS - HOUR_MS + 3 * MINUTE_MS });
  const [first, second] = [early("first"), early("second")];
  void coordinator.ensureUsable(first);
  void coordinator.ensureUsable(second);
  void coordinator.refreshNow(second);
  await clock.run(1_000);
  t.same(
    asked.map(({ username }) => username),
    ["name-of-second"],
  );
  await clock.run(1_000);
  t.equal(asked.length, 2);
});

t.test("a refresh ahead of time that would have to queue too long does not begin: the token is used, and nobody is told", async (t) => {
  const { coordinator, clock, asked, told, limiter, session } = rigWith(3 * MINUTE_MS, { perSecond: 1, longestWaitMs: 5_000 });
  for (let others = 0; others < 6; others++) limiter.request("waiting");
  t.equal(coordinator.ensureUsable(session), session);
  t.equal(limiter.waiting, 5);
  await clock.run(10_000);
  t.same([asked, told], [[], []]);
  t.equal(coordinator.ensureUsable(session), session, "the next call finds the queue empty");
  await clock.run(1_000);
  t.equal(asked.length, 1);
});

t.test("a turn missed ahead of time is not told, and keeps no call from asking that goes before", async (t) => {
  const { coordinator, clock, asked, told, limiter, session } = rigWith(3 * MINUTE_MS, { perSecond: 1, longestWaitMs: 2_000 });
  limiter.request("waiting");
  t.equal(coordinator.ensureUsable(session), session);
  for (let others = 0; others < 3; others++) limiter.request("waiting");
  await clock.run(2_000);
  t.same([asked, told], [[], []]);
  expectRefreshed(t, await clock.advanceUntilSettled(coordinator.refreshNow(session)));
  t.equal(asked.length, 1);
});

t.test("with rotation no call waits for a turn while its token lives; the refresh begins when one is free", async (t) => {
  const { coordinator, clock, cognito, asked, limiter, call } = rigWith(-1, { perSecond: 1, longestWaitMs: 5_000 });
  cognito.answer = ({ username }) => issuedFor(subjectOf(username), { issuedAtMs: clock.now() }, "rotated");
  expectRefreshed(t, await call());
  const early = sessionOf({ subject: "early", issuedAtMs: clock.now() - HOUR_MS + 3 * MINUTE_MS });
  t.equal(coordinator.ensureUsable(early), early);
  t.equal(limiter.waiting, 0);
  await clock.run(1_000);
  t.equal(expectRefreshed(t, await call(early)).version, 2, "its cookie travels on this answer");
  t.equal(asked.length, 2);
});

t.test("in its last seconds a token is used after a second and a half, and waited for once it is dead", async (t) => {
  for (const [leftMs, version, tookMs] of [
    [8_000, 1, 1_500],
    [1_000, 2, 4_000],
  ] as const) {
    const { call, clock, cognito } = rigWith(leftMs);
    const refreshing = cognito.answer;
    cognito.answer = (request) => new Promise((resolve) => clock.after(4_000, () => resolve(refreshing(request))));
    const startedAtMs = clock.now();
    t.equal(expectRefreshed(t, await call()).version, version);
    t.equal(clock.now() - startedAtMs, tookMs);
  }
});

t.test("a call that joins while the refresh still verifies an older set counts as waiting when that needs a turn", async (t) => {
  const { coordinator, cognito, clock, asked, session, store } = rigWith(-1);
  cognito.verify = async () => VERDICTS.undecidable;
  await clock.advanceUntilSettled(coordinator.refreshNow(session));
  clock.advance(1_000);
  const waiting = store.newest(session.id) ?? session;
  const outcomes = await clock.advanceUntilSettled(Promise.all([coordinator.refreshNow(waiting), coordinator.refreshNow(waiting)]));
  t.same(new Set(outcomes.map(({ kind }) => kind)), new Set(["unavailable"]));
  t.equal(asked.length, 1);
});

t.test("a refresh whose turn does not come in time is throttling of ours, and the living token is used", async (t) => {
  for (const [leftMs, expected] of [
    [-1, { kind: "unavailable", reason: "cognito_throttled" }],
    [8_000, { kind: "refreshed", session: { version: 1 } }],
  ] as const) {
    const { call, clock, limiter, asked, told } = rigWith(leftMs, { perSecond: 0.1, longestWaitMs: 2_000 });
    limiter.request("waiting");
    t.match(await call(), expected);
    await clock.run(2_000);
    t.equal(asked.length, 0);
    t.same(told, [{ kind: "refresh_turn_missed" }], "and told as our own limit");
  }
});

t.test("every request to Cognito takes a turn, retries too: fifteen sessions in an outage are not forty-five calls at once", async (t) => {
  const { coordinator, cognito, clock, asked } = createCoordinatorRig({ perSecond: 15, longestWaitMs: 60_000 });
  cognito.answer = () => unavailable("cognito_unavailable");
  const sessions = Array.from({ length: 15 }, (_, index) => sessionOf({ subject: `user-${index}` }));
  await clock.advanceUntilSettled(Promise.all(sessions.map((session) => coordinator.refreshNow(session))));
  t.equal(asked.length, 45, "each was tried three times");
  const within = (fromMs: number, ms: number) => asked.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + ms).length;
  for (const { atMs } of asked) t.ok(within(atMs, 500) <= 15 + 8 && within(atMs, 1_000) <= 15 + 15, `from ${atMs - START_MS} ms on`);
  t.ok((asked.at(-1)?.atMs ?? 0) - START_MS >= 1_900, "thirty of them waited for the rate");
});

t.test("a retry whose turn does not come is not tried again, and the token that lives is used", async (t) => {
  const { call, clock, cognito, limiter, asked, told } = rigWith(8_000, { perSecond: 0.1, longestWaitMs: 2_000 });
  cognito.answer = () => {
    limiter.request("waiting");
    return unavailable("cognito_unavailable");
  };
  t.equal(expectRefreshed(t, await call()).version, 1);
  await clock.run(2_000);
  t.equal(asked.length, 1);
  t.equal(told.filter(({ kind }) => kind === "refresh_turn_missed").length, 1);
});

t.test("a machine whose clock goes two hours ahead refreshes once, and then knows", async (t) => {
  const { call, cognito, asked, coordinator, time, clock } = rigWith(0, {}, { issuedAtMs: START_MS - 2 * HOUR_MS });
  cognito.answer = () => issuedFor("user-1", { issuedAtMs: clock.now() - 2 * HOUR_MS });
  const after = expectRefreshed(t, await call());
  t.equal(time.now(), clock.now() - 2 * HOUR_MS);
  for (let others = 0; others < 10; others++) t.equal(coordinator.ensureUsable(after), after);
  t.equal(asked.length, 1);
});

t.test("a machine whose clock lags sends no token that Cognito's time has ended", async (t) => {
  const { call, cognito, asked, coordinator, clock } = rigWith(-1);
  cognito.answer = () => issuedFor("user-1", { issuedAtMs: clock.now() + 2 * HOUR_MS });
  const after = expectRefreshed(t, await call());
  t.equal(coordinator.ensureUsable(after), after);
  clock.advance(HOUR_MS);
  t.ok(coordinator.ensureUsable(after) instanceof Promise, "by the machine's clock it would live two more hours");
  await clock.run(0);
  t.equal(asked.length, 2);
});

t.test("while the process stops nobody refreshes ahead of time; a dead token still is, since a call waits for it", async (t) => {
  const { coordinator, session, call, clock, asked } = rigWith(3 * MINUTE_MS);
  coordinator.refreshOnlyWhenDue();
  t.equal(coordinator.ensureUsable(session), session);
  await clock.run(5_000);
  t.equal(asked.length, 0);
  clock.advance(5 * MINUTE_MS);
  t.equal((await call()).kind, "refreshed");
  t.equal(asked.length, 1);
});

t.test("an early refresh that fails unexpectedly is logged and stops nothing", async (t) => {
  const { coordinator, session, cognito, log, clock, call } = rigWith(3 * MINUTE_MS);
  const refreshing = cognito.answer;
  cognito.answer = () => Promise.reject(new Error("a bug"));
  t.equal(coordinator.ensureUsable(session), session);
  await clock.run(0);
  t.equal(log.saying("failed unexpectedly").length, 1);
  await t.rejects(coordinator.refreshNow(session), /a bug/);
  cognito.answer = refreshing;
  clock.advance(HOUR_MS);
  expectRefreshed(t, await call());
});

t.test("a device's key goes along", async (t) => {
  const { coordinator, asked, clock } = createCoordinatorRig();
  await clock.advanceUntilSettled(coordinator.refreshNow(sessionOf({}, { deviceKey: "eu-central-1_device" })));
  t.equal(asked[0]?.deviceKey, "eu-central-1_device");
});

t.test("`settled` waits for every refresh under way, those that fail included", async (t) => {
  const { coordinator, cognito, clock, asked } = createCoordinatorRig();
  await coordinator.settled();
  const refreshing = cognito.answer;
  cognito.answer = (request) =>
    new Promise((resolve, reject) =>
      clock.after(1_000, () => (asked.length === 2 ? resolve(refreshing(request)) : reject(new Error("a bug")))),
    );
  const failing = coordinator.refreshNow(sessionOf({ subject: "a" }));
  failing.catch(() => {});
  void coordinator.refreshNow(sessionOf({ subject: "b" })).catch(() => {});
  let settled = false;
  const waiting = coordinator.settled().then(() => {
    settled = true;
  });
  await clock.run(999);
  t.notOk(settled);
  await clock.run(1);
  await waiting;
  t.ok(settled);
});

t.test("no token and no subject stands in any log line", async (t) => {
  for (const [, answer] of [...HINDRANCES, ["rejected", EXPIRED] as const]) {
    const { call, cognito, log, session } = rigWith(-1);
    cognito.answer = () => answer;
    await call();
    for (const text of ["refresh-of-user-1", session.tokens.id?.jwt.reveal() ?? "?", "user-1"]) t.notOk(log.text().includes(text));
  }
});
