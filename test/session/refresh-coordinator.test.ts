import t from "tap";
import type { RefreshOutcome } from "../../src/session/refresh/refresh-outcome.js";
import { flush } from "../support/manual-clock.js";
import { createCoordinatorRig, expectRefreshed, HINDRANCES, rigWith, unavailable } from "../support/session-coordinator-rig.js";
import { HOUR_MS, MINUTE_MS, START_MS, sessionOf } from "../support/session-fixtures.js";

t.test("a token with plenty of life is used as it is, without a promise and without asking anybody", (t) => {
  const { coordinator, session, asked } = rigWith(30 * MINUTE_MS);
  t.equal(coordinator.ensureUsable(session), session);
  t.equal(asked.length, 0);
  t.end();
});

t.test("a token near its end is used as it is, and refreshed once in the background", async (t) => {
  const { coordinator, session, asked, store, clock } = rigWith(3 * MINUTE_MS);
  for (let call = 0; call < 50; call++) t.equal(coordinator.ensureUsable(session), session);
  await clock.run(0);
  t.equal(asked.length, 1);
  t.match(store.newest(session.id), { version: 2, unverified: null, refreshedAtMs: START_MS });
  t.same(asked[0], { refreshToken: "refresh-of-user-1", username: "name-of-user-1", deviceKey: null, atMs: START_MS });
});

t.test("an expired token is waited for: fifty calls at once cause one refresh and get its result", async (t) => {
  const { coordinator, session, asked, clock } = rigWith(-1);
  const calls = Array.from({ length: 50 }, () => Promise.resolve(coordinator.ensureUsable(session) as Promise<RefreshOutcome>));
  const outcomes = await clock.advanceUntilSettled(Promise.all(calls));
  t.equal(asked.length, 1);
  const sessions = new Set(outcomes.map((outcome) => expectRefreshed(t, outcome)));
  t.equal(sessions.size, 1);
  t.match([...sessions][0], { version: 2, tokens: { expiresAtMs: START_MS + HOUR_MS } });
});

t.test("a call that still holds the old ticket gets what was refreshed before it came", async (t) => {
  const { call, session, asked } = rigWith(-1);
  await call();
  t.equal(expectRefreshed(t, await call(session)).version, 2);
  t.equal(asked.length, 1);
});

t.test("each session has a refresh of its own", async (t) => {
  const { coordinator, clock, asked } = createCoordinatorRig();
  const sessions = ["a", "b", "c"].map((subject) => sessionOf({ subject, issuedAtMs: START_MS - 2 * HOUR_MS }));
  const outcomes = await clock.advanceUntilSettled(Promise.all(sessions.map((session) => coordinator.refreshNow(session))));
  t.same(
    outcomes.map((outcome) => expectRefreshed(t, outcome).subject),
    ["a", "b", "c"],
  );
  t.equal(asked.length, 3);
});

for (const [what, answer, outcome, attempts] of HINDRANCES) {
  t.test(`through ${what} a living token goes on being used`, async (t) => {
    const { call, cognito, session, asked, ended, clock, coordinator } = rigWith(5_000);
    cognito.answer = () => answer;
    t.equal(expectRefreshed(t, await call()), session, "moments before its end, after waiting");
    t.equal(asked.length, attempts);
    const early = { ...session, ...sessionOf({ issuedAtMs: clock.now() - HOUR_MS + 3 * MINUTE_MS }) };
    t.equal(coordinator.ensureUsable(early), early, "minutes before its end, at once");
    await clock.run(2_000);
    t.equal(ended.length, 0);
  });

  t.test(`with the token dead, ${what} says so after ${attempts} attempt(s), and the session is kept`, async (t) => {
    const { call, cognito, asked, ended, store, session } = rigWith(-1);
    cognito.answer = () => answer;
    t.same(await call(), outcome);
    t.equal(asked.length, attempts);
    t.equal(ended.length, 0);
    t.equal(store.endingOf(session.id), null);
  });

  t.test(`after ${what} it goes on as if nothing had been`, async (t) => {
    const { call, cognito, clock } = rigWith(-1);
    const refreshing = cognito.answer;
    cognito.answer = () => answer;
    await call();
    cognito.answer = refreshing;
    await clock.run(MINUTE_MS);
    expectRefreshed(t, await call());
  });
}

t.test("an outage is remembered until its Retry-After: no call in between asks Cognito", async (t) => {
  const { call, cognito, asked, clock } = rigWith(-1);
  cognito.answer = () => unavailable("cognito_unavailable");
  for (const seconds of [1, 2, 4, 8, 8]) {
    const before = asked.length;
    t.match(await call(), { retryAfterSeconds: seconds });
    t.equal(asked.length, before + 3);
    for (let others = 0; others < 20; others++) t.match(await call(), { kind: "unavailable" });
    clock.advance(seconds * 1000 - 1);
    t.match(await call(), { retryAfterSeconds: 1 });
    t.equal(asked.length, before + 3);
    clock.advance(1);
  }
});

t.test("a call in the early zone does not ask again either while an outage is remembered", async (t) => {
  const { coordinator, session, cognito, asked, clock } = rigWith(3 * MINUTE_MS);
  cognito.answer = () => unavailable("cognito_blocked");
  coordinator.ensureUsable(session);
  await flush();
  for (let call = 0; call < 10; call++) coordinator.ensureUsable(session);
  await clock.run(999);
  t.equal(asked.length, 1);
});

t.test("attempts are spread with jitter, each wait longer than the one before", async (t) => {
  for (const [random, moments] of [
    [0, [0, 75, 225]],
    [0.5, [0, 150, 450]],
    [1, [0, 225, 675]],
  ] as const) {
    const { call, cognito, asked } = rigWith(-1, { random: () => random });
    cognito.answer = () => unavailable("cognito_unavailable");
    await call();
    t.same(
      asked.map(({ atMs }) => atMs - START_MS),
      moments,
    );
  }
});

t.test("an attempt that already took long is not repeated", async (t) => {
  const { call, cognito, asked, clock } = rigWith(-1);
  cognito.answer = () => new Promise((resolve) => clock.after(6_000, () => resolve(unavailable("cognito_unavailable"))));
  t.match(await call(), { kind: "unavailable" });
  t.equal(asked.length, 1);
});

t.test("a second attempt that succeeds is a success", async (t) => {
  const { call, cognito, asked } = rigWith(-1);
  const refreshing = cognito.answer;
  cognito.answer = (request) => (asked.length === 1 ? unavailable("cognito_unavailable") : refreshing(request));
  expectRefreshed(t, await call());
  t.equal(asked.length, 2);
});
