import t from "tap";
import { flush } from "../support/manual-clock.js";
import { EXPIRED, expectRefreshed, HINDRANCES, LOGOUT, rigWith, unavailable, VERDICTS } from "../support/session-coordinator-rig.js";
import { HOUR_MS, issuedFor, refreshedSession, START_MS } from "../support/session-fixtures.js";

t.test("Cognito's rejection ends the session with its cause, and nobody asks again", async (t) => {
  const { call, cognito, asked, ended, store, session } = rigWith(-1);
  cognito.answer = () => EXPIRED;
  t.same(await call(), EXPIRED);
  t.same(
    ended.map(({ ending }) => ending),
    [{ reason: "expired", cause: "refresh_token_expired" }],
  );
  t.same(store.endingOf(session.id)?.ending, { reason: "expired", cause: "refresh_token_expired" });
  t.same(await call(), EXPIRED);
  t.equal(asked.length, 1);
});

t.test("a rejection ends the session even while its token lives", async (t) => {
  const { call, cognito } = rigWith(5_000);
  cognito.answer = () => EXPIRED;
  t.same(await call(), EXPIRED);
});

t.test(
  "non-atomic rotation: after a rejection a sibling's newer tokens are adopted: the loser of a race never ends a session",
  async (t) => {
    const { call, cognito, store, session, ended } = rigWith(-1);
    const siblings = refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "rotated by a sibling");
    cognito.answer = () => {
      store.save(siblings);
      return { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_reused" } };
    };
    t.equal(expectRefreshed(t, await call()), siblings);
    t.equal(ended.length, 0);
  },
);

t.test("activity during a rejected refresh is no newer token: the rejection ends the session all the same", async (t) => {
  for (const leftMs of [-1, 5_000]) {
    const { call, cognito, store, session } = rigWith(leftMs);
    cognito.answer = () => {
      store.save({ ...session, lastSeenAtMs: session.lastSeenAtMs + HOUR_MS });
      return EXPIRED;
    };
    t.same(await call(), EXPIRED, `${leftMs} ms left`);
    t.same(store.endingOf(session.id)?.ending, { reason: "expired", cause: "refresh_token_expired" });
  }
});

t.test("a sibling's set that nobody has verified yet is verified before it is used", async (t) => {
  const { call, cognito, store, session } = rigWith(-1);
  const siblings = refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "rotated by a sibling");
  cognito.answer = () => {
    store.save({ ...siblings, tokens: session.tokens, unverified: siblings.tokens });
    return { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_reused" } };
  };
  const adopted = expectRefreshed(t, await call());
  t.equal(adopted.unverified, null);
  t.equal(adopted.tokens.expiresAtMs, siblings.tokens.expiresAtMs);
});

t.test("a refresh that lands after the sign-out is revoked and cannot bring the session back", async (t) => {
  const { call, cognito, store, session, revokedLate, coordinator } = rigWith(-1);
  cognito.answer = () => {
    store.end(session.id, LOGOUT);
    return issuedFor("user-1", { issuedAtMs: START_MS }, "rotated too late");
  };
  t.same(await call(), { kind: "rejected", ending: LOGOUT });
  t.same(revokedLate, ["rotated too late"]);
  t.equal(store.newest(session.id), null);
  t.same(await coordinator.refreshNow(session), { kind: "rejected", ending: LOGOUT });
});

for (const [what, verdict] of Object.entries(VERDICTS)) {
  t.test(`a sign-out while the new token is being verified wins, also when the verdict is ${what}`, async (t) => {
    const { call, cognito, store, session, revokedLate } = rigWith(-1);
    cognito.answer = () => issuedFor("user-1", { issuedAtMs: START_MS }, "rotated too late");
    cognito.verify = async () => {
      store.end(session.id, LOGOUT);
      return verdict;
    };
    t.same(await call(), { kind: "rejected", ending: LOGOUT });
    t.same(revokedLate, ["rotated too late"]);
    t.equal(store.newest(session.id), null);
  });
}

for (const [what, answer] of HINDRANCES) {
  t.test(`a sign-out while Cognito answers with ${what} wins over it`, async (t) => {
    for (const leftMs of [-1, 5_000]) {
      const { call, cognito, store, session } = rigWith(leftMs);
      cognito.answer = () => {
        store.end(session.id, LOGOUT);
        return answer;
      };
      t.same(await call(), { kind: "rejected", ending: LOGOUT }, `${leftMs} ms left`);
    }
  });
}

t.test("a sign-out between two attempts stops asking", async (t) => {
  const { coordinator, cognito, store, session, asked, clock } = rigWith(-1);
  cognito.answer = () => unavailable("cognito_unavailable");
  const outcome = coordinator.refreshNow(session);
  await flush();
  store.end(session.id, LOGOUT);
  t.same(await clock.advanceUntilSettled(outcome), { kind: "rejected", ending: LOGOUT });
  t.equal(asked.length, 1);
});

t.test("a sign-out while the refresh waits for its turn: Cognito is not asked at all", async (t) => {
  const { coordinator, store, session, asked, clock, limiter } = rigWith(-1, { perSecond: 1 });
  limiter.request("waiting");
  const outcome = coordinator.refreshNow(session);
  store.end(session.id, LOGOUT);
  t.same(await clock.advanceUntilSettled(outcome), { kind: "rejected", ending: LOGOUT });
  t.equal(asked.length, 0);
});
