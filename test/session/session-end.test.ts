import t from "tap";
import type { RefreshAnswer } from "../../src/cognito/token-source.js";
import { readClaims } from "../../src/model/token-set.js";
import { HOUR_MS, issuedFor, MINUTE_MS, refreshedSession, START_MS, sessionOf } from "../support/session-fixtures.js";
import { createLifecycleRig, OUTAGE } from "../support/session-lifecycle-rig.js";

t.test("ending says how once, under a pseudonym; reuse of a rotated token is a security event", (t) => {
  const { lifecycle, log, clock } = createLifecycleRig();
  const [one, two] = [sessionOf(), sessionOf({ subject: "user-2" })];
  clock.advance(90_000);
  lifecycle.end(one, { reason: "expired", cause: "refresh_token_expired" });
  lifecycle.end(one, { reason: "signed_out", cause: "logout" });
  lifecycle.end(two, { reason: "expired", cause: "refresh_token_reused" });
  t.match(log.lines, [
    { level: "info", fields: { event: "session_expired", reason: "expired", cause: "refresh_token_expired", age_seconds: 90 } },
    { level: "warn", fields: { event: "authn_token_reuse" } },
    { level: "info", fields: { event: "session_expired", reason: "expired", cause: "refresh_token_reused" } },
  ]);
  t.equal(log.lines.length, 3);
  t.match(log.lines[0]?.fields["session"], /^[0-9a-f]{16}$/);
  t.match(log.lines[0]?.fields["user"], /^[0-9a-f]{16}$/);
  t.equal(log.lines[1]?.fields["session"], log.lines[2]?.fields["session"]);
  for (const text of [one.id, two.id, "user-1", "user-2", "refresh-of"]) t.notOk(log.text().includes(text));
  t.end();
});

t.test("a limit of ours ends the session and revokes it at Cognito", async (t) => {
  const { lifecycle, store, clock, revoked } = createLifecycleRig();
  const session = sessionOf();
  t.equal(lifecycle.enforceLimits(session), null);
  t.equal(store.endingOf(session.id), null);
  clock.advance(10 * MINUTE_MS);
  t.same(lifecycle.enforceLimits(session), { reason: "expired", cause: "idle_timeout" });
  t.same(store.endingOf(session.id)?.ending, { reason: "expired", cause: "idle_timeout" });
  await clock.run(0);
  t.same(revoked, ["refresh-of-user-1"]);
});

t.test("activity is kept once it is a tenth of the idle limit, and cannot wake an ended session", (t) => {
  const { lifecycle, store, clock } = createLifecycleRig();
  const session = sessionOf();
  t.equal(lifecycle.touch(session), session);
  t.equal(store.newest(session.id), null);
  clock.advance(2 * MINUTE_MS);
  t.equal(lifecycle.touch(session).lastSeenAtMs, START_MS + 2 * MINUTE_MS);
  t.equal(store.newest(session.id)?.lastSeenAtMs, START_MS + 2 * MINUTE_MS);
  lifecycle.end(session, { reason: "signed_out", cause: "logout" });
  clock.advance(2 * MINUTE_MS);
  lifecycle.touch(session);
  t.equal(store.newest(session.id), null);
  t.end();
});

t.test("sign-out ends the session and revokes its newest refresh token", async (t) => {
  const { lifecycle, store, revoked, signedOutEverywhere } = createLifecycleRig();
  const session = sessionOf();
  const waiting = {
    ...session,
    unverified: refreshedSession(session, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "newest, unverified").tokens,
  };
  await lifecycle.signOut(waiting, "session");
  t.same(store.endingOf(session.id)?.ending, { reason: "signed_out", cause: "logout" });
  t.same(revoked, ["newest, unverified"]);
  t.same(signedOutEverywhere, []);
});

t.test("sign-out completes although Cognito cannot be reached, and revokes later", async (t) => {
  const { lifecycle, store, clock, cognito, revoked } = createLifecycleRig();
  cognito.revoke = () => OUTAGE;
  const session = sessionOf();
  await lifecycle.signOut(session, "session");
  t.ok(store.endingOf(session.id));
  cognito.revoke = () => ({ kind: "revoked" });
  await clock.run(1_000);
  t.equal(revoked.length, 2);
  t.equal(clock.pending(), 0);
});

t.test("sign-out everywhere uses the access token that is kept, and fetches one where none is", async (t) => {
  const kept = createLifecycleRig();
  const session = sessionOf({ keep: { id: true, access: true } });
  await kept.lifecycle.signOut(session, "everywhere");
  t.same(kept.signedOutEverywhere, [session.tokens.access?.jwt.reveal()]);
  t.same(kept.store.endingOf(session.id)?.ending, { reason: "signed_out", cause: "logout_everywhere" });
  t.same(kept.revoked, ["refresh-of-user-1"]);

  const fetched = createLifecycleRig();
  await fetched.lifecycle.signOut(sessionOf(), "everywhere");
  t.equal(readClaims(fetched.signedOutEverywhere[0] ?? "")?.["token_use"], "access");
  t.equal(fetched.log.saying("GlobalSignOut failed").length, 0);
});

t.test("sign-out everywhere leaves no refresh token alive that it fetched itself", async (t) => {
  const { lifecycle, cognito, revoked } = createLifecycleRig();
  cognito.signOutEverywhere = () => ({ kind: "doubtful", cause: "unknown" });
  await lifecycle.signOut(sessionOf(), "everywhere");
  t.same(revoked, ["rotated"], "the one Cognito gave while fetching an access token");
});

t.test("an access token that has died does not serve for signing out everywhere", async (t) => {
  const { lifecycle, clock, signedOutEverywhere } = createLifecycleRig();
  const session = sessionOf({ keep: { id: true, access: true } });
  clock.advance(HOUR_MS);
  await lifecycle.signOut(session, "everywhere");
  t.equal(signedOutEverywhere.length, 1);
  t.not(signedOutEverywhere[0], session.tokens.access?.jwt.reveal(), "a fresh one was fetched");
});

t.test("sign-out everywhere ends at least this session when Cognito refuses or is away, and says so in the log", async (t) => {
  for (const failing of ["refresh", "signOutEverywhere", "no access token"] as const) {
    const { lifecycle, cognito, store, log, revoked } = createLifecycleRig();
    if (failing === "refresh") cognito.refresh = () => OUTAGE;
    if (failing === "signOutEverywhere") cognito.signOutEverywhere = () => OUTAGE;
    if (failing === "no access token") cognito.refresh = () => ({ ...issuedFor("user-1", {}), access: null }) as RefreshAnswer;
    const session = sessionOf();
    await lifecycle.signOut(session, "everywhere");
    t.ok(store.endingOf(session.id), failing);
    t.equal(revoked.length, 1);
    t.match(log.saying("GlobalSignOut failed"), [{ level: "error" }]);
  }
});

t.test("what arrives after the end is revoked", async (t) => {
  const { lifecycle, revoked, clock, log } = createLifecycleRig();
  lifecycle.revokeLate(sessionOf({ refresh: "too late" }));
  await clock.run(0);
  t.same(revoked, ["too late"]);
  t.match(log.lines, [{ fields: { event: "session_renewed", late: true } }, { fields: { event: "authn_token_revoked" } }]);
});
