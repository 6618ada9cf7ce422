import t from "tap";
import type { IssuedTokens, RefreshAnswer, RevokeAnswer } from "../../src/cognito/answers.js";
import type { Session } from "../../src/model/session.js";
import { readClaims } from "../../src/model/token-set.js";
import { flush } from "../support/manual-clock.js";
import { HOUR_MS, issuedFor, refreshedSession, START_MS, sessionOf } from "../support/session-fixtures.js";
import { createLifecycleRig, LOST_SIGN_OUT, OUTAGE } from "../support/session-lifecycle-rig.js";

const withAccess = () => sessionOf({ keep: { id: true, access: true } });
const MINUTES_MS = 60_000;
const REVOKED_ALREADY: RevokeAnswer = { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_revoked" } };

t.test("sign-out ends the session and revokes its newest refresh token", async (t) => {
  const { signOut, store, revoked, signedOutEverywhere } = createLifecycleRig();
  const session = sessionOf();
  const newest = refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "newest, unverified").tokens;
  t.equal(await signOut.here({ ...session, unverified: newest }), "done");
  t.same(store.endingOf(session.id)?.ending, { reason: "signed_out", cause: "logout" });
  t.same(revoked, ["newest, unverified"]);
  t.same(signedOutEverywhere, []);
});

t.test("a refresh that landed after the request was read is signed out as well: its token is the one that is revoked", async (t) => {
  for (const how of ["here", "everywhere"] as const) {
    const { signOut, store, revoked } = createLifecycleRig();
    const session = withAccess();
    store.save(refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "landed meanwhile"));
    await signOut[how](session);
    t.notOk(revoked.includes("refresh-of-user-1"), how);
  }
});

t.test("sign-out completes although Cognito cannot be reached, and revokes later", async (t) => {
  const { signOut, store, clock, cognito, revoked } = createLifecycleRig();
  cognito.revoke = () => OUTAGE;
  const session = sessionOf();
  t.equal(await signOut.here(session), "pending");
  t.ok(store.endingOf(session.id));
  cognito.revoke = () => ({ kind: "revoked" });
  await clock.run(1_000);
  t.equal(revoked.length, 2);
  t.equal(clock.pending(), 0);
});

t.test("sign-out everywhere uses the access token that is kept, and fetches one where none is", async (t) => {
  const kept = createLifecycleRig();
  const session = withAccess();
  t.equal(await kept.signOut.everywhere(session), "done");
  t.same(kept.signedOutEverywhere, [session.tokens.access?.jwt.reveal()]);
  t.same(kept.store.endingOf(session.id)?.ending, { reason: "signed_out", cause: "logout_everywhere" });
  t.same(kept.revoked, ["refresh-of-user-1"]);
  t.same(kept.refreshed, []);

  const fetched = createLifecycleRig();
  t.equal(await fetched.signOut.everywhere(sessionOf()), "done");
  t.equal(readClaims(fetched.signedOutEverywhere[0] ?? "")?.["token_use"], "access");
  t.same(fetched.refreshed, ["refresh-of-user-1"]);
  t.same(fetched.revoked, ["rotated"], "the refresh token that came with it");
  t.match(fetched.log.lines.at(-2), { fields: { event: "authn_token_revoked", everywhere: true } });
});

t.test("an access token that has died does not serve for signing out everywhere", async (t) => {
  const { signOut, clock, signedOutEverywhere, refreshed } = createLifecycleRig();
  const session = withAccess();
  clock.advance(HOUR_MS);
  await signOut.everywhere(session);
  t.equal(signedOutEverywhere.length, 1);
  t.not(signedOutEverywhere[0], session.tokens.access?.jwt.reveal(), "a fresh one was fetched");
  t.equal(refreshed.length, 1);
});

t.test("the session has ended here before anything is awaited", (t) => {
  for (const how of ["here", "everywhere"] as const) {
    const { signOut, store, cognito } = createLifecycleRig();
    cognito.refresh = () => new Promise<RefreshAnswer>(() => {});
    const session = sessionOf();
    void signOut[how](session);
    t.ok(store.endingOf(session.id), how);
  }
  t.end();
});

t.test("sign-out everywhere in the middle of a refresh waits for it: with rotation each refresh token is used once", async (t) => {
  const { signOut, coordinator, cognito, refreshed, revoked, signedOutEverywhere } = createLifecycleRig();
  let answer: (answer: RefreshAnswer) => void = () => {};
  cognito.refresh = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const session = sessionOf({ issuedAtMs: START_MS - 2 * HOUR_MS });
  const call = coordinator.ensureUsable(session);
  await flush();
  const [first, second] = [signOut.everywhere(session), signOut.everywhere(session)];
  await flush();
  t.same(refreshed, ["refresh-of-user-1"], "nothing is asked beside it");
  answer(issuedFor("user-1", { issuedAtMs: START_MS }, "rotated under way"));
  t.same([await first, await second], ["done", "done"]);
  t.match(await call, { kind: "rejected", ending: { cause: "logout_everywhere" } }, "the call that began it hears of the end");
  t.same(refreshed, ["refresh-of-user-1"]);
  t.ok(signedOutEverywhere.length > 0);
  t.same(new Set(revoked), new Set(["rotated under way"]));
});

t.test("a sign-out while the refreshed tokens are being verified uses them as well", async (t) => {
  const { signOut, coordinator, cognito, refreshed, revoked, clock } = createLifecycleRig();
  cognito.refresh = () => issuedFor("user-1", { issuedAtMs: clock.now() }, "rotated");
  const session = sessionOf({ issuedAtMs: START_MS - 2 * HOUR_MS });
  const verify = cognito.verify;
  let result: Promise<string> | null = null;
  cognito.verify = (jwt) => {
    result ??= signOut.everywhere(session);
    return verify(jwt);
  };
  await coordinator.ensureUsable(session);
  t.equal(await result, "done");
  t.same(refreshed, ["refresh-of-user-1"]);
  t.same(new Set(revoked), new Set(["rotated"]));
});

t.test(
  "an outage at GlobalSignOut is made good in the background, and the refresh token is revoked afterwards, never before",
  async (t) => {
    const { signOut, cognito, clock, signedOutEverywhere, revoked, log } = createLifecycleRig();
    cognito.signOutEverywhere = () => LOST_SIGN_OUT;
    t.equal(await signOut.everywhere(withAccess()), "pending");
    t.same(revoked, [], "it would end the access token that GlobalSignOut needs");
    t.equal(log.saying("tried again in the background").length, 1);
    cognito.signOutEverywhere = () => ({ kind: "revoked" });
    await clock.run(1_000);
    t.equal(signedOutEverywhere.length, 2);
    t.same(revoked, ["refresh-of-user-1"]);
    t.equal(clock.pending(), 0);
  },
);

t.test("an answer lost after Cognito did it: the second attempt finds the token revoked, and that is what was wanted", async (t) => {
  const { signOut, cognito, clock, log, revoked } = createLifecycleRig();
  cognito.signOutEverywhere = () => LOST_SIGN_OUT;
  t.equal(await signOut.everywhere(withAccess()), "pending");
  cognito.signOutEverywhere = () => REVOKED_ALREADY;
  await clock.run(1_000);
  t.equal(log.saying("GlobalSignOut failed: this session").length, 0);
  t.same(revoked, ["refresh-of-user-1"]);

  const other = createLifecycleRig();
  other.cognito.signOutEverywhere = () => REVOKED_ALREADY;
  t.equal(await other.signOut.everywhere(withAccess()), "failed", "without one before, somebody else revoked this session alone");
});

t.test("an outage while the access token is fetched is made good as well", async (t) => {
  const { signOut, cognito, clock, signedOutEverywhere, revoked } = createLifecycleRig();
  cognito.refresh = () => OUTAGE;
  t.equal(await signOut.everywhere(sessionOf()), "pending");
  cognito.refresh = () => issuedFor("user-1", { issuedAtMs: clock.now() }, "rotated");
  await clock.run(1_000);
  t.equal(signedOutEverywhere.length, 1);
  t.same(revoked, ["rotated"]);
});

t.test("keys that cannot be had cost another refresh with the newest token, never with the old one", async (t) => {
  const { signOut, cognito, clock, refreshed, signedOutEverywhere } = createLifecycleRig();
  const verify = cognito.verify;
  let turn = 0;
  cognito.refresh = () => issuedFor("user-1", { issuedAtMs: clock.now() }, `rotated ${++turn}`);
  cognito.verify = () => ({ kind: "undecidable", why: "FetchError" });
  t.equal(await signOut.everywhere(sessionOf()), "pending");
  cognito.verify = verify;
  await clock.run(1_000);
  t.same(refreshed, ["refresh-of-user-1", "rotated 1"]);
  t.equal(signedOutEverywhere.length, 1);
});

const REFUSED: RevokeAnswer = { kind: "doubtful", cause: "unknown" };
const WITHOUT_ACCESS: IssuedTokens = { ...issuedFor("user-1", {}, "rotated"), access: null };
const OF_ANOTHER: IssuedTokens = { ...issuedFor("user-1", {}, "rotated"), access: issuedFor("bob", {}).access };

for (const [what, refresh, everywhere] of [
  ["Cognito refuses GlobalSignOut", issuedFor("user-1", {}, "rotated"), REFUSED],
  ["Cognito rejects the refresh", { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_expired" } }, null],
  ["no access token comes", WITHOUT_ACCESS, null],
  ["another person's access token comes", OF_ANOTHER, null],
] as const) {
  t.test(`${what}: this session is over, the answer is "failed", the log says so, and the refresh token is revoked`, async (t) => {
    const { signOut, cognito, store, log, revoked, signedOutEverywhere } = createLifecycleRig();
    cognito.refresh = () => refresh;
    cognito.signOutEverywhere = () => everywhere ?? { kind: "revoked" };
    const session: Session = sessionOf();
    t.equal(await signOut.everywhere(session), "failed");
    t.ok(store.endingOf(session.id));
    t.equal(signedOutEverywhere.length, everywhere ? 1 : 0, "nobody else is signed out");
    t.same(revoked, [refresh.kind === "issued" ? "rotated" : "refresh-of-user-1"]);
    t.match(log.saying("GlobalSignOut failed"), [{ level: "error" }]);
  });
}

t.test("an outage that does not end is given up after six attempts, and the refresh token is still to be revoked", async (t) => {
  const { signOut, cognito, clock, log, signedOutEverywhere, revoked } = createLifecycleRig();
  cognito.signOutEverywhere = () => LOST_SIGN_OUT;
  t.equal(await signOut.everywhere(withAccess()), "pending");
  await clock.run(20 * MINUTES_MS);
  t.equal(signedOutEverywhere.length, 6);
  t.match(log.saying("GlobalSignOut failed: this session"), [{ level: "error", fields: { attempts: 6 } }]);
  t.same(revoked, ["refresh-of-user-1"]);
});
