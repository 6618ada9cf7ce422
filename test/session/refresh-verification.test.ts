import t from "tap";
import { Secret } from "../../src/model/secret.js";
import { newestRefreshToken, type Session } from "../../src/model/session.js";
import { expectRefreshed, rigWith, VERDICTS } from "../support/session-coordinator-rig.js";
import { HOUR_MS, issuedFor, MINUTE_MS, START_MS, sessionOf } from "../support/session-fixtures.js";

t.test("a rotated refresh token is kept before its set is verified, and used from then on", async (t) => {
  const { call, cognito, store, session, asked, clock } = rigWith(-1);
  const verify = cognito.verify;
  let duringVerification: string | undefined;
  cognito.answer = () => issuedFor("user-1", { issuedAtMs: clock.now() }, `rotated ${asked.length}`);
  cognito.verify = async (...args) => {
    const newest = store.newest(session.id);
    duringVerification = newest ? newestRefreshToken(newest).reveal() : "nothing";
    return verify(...args);
  };
  expectRefreshed(t, await call());
  t.equal(duringVerification, "rotated 1");
  clock.advance(2 * HOUR_MS);
  const second = expectRefreshed(t, await call());
  t.equal(asked[1]?.refreshToken, "rotated 1");
  t.equal(newestRefreshToken(second).reveal(), "rotated 2");
});

t.test("without rotation the refresh token stays", async (t) => {
  const { call } = rigWith(-1);
  t.equal(newestRefreshToken(expectRefreshed(t, await call())).reveal(), "refresh-of-user-1");
});

t.test("keys that cannot be had: 503, and verified later without another refresh", async (t) => {
  const { call, cognito, asked, clock, store, session } = rigWith(-1);
  const verify = cognito.verify;
  cognito.answer = () => issuedFor("user-1", { issuedAtMs: START_MS }, "rotated");
  cognito.verify = async () => VERDICTS.undecidable;
  t.match(await call(), { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: 1 });
  const newest = store.newest(session.id);
  t.equal(newest && newestRefreshToken(newest).reveal(), "rotated", "what was issued is kept");
  t.equal(newest?.tokens.id, null, "and not used; the dead token beside it takes no room");
  clock.advance(1_000);
  t.match(await call(), { kind: "unavailable", retryAfterSeconds: 2 }, "still not to be had");
  cognito.verify = verify;
  clock.advance(2_000);
  const after = expectRefreshed(t, await call());
  t.match(after, { version: 2, unverified: null });
  t.equal(newestRefreshToken(after).reveal(), "rotated");
  t.equal(asked.length, 1);
});

t.test("while the keys cannot be had, the old token serves as long as it lives", async (t) => {
  const { call, cognito, session, asked, clock, coordinator, store } = rigWith(5_000);
  const verify = cognito.verify;
  cognito.verify = async () => VERDICTS.undecidable;
  const used = expectRefreshed(t, await call());
  t.equal(used.tokens, session.tokens);
  cognito.verify = verify;
  clock.advance(2_000);
  t.equal(expectRefreshed(t, await call(store.newest(session.id) ?? session)).unverified, null, "verified on the way");
  t.equal(asked.length, 1);
  const waiting: Session = { ...sessionOf(), unverified: session.tokens };
  t.equal(coordinator.ensureUsable(waiting), waiting, "a set that waits is verified in the background");
});

t.test("a set that died before the keys came back is replaced, with its refresh token", async (t) => {
  const { call, cognito, asked, clock } = rigWith(-1);
  const verify = cognito.verify;
  cognito.answer = () => issuedFor("user-1", { issuedAtMs: clock.now() }, `rotated ${asked.length}`);
  cognito.verify = async () => VERDICTS.undecidable;
  await call();
  clock.advance(3 * HOUR_MS);
  cognito.verify = verify;
  expectRefreshed(t, await call());
  t.same(
    asked.map(({ refreshToken }) => refreshToken),
    ["refresh-of-user-1", "rotated 1"],
  );
});

t.test(
  "unchecked refreshed ID token: one with a wrong signature is a misconfiguration: never used, the session and the newest refresh token kept",
  async (t) => {
    const { call, cognito, asked, clock, store, session, ended, log } = rigWith(-1);
    const verify = cognito.verify;
    cognito.answer = () => issuedFor("user-1", { issuedAtMs: clock.now() }, `rotated ${asked.length}`);
    cognito.verify = async () => VERDICTS.invalid;
    t.same(await call(), { kind: "misconfigured", problem: "a refreshed token is not good" });
    const kept = store.newest(session.id);
    t.equal(kept?.tokens.id, null, "the dead token is gone, the bad one not in its place");
    t.equal(kept?.unverified, null);
    t.match(
      log.lines.filter((line) => line.fields["alert"] === "misconfigured"),
      [{ fields: { problem: "a refreshed token is not good" } }],
    );
    cognito.verify = verify;
    clock.advance(10_000);
    expectRefreshed(t, await call());
    t.equal(asked[1]?.refreshToken, "rotated 1");
    t.equal(ended.length, 0);
  },
);

t.test("unchecked refreshed ID token: one for another person is never used", async (t) => {
  const { call, cognito, store, session } = rigWith(-1);
  cognito.answer = () => issuedFor("somebody-else", { issuedAtMs: START_MS });
  t.same(await call(), { kind: "misconfigured", problem: "a refreshed token is not good" });
  t.equal(store.newest(session.id)?.subject, "user-1");
  t.equal(store.newest(session.id)?.tokens.claims["sub"], "user-1");
});

t.test("the access token is verified as one, where routes need it, and another person's is not used", async (t) => {
  const keep = { id: false, access: true };
  const { call, cognito } = rigWith(-1, { keep }, { keep });
  const uses: string[] = [];
  const verify = cognito.verify;
  cognito.verify = (jwt, use, at) => {
    uses.push(use);
    return verify(jwt, use, at);
  };
  const after = expectRefreshed(t, await call());
  t.same(uses, ["id", "access"], "the ID token is verified although it is not kept");
  t.equal(after.tokens.id, null);
  t.equal(after.tokens.access?.expiresAtMs, START_MS + HOUR_MS);
  t.equal(after.tokens.claims["iat"], START_MS / 1000, "its claims are");
});

t.test("a refresh that brings another person's access token is not used, whether routes need it or not", async (t) => {
  for (const access of [true, false]) {
    const keep = { id: true, access };
    const { call, cognito, store, session } = rigWith(-1, { keep }, { keep });
    const stranger = issuedFor("somebody-else", { issuedAtMs: START_MS });
    cognito.answer = () => ({ ...issuedFor("user-1", { issuedAtMs: START_MS }), access: stranger.access });
    t.same(await call(), { kind: "misconfigured", problem: "a refreshed token is not good" });
    t.equal(store.newest(session.id)?.tokens.id, null, "nothing of it can be used");
  }
});

t.test("the earliest end of the kept tokens counts", async (t) => {
  const keep = { id: true, access: true };
  const { call, cognito } = rigWith(-1, { keep }, { keep });
  cognito.answer = () => ({
    ...issuedFor("user-1", { issuedAtMs: START_MS }),
    access: issuedFor("user-1", { issuedAtMs: START_MS, lifeMs: 5 * MINUTE_MS }).access,
  });
  t.equal(expectRefreshed(t, await call()).tokens.expiresAtMs, START_MS + 5 * MINUTE_MS);
});

t.test("an answer whose tokens cannot be read is an outage, not a verdict", async (t) => {
  const garbage = rigWith(-1);
  garbage.cognito.answer = () => ({ ...issuedFor("user-1", {}), id: new Secret("not a JWT") });
  t.match(await garbage.call(), { kind: "unavailable" });
  const keep = { id: true, access: true };
  for (const access of [null, new Secret("not a JWT")]) {
    const rig = rigWith(-1, { keep }, { keep });
    rig.cognito.answer = () => ({ ...issuedFor("user-1", {}), access });
    t.match(await rig.call(), { kind: "unavailable" });
  }
});
