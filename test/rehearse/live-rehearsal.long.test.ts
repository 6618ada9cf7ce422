import t from "tap";
import { leftIn, liveRig } from "./live-rig.js";

t.test("after 61 minutes Cognito says that the refresh token has expired; it is recorded, and nothing is left", async (t) => {
  const rig = await liveRig(t);
  const before = rig.cognito.clock.now();
  const { outcome, undone } = await rig.run();
  t.match(outcome, {
    kind: "answered",
    asPromised: true,
    recording: {
      region: "us-east-1",
      operation: "InitiateAuth",
      rotation: false,
      confidential_client: true,
      refresh_token_validity_minutes: 60,
      asked_after_minutes: 61,
      answer: { name: "NotAuthorizedException", message: /^Refresh Token has expired/, status: 400 },
      verdict: { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_expired" } },
    },
  });
  t.same(rig.steps, ["app client created", "user created, without a message", "signed in", "a first refresh works"]);
  t.same(
    undone.map(({ problem }) => problem),
    [null, null],
  );
  t.same(await rig.left(), []);
  const minutes = (rig.cognito.clock.now() - before) / 60_000;
  t.ok(minutes >= 61 && minutes < 62, `${minutes} minutes`);
  const text = JSON.stringify(outcome);
  for (const secret of ["us-east-1_", "3localcognito", "cognito-bff-rehearsal-", "Aa1!"])
    t.notMatch(text, secret, "the recording names nobody");
});

const CLIENTS: readonly { readonly name: string; readonly pool?: object; readonly client: object; readonly operation: string }[] = [
  {
    name: "one that rotates",
    client: { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 10 }, ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"] },
    operation: "GetTokensFromRefreshToken",
  },
  { name: "a public one", client: { ClientSecret: undefined }, operation: "InitiateAuth" },
  {
    name: "one whose tokens live for a day",
    client: {
      AccessTokenValidity: 1,
      IdTokenValidity: 24,
      TokenValidityUnits: { AccessToken: "days", IdToken: "hours", RefreshToken: "days" },
    },
    operation: "InitiateAuth",
  },
  { name: "one of a pool with usernames", pool: { UsernameAttributes: [], users: [] }, client: {}, operation: "InitiateAuth" },
  {
    name: "one of a pool that asks for long passwords",
    pool: { users: [], Policies: { PasswordPolicy: { MinimumLength: 12, RequireSymbols: true } } },
    client: {},
    operation: "InitiateAuth",
  },
];

for (const { name, pool, client, operation } of CLIENTS)
  t.test(`a copy of an app client like this is rehearsed: ${name}`, async (t) => {
    const rig = await liveRig(t, pool, client);
    const { outcome } = await rig.run();
    t.match(outcome, { kind: "answered", asPromised: true, recording: { operation } });
    t.same(await rig.left(), []);
  });

for (const [operation, step] of [
  ["CreateUserPoolClient", "the app client"],
  ["AdminCreateUser", "the user"],
  ["AdminSetUserPassword", "the password"],
  ["AdminInitiateAuth", "the sign-in"],
] as const)
  for (const fault of ["reset_after", "waf"] as const)
    t.test(`where ${step} fails (${fault}), nothing is left behind`, async (t) => {
      const rig = await liveRig(t);
      rig.cognito.faults.add({ operation, fault });
      const { outcome } = await rig.run();
      t.equal(outcome.kind, "failed");
      t.same(await rig.left(), []);
    });

t.test("where the answer to the app client's creation is lost and the SDK creates another, both are deleted", async (t) => {
  const rig = await liveRig(t);
  rig.cognito.faults.add({ operation: "CreateUserPoolClient", fault: "reset_after", times: 1 });
  const { outcome } = await rig.run();
  t.match(outcome, { kind: "answered", asPromised: true });
  t.ok(rig.cognito.calls.list("DeleteUserPoolClient").length >= 2);
  t.same(await rig.left(), []);
});

t.test("a stop while it waits deletes everything and asks nothing more", async (t) => {
  const rig = await liveRig(t);
  const stop = new AbortController();
  const { outcome } = await rig.run({ signal: stop.signal, onWait: (waitedMs) => waitedMs > 600_000 && stop.abort() });
  t.same(outcome, { kind: "stopped" });
  t.same(await rig.left(), []);
  t.equal(rig.cognito.calls.list("InitiateAuth").length, 1, "the first refresh alone");
});

t.test("a stop between two steps begins no further one", async (t) => {
  const rig = await liveRig(t);
  const stop = new AbortController();
  const { outcome } = await rig.run({ signal: stop.signal, onStep: (text) => text === "app client created" && stop.abort() });
  t.same(outcome, { kind: "stopped" });
  t.equal(rig.cognito.calls.list("AdminCreateUser").length, 0);
  t.same(await rig.left(), []);
});

t.test("what cannot be deleted is told, and keeps nothing else from being deleted", async (t) => {
  const rig = await liveRig(t);
  rig.cognito.faults.add({ operation: "AdminDeleteUser", fault: "waf" });
  const { outcome, undone } = await rig.run();
  t.equal(outcome.kind, "answered");
  t.match(undone, [
    { what: `user ${rig.runName}`, problem: /Request not allowed/ },
    { what: `app client ${rig.runName}`, problem: null },
  ]);
  t.same(await rig.left(), [`${rig.runName}@example.com`]);
});

t.test("an outage just then is no answer: it is asked again a minute later", async (t) => {
  const rig = await liveRig(t);
  const { outcome } = await rig.run({
    onStep: (text) => text === "a first refresh works" && rig.cognito.faults.add({ operation: "InitiateAuth", fault: "waf", times: 1 }),
  });
  t.match(outcome, { kind: "answered", asPromised: true, recording: { asked_after_minutes: 62 } });
});

t.test("another verdict is told as such", async (t) => {
  const rig = await liveRig(t);
  const { outcome } = await rig.run({
    onWait: () => rig.cognito.faults.list().length === 0 && rig.cognito.faults.add({ operation: "InitiateAuth", fault: "lambda_error" }),
  });
  t.match(outcome, { kind: "answered", asPromised: false, recording: { verdict: { kind: "denied" } } });
  t.same(await leftIn(rig.cognito), []);
});
