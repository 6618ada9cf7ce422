import t from "tap";
import { createCognitoTime } from "../../src/cognito/cognito-time.js";
import type { Session } from "../../src/model/session.js";
import { createSessionWatch, type WatchEnd } from "../../src/session/session-watch.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { flush } from "../support/manual-clock.js";
import { EXPIRED, HINDRANCES, rigWith, unavailable } from "../support/session-coordinator-rig.js";
import { HOUR_MS, MINUTE_MS, refreshedSession, START_MS, sessionOf } from "../support/session-fixtures.js";
import { createLifecycleRig } from "../support/session-lifecycle-rig.js";
import { createSharedRig } from "../support/session-shared-rig.js";

interface Limits {
  readonly idleTimeoutMs: number | null;
  readonly maxAgeMs: number | null;
}

const NO_LIMITS: Limits = { idleTimeoutMs: null, maxAgeMs: null };
const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };

/** A watch over a real coordinator, store and lifecycle, for a session of one hour that has just begun. */
function watching(limits: Limits = NO_LIMITS) {
  const rig = rigWith(HOUR_MS);
  const { lifecycle, signOut, revoked } = createLifecycleRig({ sessions: rig.sessions, clock: rig.clock, limits });
  const watch = createSessionWatch({ ...rig, lifecycle, limits });
  const heard: WatchEnd[] = [];
  return { ...rig, lifecycle, signOut, revoked, watch, heard, hear: (end: WatchEnd) => void heard.push(end) };
}

t.test("a thousand watchers of a session cost one timer and one refresh", async (t) => {
  const { watch, session, hear, clock, asked, heard } = watching();
  const cancels = Array.from({ length: 1_000 }, () => watch.watch(session, hear));
  t.equal(clock.pending(), 1);
  await clock.run(HOUR_MS - 1);
  t.equal(asked.length, 0);
  await clock.run(1);
  t.equal(asked.length, 1);
  await clock.run(HOUR_MS);
  t.equal(asked.length, 2, "and the next at the next token's end");
  t.same(heard, []);
  for (const cancel of cancels.slice(1)) cancel();
  t.equal(watch.size, 1);
  for (const cancel of cancels) cancel();
  t.equal(watch.size, 0);
  await clock.run(HOUR_MS);
  t.equal(asked.length, 2);
});

t.test("Cognito's rejection at the token's end is told to every watcher, once", async (t) => {
  const { watch, session, hear, clock, cognito, heard } = watching();
  cognito.answer = () => EXPIRED;
  for (let i = 0; i < 3; i++) watch.watch(session, hear);
  await clock.run(HOUR_MS);
  t.same(
    heard,
    [1, 2, 3].map(() => ({ reason: "expired", cause: "refresh_token_expired" })),
  );
  t.equal(watch.size, 0);
  t.equal(clock.pending(), 0);
});

for (const [what, answer] of HINDRANCES) {
  t.test(`${what} at the token's end is no verdict: Cognito is asked again`, async (t) => {
    const { watch, session, hear, clock, cognito, heard, asked } = watching();
    cognito.answer = () => answer;
    watch.watch(session, hear);
    await clock.run(HOUR_MS + 10 * MINUTE_MS);
    t.same(heard, []);
    const before = asked.length;
    t.ok(before >= 2, `${before} times`);
    t.ok(before < 400);
    cognito.answer = () => EXPIRED;
    await clock.run(2 * MINUTE_MS);
    t.equal(heard.length, 1);
  });
}

t.test("a doubtful session is asked about once a minute", async (t) => {
  const { watch, session, hear, clock, cognito, asked } = watching();
  cognito.answer = () => ({ kind: "doubtful", cause: "unknown" });
  watch.watch(session, hear);
  await clock.run(HOUR_MS + 5 * MINUTE_MS);
  t.equal(asked.length, 6);
});

t.test("an ending that anybody brings about is told at once", async (t) => {
  for (const endIt of [
    ({ lifecycle, session }: ReturnType<typeof watching>) => void lifecycle.end(session, LOGOUT),
    ({ signOut, session }: ReturnType<typeof watching>) => void signOut.here(session),
  ]) {
    const rig = watching();
    rig.watch.watch(rig.session, rig.hear);
    endIt(rig);
    t.same(rig.heard, [LOGOUT]);
    t.equal(rig.clock.pending(), 0);
    await flush();
  }
});

t.test("a session that has already ended is told of after watch has returned", async (t) => {
  const { watch, session, hear, lifecycle, heard } = watching();
  void lifecycle.end(session, LOGOUT);
  watch.watch(session, hear);
  t.same(heard, []);
  await flush();
  t.same(heard, [LOGOUT]);
  const cancel = watch.watch(session, hear);
  cancel();
  await flush();
  t.equal(heard.length, 1, "who has cancelled hears nothing");
});

t.test("the lifetime ends the session; the idle limit closes what watches it and leaves the verdict to the next request", async (t) => {
  const lifetime = watching({ idleTimeoutMs: null, maxAgeMs: 30 * MINUTE_MS });
  lifetime.watch.watch(lifetime.session, lifetime.hear);
  await lifetime.clock.run(30 * MINUTE_MS);
  t.same(lifetime.heard, [{ reason: "expired", cause: "session_lifetime" }]);
  t.same(lifetime.store.endingOf(lifetime.session.id)?.ending, lifetime.heard[0]);
  t.equal(lifetime.revoked.length, 1);

  const idle = watching({ idleTimeoutMs: 20 * MINUTE_MS, maxAgeMs: null });
  idle.watch.watch(idle.session, idle.hear);
  await idle.clock.run(20 * MINUTE_MS);
  t.same(idle.heard, [{ reason: "expired", cause: "idle_timeout" }]);
  t.equal(idle.store.endingOf(idle.session.id), null);
  t.same(idle.revoked, []);
});

t.test("activity and refreshes of other calls are heard of, even where the store has forgotten them", async (t) => {
  const limits = { idleTimeoutMs: 20 * MINUTE_MS, maxAgeMs: null };
  const rig = rigWith(HOUR_MS);
  const { store } = rig;
  const { lifecycle } = createLifecycleRig({ sessions: store, clock: rig.clock, limits });
  const forgetful = { ...store, newest: () => null };
  const watch = createSessionWatch({ ...rig, sessions: forgetful, lifecycle, limits });
  const heard: WatchEnd[] = [];
  watch.watch(rig.session, (ending) => heard.push(ending));
  await rig.clock.run(15 * MINUTE_MS);
  const active = lifecycle.touch(rig.session);
  await rig.clock.run(15 * MINUTE_MS);
  t.same(heard, []);
  store.save({
    ...refreshedSession(active, { issuedAtMs: START_MS + 30 * MINUTE_MS, lifeMs: HOUR_MS }, "rotated"),
    lastSeenAtMs: rig.clock.now(),
  });
  for (let i = 0; i < 5; i++) {
    await rig.clock.run(15 * MINUTE_MS);
    watch.learn({ ...rig.session, lastSeenAtMs: rig.clock.now() });
  }
  t.ok(rig.asked.every(({ refreshToken }) => refreshToken === "rotated"));
});

t.test("with a shared store a socket stays open while another process sees its person, and closes when none does any more", async (t) => {
  const limits = { idleTimeoutMs: 20 * MINUTE_MS, maxAgeMs: null };
  const shared = createSharedRig();
  const { clock, sessions, coordinator, other } = shared;
  const { lifecycle } = createLifecycleRig({ sessions, clock, limits });
  const time = createCognitoTime(clock, shared.log);
  const watch = createSessionWatch({ coordinator, sessions, lifecycle, limits, time, clock, log: shared.log });
  const session = await shared.begun(HOUR_MS);
  const heard: WatchEnd[] = [];
  watch.watch(session, (ending) => heard.push(ending));
  const elsewhere = other();
  for (let quarters = 0; quarters < 6; quarters++) {
    await clock.run(15 * MINUTE_MS);
    elsewhere.noteActivity(session, clock.now());
    await elsewhere.settled();
  }
  t.same(heard, []);
  for (let minutes = 0; minutes < 21; minutes++) {
    await clock.run(MINUTE_MS);
    await shared.settle();
  }
  t.same(heard, [{ reason: "expired", cause: "idle_timeout" }]);
});

t.test("with the store away what is open closes five seconds after the token died, and nothing is called an end", async (t) => {
  const shared = createSharedRig();
  const { clock, sessions, coordinator, backend } = shared;
  const { lifecycle } = createLifecycleRig({ sessions, clock, limits: NO_LIMITS });
  const time = createCognitoTime(clock, shared.log);
  const watch = createSessionWatch({ coordinator, sessions, lifecycle, limits: NO_LIMITS, time, clock, log: shared.log });
  const session = await shared.begun(HOUR_MS);
  const heard: WatchEnd[] = [];
  watch.watch(session, (end) => heard.push(end));
  backend.away = true;
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second++) {
      await clock.run(1_000);
      await shared.settle();
    }
  };
  await clock.run(HOUR_MS - 1_000);
  await seconds(4);
  t.same(heard, [], "a fail-over closes nothing");
  await seconds(6);
  t.same(heard, ["unconfirmed"]);
  t.equal(watch.size, 0);
  backend.away = false;
  t.match(await sessions.find(session.id), { id: session.id }, "it lives");
});

t.test("activity heard of with an older token set keeps the watched session from idling out", async (t) => {
  const { watch, session, hear, clock, heard } = watching({ idleTimeoutMs: 20 * MINUTE_MS, maxAgeMs: null });
  watch.watch(session, hear);
  watch.learn(refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }));
  await clock.run(15 * MINUTE_MS);
  watch.learn({ ...session, lastSeenAtMs: clock.now() });
  await clock.run(15 * MINUTE_MS);
  t.same(heard, []);
});

t.test("a watcher that fails does not keep the others open", (t) => {
  const { watch, session, hear, lifecycle, heard, log } = watching();
  watch.watch(session, () => {
    throw new Error("broken");
  });
  watch.watch(session, hear);
  void lifecycle.end(session, LOGOUT);
  t.equal(heard.length, 1);
  t.equal(log.saying("a watcher of a session failed").length, 1);
  t.end();
});

t.test("a refresh under way when the last watcher leaves starts no new timer", async (t) => {
  const { watch, session, hear, clock, cognito } = watching();
  let answer = () => {};
  cognito.answer = () =>
    new Promise((resolve) => {
      answer = () => resolve(unavailable("cognito_blocked"));
    });
  const cancel = watch.watch(session, hear);
  await clock.run(HOUR_MS);
  cancel();
  answer();
  await clock.run(10);
  t.equal(watch.size, 0);
  t.equal(clock.pending(), 0);
});

t.test("a check that fails unexpectedly is made again", async (t) => {
  const { watch, session, hear, clock, coordinator, lifecycle, sessions, time, log, heard } = watching();
  t.equal(watch.size, 0);
  let failing = true;
  const fragile = createSessionWatch({
    coordinator: {
      ensureUsable: (of) => (failing ? Promise.reject(new Error("unexpected")) : coordinator.ensureUsable(of)),
    },
    lifecycle,
    sessions,
    limits: NO_LIMITS,
    time,
    clock,
    log,
  });
  fragile.watch(session, hear);
  await clock.run(HOUR_MS);
  t.equal(log.saying("could not be checked").length, 1);
  failing = false;
  await clock.run(MINUTE_MS);
  t.same(heard, []);
  t.equal(fragile.size, 1);
});

t.test("a store that goes and comes a hundred times is asked for each session in one line, fifty at once", async (t) => {
  const rig = watching();
  const { clock, sessions } = rig;
  let missed = () => {};
  const waiting: (() => void)[] = [];
  const asked: Session[] = [];
  const watch = createSessionWatch({
    ...rig,
    limits: NO_LIMITS,
    sessions: {
      ...sessions,
      onMissed(listener) {
        missed = listener;
        return () => {};
      },
      reload(session) {
        asked.push(session);
        return new Promise((resolve) => void waiting.push(() => resolve({ kind: "unavailable", retryAfterSeconds: 1 })));
      },
    },
  });
  for (let i = 0; i < 60; i++) watch.watch(sessionOf(), () => {});
  const answerAll = async () => {
    while (waiting.length > 0) {
      for (const answer of waiting.splice(0)) answer();
      await flush();
    }
  };
  for (let times = 0; times < 100; times++) missed();
  await flush();
  t.equal(waiting.length, 50);
  await answerAll();
  t.ok(asked.length <= 120, `${asked.length} questions`);
  asked.length = 0;
  await clock.run(5_000);
  t.equal(waiting.length, 50);
  await answerAll();
  t.equal(asked.length, 60, "those without an answer, again");
  asked.length = 0;
  missed();
  await flush();
  t.equal(waiting.length, 50, "nobody waits for the next time once it is back");
});
