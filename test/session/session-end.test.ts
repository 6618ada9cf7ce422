import t from "tap";
import { MINUTE_MS, START_MS, sessionOf } from "../support/session-fixtures.js";
import { createLifecycleRig } from "../support/session-lifecycle-rig.js";

t.test("ending says how once, under a pseudonym; reuse of a rotated token is a security event", (t) => {
  const { lifecycle, log, clock } = createLifecycleRig();
  const [one, two] = [sessionOf(), sessionOf({ subject: "user-2" })];
  clock.advance(90_000);
  void lifecycle.end(one, { reason: "expired", cause: "refresh_token_expired" });
  void lifecycle.end(one, { reason: "signed_out", cause: "logout" });
  void lifecycle.end(two, { reason: "expired", cause: "refresh_token_reused" });
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

t.test("a sign-in that replaces an idle session must be new; what no browser brought is not ended for it", (t) => {
  const { lifecycle, store, clock } = createLifecycleRig();
  const [idle, replaced] = [sessionOf(), sessionOf({ subject: "user-2" })];
  lifecycle.keepAtHand(idle);
  t.equal(lifecycle.hasEndedForGood(idle.id), false);
  clock.advance(10 * MINUTE_MS);
  t.equal(lifecycle.hasEndedForGood(idle.id), true);
  t.equal(store.endingOf(idle.id), null, "activity may have gone by in another process");
  t.equal(lifecycle.hasEndedForGood(idle), true);
  t.same(store.endingOf(idle.id)?.ending, { reason: "expired", cause: "idle_timeout" });
  store.end(replaced, { reason: "signed_out", cause: "logout" }, true);
  t.equal(lifecycle.hasEndedForGood(replaced.id), false, "nobody signed out of one that was replaced");
  t.end();
});

t.test("activity is kept once it is a tenth of the idle limit, and cannot wake an ended session", (t) => {
  const { lifecycle, store, clock } = createLifecycleRig();
  const session = sessionOf();
  t.equal(lifecycle.touch(session), session);
  t.equal(store.newest(session.id), null);
  clock.advance(2 * MINUTE_MS);
  t.equal(lifecycle.touch(session).lastSeenAtMs, START_MS + 2 * MINUTE_MS);
  t.equal(store.newest(session.id)?.lastSeenAtMs, START_MS + 2 * MINUTE_MS);
  void lifecycle.end(session, { reason: "signed_out", cause: "logout" });
  clock.advance(2 * MINUTE_MS);
  lifecycle.touch(session);
  t.equal(store.newest(session.id), null);
  t.end();
});

t.test("what arrives after the end is revoked", async (t) => {
  const { lifecycle, revoked, clock, log } = createLifecycleRig();
  lifecycle.revokeLate(sessionOf({ refresh: "too late" }));
  await clock.run(0);
  t.same(revoked, ["too late"]);
  t.match(log.lines, [{ fields: { event: "session_renewed", late: true } }, { fields: { event: "authn_token_revoked" } }]);
});
