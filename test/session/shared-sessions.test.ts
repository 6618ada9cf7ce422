import t from "tap";
import type { Session, SessionId } from "../../src/model/session.js";
import type { RefreshOutcome } from "../../src/session/refresh/refresh-outcome.js";
import { createSealer } from "../../src/store/sealing.js";
import type { Lease, Note } from "../../src/store/session-store.js";
import { HOUR_MS, issuedFor, keyFrom, refreshedSession, START_MS, sessionOf } from "../support/session-fixtures.js";
import { createSharedRig, type SharedRigOptions } from "../support/session-shared-rig.js";
import { createCookieSessions } from "../support/session-stores.js";

const AWAY = { kind: "unavailable", reason: "store_unavailable" };

/** A session whose new tokens could not be written: Cognito takes no others any more. */
async function unsaved(options: SharedRigOptions = {}) {
  const rig = createSharedRig(options);
  const session = await rig.begun();
  rig.backend.broken = { commit: "rejects" };
  const outcome = await rig.clock.advanceUntilSettled(rig.coordinator.refreshNow(session));
  return { ...rig, session, outcome };
}

t.test("tokens that could not be written are written once the store is back, without anybody's call", async (t) => {
  const { backend, clock, outcome, refreshed, session, stored } = await unsaved();
  t.match(outcome, AWAY);
  await clock.run(30_000);
  t.equal(stored(session), "refresh-of-user-1");
  backend.broken = {};
  await clock.run(60_000);
  t.equal(stored(session), "rotated 2");
  t.equal(refreshed.length, 1, "and Cognito is not asked again");
  t.equal(clock.pending(), 0);
});

t.test("a process that stops writes them before it goes", async (t) => {
  const { backend, clock, coordinator, session, stored } = await unsaved();
  backend.broken = {};
  await clock.advanceUntilSettled(coordinator.settled(), 500);
  t.equal(stored(session), "rotated 2");
});

t.test("a process that stops says how many sessions lose their tokens with it", async (t) => {
  const { backend, clock, coordinator, log } = await unsaved();
  await clock.advanceUntilSettled(coordinator.settled(), 500);
  const lost = log.saying("could not be written to the session store before the end");
  t.match(lost, [{ level: "error", fields: { sessions: 1 } }]);
  backend.broken = {};
  await clock.run(60_000);
  await coordinator.settled();
  t.equal(log.saying("could not be written to the session store before the end").length, 1, "and nothing where all was written");
});

t.test("tokens that wait to be written are revoked with their session, whoever ends it", async (t) => {
  for (const who of ["this process", "another one"]) {
    const { backend, revoked, sessions, session, settle, signOut, other } = await unsaved();
    if (who === "this process") await signOut.here(session);
    else await other().end(session.id, { reason: "signed_out", cause: "logout" });
    await settle();
    t.ok(revoked.includes("rotated 2"), who);
    t.ok(sessions.endingOf(session.id));
    backend.broken = {};
  }
});

t.test("tokens that are just being written when their session ends are revoked once", async (t) => {
  for (const how of ["here", "everywhere"] as const) {
    let reach = () => {};
    let way = Promise.resolve();
    const { backend, clock, refreshed, revoked, session, settle, signOut } = await unsaved({
      change: (store) => ({
        ...store,
        async commit(...args) {
          await way;
          return store.commit(...args);
        },
      }),
    });
    backend.broken = {};
    way = new Promise((resolve) => {
      reach = resolve;
    });
    await clock.run(1_000);
    const leaving = signOut[how](session);
    await settle();
    reach();
    await leaving;
    await settle();
    t.equal(revoked.filter((token) => token === "rotated 2").length, 1, how);
    t.same(refreshed, ["refresh-of-user-1"], how);
  }
});

t.test("tokens that wait to be written are let go of when another process signs their person out everywhere", async (t) => {
  const { backend, clock, coordinator, log, other, revoked, session, sessions, settle } = await unsaved();
  await other().endAllOf(session.subject, { reason: "signed_out", cause: "logout_everywhere" });
  await settle();
  t.ok(sessions.endingOf(session.id));
  t.equal(clock.pending(), 0);
  t.equal(coordinator.takeUnsaved(session.id), null);
  t.same(revoked, [], "GlobalSignOut, which may still be under way with a token of theirs, ends them");
  backend.broken = {};
  await coordinator.settled();
  t.equal(log.saying("could not be written").length, 0);
});

t.test("tokens that have to wait a second time are tried again as soon as the first ones were", async (t) => {
  const { backend, clock, coordinator, session, sessions, stored } = await unsaved();
  // Three tries were in vain: the next one of these would be two minutes away.
  await clock.run(50_000);
  backend.broken = {};
  const saved = await coordinator.refreshNow(sessions.newestOf(session));
  t.match(saved, { kind: "refreshed" });
  t.equal(stored(session), "rotated 2");
  t.equal(clock.pending(), 0);
  backend.broken = { commit: "rejects" };
  t.match(await clock.advanceUntilSettled(coordinator.refreshNow(sessions.newestOf(session))), AWAY);
  backend.broken = {};
  await clock.run(1_000);
  t.equal(stored(session), "rotated 3");
});

t.test("tokens that come after a sign-out while the store is away are revoked", async (t) => {
  const { backend, clock, cognito, coordinator, begun, revoked, settle, signOut } = createSharedRig();
  const session = await begun();
  const issue = cognito.refresh;
  let answer = () => {};
  cognito.refresh = async () => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return issue();
  };
  const refreshing = coordinator.refreshNow(session);
  await settle();
  backend.broken = { commit: "rejects", end: "rejects" };
  await signOut.here(session);
  answer();
  t.match(await clock.advanceUntilSettled(refreshing), { kind: "rejected", ending: { cause: "logout" } });
  await settle();
  t.same(revoked, ["refresh-of-user-1", "rotated 2"]);
});

t.test("sign-out everywhere uses tokens that wait to be written: Cognito would take no others", async (t) => {
  const { clock, refreshed, revoked, session, signOut, signedOutEverywhere } = await unsaved();
  t.equal(await clock.advanceUntilSettled(signOut.everywhere(session)), "done");
  t.equal(signedOutEverywhere.length, 1);
  t.same(refreshed, ["refresh-of-user-1", "rotated 2"], "no second use of a rotated refresh token");
  t.same(revoked, ["rotated 3"]);
});

t.test("a session that ends while the store is away: the token that another process had written is revoked once it is back", async (t) => {
  for (const how of ["signed out", "signed out unseen"]) {
    const { backend, begun, clock, lifecycle, revoked, other, settle, signOut } = createSharedRig();
    const session = await begun();
    const there = other();
    const leased = await there.lease(session.id);
    if (leased.kind !== "granted") throw new Error("no lease");
    await there.commit(refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "written elsewhere"), 1, leased.lease);
    backend.away = true;
    if (how === "signed out") await signOut.here(session);
    else lifecycle.endUnseen(session.id, { reason: "signed_out", cause: "logout" });
    await settle();
    t.notOk(revoked.includes("written elsewhere"));
    backend.away = false;
    await clock.run(1_000);
    await settle();
    t.ok(revoked.includes("written elsewhere"), how);
  }
});

t.test(
  "who leaves with a ticket that holds the session whole ends it with all that it takes, though the store was never asked",
  async (t) => {
    const endings: (Session | SessionId)[] = [];
    const { backend, clock, lifecycle, revoked, sessions, settle } = createSharedRig({
      change: (store) => ({
        ...store,
        end(ended, order) {
          endings.push(ended);
          return store.end(ended, order);
        },
      }),
    });
    const session = sessionOf({ issuedAtMs: START_MS });
    const cookies = createCookieSessions({ sealer: createSealer([keyFrom("shared")]), clock });
    backend.away = true;
    const presented = { tickets: [cookies.seal(session)], markers: [], names: [], any: true };
    const reading = await clock.advanceUntilSettled(Promise.resolve(sessions.read(presented)));
    t.match(reading, { kind: "unavailable", carried: { id: session.id } });
    if (reading.kind !== "unavailable" || !reading.carried) throw new Error("not carried");
    lifecycle.endUnseen(reading.carried, { reason: "signed_out", cause: "logout" });
    await settle();
    t.match(endings, [{ id: session.id }], "its ending has to be remembered for as long as the ticket could be used");
    t.equal(revoked.length, 1);
    const known = sessionOf({ issuedAtMs: START_MS });
    sessions.keep(known);
    void sessions.end(known.id, { reason: "signed_out", cause: "logout" });
    t.match(endings.at(-1), { id: known.id }, "nor where it is ended by an id of which this process knows more");
  },
);

t.test("an ending is written however long the store was away, where tokens that waited were revoked with it, too", async (t) => {
  const { backend, clock, other, session, settle, signOut } = await unsaved();
  backend.broken = {};
  backend.away = true;
  await signOut.here(session);
  await clock.run(6 * 3_600_000);
  backend.away = false;
  await clock.run(600_000);
  await settle();
  t.match(await other().find(session.id), { kind: "ended", ending: { cause: "logout" } });
});

t.test("an ending is written however long the store was away", async (t) => {
  const { backend, begun, clock, other, settle, signOut } = createSharedRig();
  const session = await begun();
  backend.away = true;
  await signOut.here(session);
  await clock.run(6 * 3_600_000);
  backend.away = false;
  await clock.run(600_000);
  await settle();
  t.match(await other().find(session.id), { kind: "ended", ending: { cause: "logout" } });
});

t.test("a process that stops writes the endings that wait, if the store is there by then", async (t) => {
  for (const back of [true, false]) {
    const { backend, begun, clock, other, sessions, signOut } = createSharedRig();
    const session = await begun();
    backend.away = true;
    await signOut.here(session);
    backend.away = !back;
    await clock.advanceUntilSettled(sessions.settled(), 500);
    backend.away = false;
    t.equal("kind" in (await other().find(session.id)), back);
    t.equal(clock.pending(), 0);
  }
});

t.test("a sign-out everywhere that the store did not hear of reaches the other sessions once it is back", async (t) => {
  const { backend, begun, clock, signOut, sessions } = createSharedRig();
  const [session, laptop] = [await begun(), await begun()];
  backend.away = true;
  await clock.advanceUntilSettled(signOut.everywhere(session));
  backend.away = false;
  await clock.run(10_000);
  t.match(sessions.endingOf(laptop.id), { ending: { cause: "logout_everywhere" } });
});

t.test("a store that says for ever that a sibling holds the lease keeps no call waiting for ever", async (t) => {
  const rig = createSharedRig({
    change: (store) => ({ ...store, lease: async () => ({ kind: "held", over: new Promise((resolve) => setImmediate(resolve)) }) }),
  });
  const session = await rig.begun();
  let outcome: RefreshOutcome | null = null;
  void rig.coordinator.refreshNow(session).then((late) => {
    outcome = late;
  });
  for (let seconds = 0; seconds < 12; seconds++) await rig.clock.run(1_000);
  t.match(outcome, { kind: "unavailable" });
});

const REUSED = { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_reused" } } as const;
const DENIED = { kind: "denied" } as const;
const LOST = { kind: "unavailable", reason: "cognito_unavailable", answerLost: true } as const;

t.test("a session whose rotated token came back to nobody is told of as lost, and one that a stranger spent as reused", async (t) => {
  for (const [answers, lost] of [
    [[LOST, REUSED], true],
    [[REUSED], false],
  ] as const) {
    const { begun, clock, cognito, coordinator, log, revoked, sessions, settle } = createSharedRig();
    const session = await begun();
    const left = [...answers];
    cognito.refresh = () => left.shift() ?? REUSED;
    t.match(await clock.advanceUntilSettled(coordinator.refreshNow(session)), REUSED);
    await settle();
    t.ok(sessions.endingOf(session.id));
    t.equal(log.saying("a session was lost").length, lost ? 1 : 0);
    t.equal(log.saying("used again").length, lost ? 0 : 1);
    t.same(revoked, ["refresh-of-user-1"], "with the family goes whatever somebody else made of it");
  }
});

t.test("where Cognito takes the token for used, sets that came too late are tried first, the newest first", async (t) => {
  const { backend, begun, clock, cognito, coordinator, refreshed, stored } = createSharedRig();
  const session = await begun();
  const late = ["late 1", "late 2", "late 3"].map((refresh) =>
    refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, refresh),
  );
  backend.alternates.set(session.id, late);
  const issue = cognito.refresh;
  cognito.refresh = () => (refreshed.at(-1) === "late 2" ? issue() : REUSED);
  t.match(await clock.advanceUntilSettled(coordinator.refreshNow(session)), { kind: "refreshed", session: { version: 2 } });
  t.same(refreshed, ["refresh-of-user-1", "late 1", "late 2"]);
  t.equal(stored(session), "rotated 2");
});

t.test("what Cognito says of a set that came too late is its word: an outage is none", async (t) => {
  for (const [answer, outcome] of [
    [LOST, { kind: "unavailable", reason: "cognito_unavailable" }],
    [
      { kind: "rejected", ending: { reason: "expired", cause: "user_disabled" } },
      { kind: "rejected", ending: { cause: "user_disabled" } },
    ],
  ] as const) {
    const { backend, begun, clock, cognito, coordinator, refreshed } = createSharedRig();
    const session = await begun();
    backend.alternates.set(session.id, [refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "late")]);
    cognito.refresh = () => (refreshed.at(-1) === "late" ? answer : REUSED);
    t.match(await clock.advanceUntilSettled(coordinator.refreshNow(session)), outcome);
  }
});

/** A session whose token Cognito calls reused, with sets that came too late. */
async function withLate(names: readonly string[]) {
  const notes: Note[] = [];
  const noted = (lease: Lease): Lease => ({
    ...lease,
    release(note) {
      notes.push(note);
      return lease.release(note);
    },
  });
  const rig = createSharedRig({
    change: (store) => ({
      ...store,
      async lease(id) {
        const leased = await store.lease(id);
        return leased.kind === "granted" ? { kind: "granted", lease: noted(leased.lease) } : leased;
      },
    }),
  });
  const session = await rig.begun();
  const late = names.map((refresh) => refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, refresh));
  rig.backend.alternates.set(session.id, late);
  return { ...rig, session, notes };
}

t.test("what was noted before asking stays where an answer to a set that came too late was lost, or could not be written", async (t) => {
  const issue = issuedFor("user-1", { issuedAtMs: START_MS, lifeMs: 10 * HOUR_MS }, "of late 1");
  for (const [first, answers, broken, note] of [
    [REUSED, [LOST], {}, "open"],
    [REUSED, [LOST, DENIED], {}, "open"],
    [LOST, [DENIED], {}, "open"],
    [REUSED, [issue], { commit: "rejects" }, "open"],
    [REUSED, [issue], {}, "closed"],
    [LOST, [LOST, issue], {}, "closed"],
    [REUSED, [DENIED], {}, "closed"],
  ] as const) {
    const { backend, clock, cognito, coordinator, notes, refreshed, session, settle } = await withLate(["late 1"]);
    backend.broken = broken;
    const left = [...answers];
    cognito.refresh = () => {
      if (refreshed.at(-1) === "late 1") return left.shift() ?? LOST;
      return refreshed.length === 1 ? first : REUSED;
    };
    const outcome = await clock.advanceUntilSettled(coordinator.refreshNow(session));
    t.not(outcome.kind, "rejected");
    await settle();
    t.equal(notes[0], note, JSON.stringify([answers, outcome.kind]));
  }
});

t.test("a refresh holds its lease for half a minute at most, however slow Cognito and however many sets came too late", async (t) => {
  const { clock, cognito, coordinator, notes, refreshed, session, settle } = await withLate(["late 1", "late 2", "late 3"]);
  cognito.refresh = async () => {
    await new Promise<void>((resolve) => void clock.after(5_900, resolve));
    return REUSED;
  };
  const begunAtMs = clock.now();
  const outcome = await clock.advanceUntilSettled(coordinator.refreshNow(session));
  t.match(outcome, { kind: "unavailable", reason: "cognito_throttled" }, "what was not asked is no verdict");
  t.ok(clock.now() - begunAtMs < 30_000, `${clock.now() - begunAtMs} ms`);
  t.equal(refreshed.length, 3);
  await settle();
  t.same(notes, ["closed"]);
});

t.test("while another set was written meanwhile, none that came too late is tried", async (t) => {
  const { backend, begun, clock, cognito, coordinator, refreshed } = createSharedRig();
  const session = await begun();
  backend.alternates.set(session.id, [refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "late")]);
  cognito.refresh = () => {
    backend.put(refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "written elsewhere"));
    return REUSED;
  };
  t.match(await clock.advanceUntilSettled(coordinator.refreshNow(session)), { kind: "refreshed", session: { version: 2 } });
  t.equal(refreshed.length, 1);
});

t.test("a set that waited for the store while another was written is kept beside it", async (t) => {
  const { backend, clock, coordinator, session, sessions, stored } = await unsaved();
  backend.broken = {};
  backend.put(refreshedSession(session, { issuedAtMs: clock.now(), lifeMs: HOUR_MS }, "written elsewhere"));
  await clock.run(60_000);
  t.equal(stored(session), "written elsewhere");
  t.same(
    backend.alternates.get(session.id)?.map((late) => late.unverified?.refresh.reveal()),
    ["rotated 2"],
  );
  t.match(coordinator.ensureUsable(sessions.newestOf(session)), { version: 2 });
});
