import t from "tap";
import { Secret } from "../../src/model/secret.js";
import { createSessionId } from "../../src/model/session.js";
import { readClaims } from "../../src/model/token-set.js";
import {
  accessClaims,
  bytesFrom,
  CLIENT_ID,
  HOUR_MS,
  idClaims,
  jwtOf,
  presenting,
  refreshedSession,
  START_MS,
  sessionOf,
  USER_POOL_ID,
} from "../support/session-fixtures.js";
import { createLifecycleRig, signInWith, withAccess, withId } from "../support/session-lifecycle-rig.js";

t.test("a sign-in starts a session that its ticket brings back", async (t) => {
  const { lifecycle, store, verifications, log } = createLifecycleRig();
  const outcome = await lifecycle.start(signInWith());
  t.equal(outcome.kind, "started");
  if (outcome.kind !== "started") return;
  t.match(outcome.session, {
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    subject: "user-1",
    username: "name-of-user-1",
    deviceKey: null,
    unverified: null,
    startedAtMs: START_MS,
    lastSeenAtMs: START_MS,
    version: 1,
  });
  t.equal(outcome.session.tokens.refresh.reveal(), "the-refresh-token");
  t.equal(outcome.session.tokens.access, null, "kept is only what routes need");
  t.match(store.read(presenting([outcome.sealed])), { kind: "session", session: { id: outcome.session.id } });
  t.same(verifications, [
    ["id", START_MS],
    ["access", START_MS],
  ]);
  t.equal(log.lines.filter((line) => line.fields["event"] === "session_created").length, 1);
});

t.test("the remembered device's key is taken from the access token, even when that is not kept", async (t) => {
  const { lifecycle } = createLifecycleRig();
  t.match(await lifecycle.start(withAccess({ device_key: "eu-central-1_device" })), { session: { deviceKey: "eu-central-1_device" } });
});

t.test("where routes need the access token it is verified and kept, where none needs the ID token it is not", async (t) => {
  const { lifecycle, verifications } = createLifecycleRig({ keep: { id: false, access: true } });
  const outcome = await lifecycle.start(signInWith());
  t.same(
    verifications.map(([use]) => use),
    ["id", "access"],
  );
  t.equal(outcome.kind, "started");
  if (outcome.kind !== "started") return;
  t.equal(outcome.session.tokens.id, null);
  t.ok(outcome.session.tokens.access);
  t.equal(outcome.session.tokens.claims["sub"], "user-1");
});

t.test("another nonce, or none, starts nothing: the token belongs to another sign-in", async (t) => {
  for (const nonce of ["another", undefined, null, ["the-nonce"]]) {
    const { lifecycle, log } = createLifecycleRig();
    t.same(await lifecycle.start(withId({ nonce })), { kind: "invalid", why: "another nonce" });
    t.match(log.lines, [{ fields: { event: "authn_token_revoked" } }], "what was issued is revoked, and no session began");
    t.equal(log.lines.length, 1);
  }
});

t.test("one person's ID token with another's access token starts nothing, whichever of the two is kept, and is revoked", async (t) => {
  for (const keep of [
    { id: true, access: false },
    { id: false, access: true },
    { id: true, access: true },
  ]) {
    const { lifecycle, revoked } = createLifecycleRig({ keep });
    const bobs = new Secret(jwtOf(accessClaims("bob")));
    t.same(await lifecycle.start(signInWith({ access: bobs })), { kind: "invalid", why: "another subject" });
    t.same(revoked, ["the-refresh-token"]);
  }
});

t.test("a token that is not good starts nothing, keys that cannot be had decide nothing", async (t) => {
  for (const use of ["id", "access"]) {
    for (const verdict of [
      { kind: "invalid", why: "JwtInvalidSignatureError" },
      { kind: "undecidable", why: "FetchError" },
    ] as const) {
      const { lifecycle, cognito } = createLifecycleRig();
      const verify = cognito.verify;
      cognito.verify = (jwt) => (readClaims(jwt)?.["token_use"] === use ? verdict : verify(jwt));
      t.same(await lifecycle.start(signInWith()), verdict);
    }
  }
});

t.test("every sign-in has a new id: nothing planted before is worth anything after", async (t) => {
  const { lifecycle } = createLifecycleRig();
  const ids = new Set<string>();
  const planted = createSessionId();
  for (let index = 0; index < 10; index++) {
    const outcome = await lifecycle.start(signInWith({ previous: planted }));
    if (outcome.kind === "started") ids.add(outcome.session.id);
  }
  t.equal(ids.size, 10);
  t.notOk(ids.has(planted));
});

t.test("the session this browser had before is ended as superseded, and revoked with its newest token", async (t) => {
  const { lifecycle, store, revoked } = createLifecycleRig();
  const previous = sessionOf({ refresh: "previous refresh token" });
  const ticket = store.seal(previous);
  store.save(refreshedSession(previous, { issuedAtMs: START_MS, lifeMs: HOUR_MS }, "its newest refresh token"));
  t.equal((await lifecycle.start(signInWith({ previous: previous.id }))).kind, "started");
  t.same(store.endingOf(previous.id), { ending: { reason: "signed_out", cause: "logout" }, superseded: true });
  t.match(store.read(presenting([ticket])), { kind: "ended", superseded: true });
  t.same(revoked, ["its newest refresh token"]);
});

t.test("a previous session that came along is ended and revoked, though this process had not kept it", async (t) => {
  const { lifecycle, store, revoked, log } = createLifecycleRig();
  const previous = sessionOf({ refresh: "previous refresh token" });
  await lifecycle.start(signInWith({ previous }));
  t.ok(store.endingOf(previous.id)?.superseded);
  t.same(revoked, ["previous refresh token"]);
  t.match(
    log.lines.find(({ fields }) => fields["replaced"] === true),
    { fields: { user: /^[0-9a-f]{16}$/ } },
  );
});

t.test("a sign-in that had to be new and is not starts nothing, and what came with it is revoked", async (t) => {
  const { lifecycle, store, revoked } = createLifecycleRig();
  const previous = sessionOf();
  const demand = { newerThanSeconds: START_MS / 1000, begunAtMs: START_MS, begunForCognitoMs: null };
  const old = withId({ auth_time: START_MS / 1000, iat: START_MS / 1000 });
  t.same(await lifecycle.start({ ...old, previous: previous.id, demand }), { kind: "too_old" });
  t.same(revoked, ["the-refresh-token"]);
  t.equal(store.endingOf(previous.id), null, "the session before goes on");
});

t.test("a previous session of which this process holds no token is ended all the same", async (t) => {
  const { lifecycle, store, revoked } = createLifecycleRig();
  const previous = createSessionId();
  await lifecycle.start(signInWith({ previous }));
  t.ok(store.endingOf(previous));
  t.same(revoked, []);
});

t.test("a sign-in that fails leaves the previous session alone", async (t) => {
  const { lifecycle, store } = createLifecycleRig();
  const previous = sessionOf();
  await lifecycle.start(signInWith({ previous: previous.id, nonce: "another" }));
  t.equal(store.endingOf(previous.id), null);
});

t.test("a session that does not fit is refused and revoked, and the log names the fat claims without their values", async (t) => {
  const { lifecycle, store, log, revoked } = createLifecycleRig({ ticketBudgetBytes: 2_000 });
  const fat = bytesFrom("fat claim", 3_000).toString("base64");
  const previous = sessionOf();
  const outcome = await lifecycle.start(
    signInWith({
      previous: previous.id,
      id: new Secret(jwtOf(idClaims("user-1", {}, { nonce: "the-nonce", "custom:fat": fat, email: "demo@example.com" }))),
    }),
  );
  t.same(outcome, { kind: "too_large" });
  t.same(revoked, ["the-refresh-token"]);
  t.equal(store.endingOf(previous.id), null, "the session before goes on");
  const [line] = log.lines;
  t.match(line, { level: "error", fields: { budget_bytes: 2_000 } });
  const claims = line?.fields["largest_claims"] as { claim: string; bytes: number }[];
  t.match(claims[0], { claim: "custom:fat", bytes: fat.length + 2 });
  t.equal(claims.length, 5);
  for (const value of [fat.slice(0, 40), "demo@example.com", "user-1", "the-refresh-token"]) t.notOk(log.text().includes(value));
});
