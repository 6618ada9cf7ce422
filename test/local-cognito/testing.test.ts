import t from "tap";
import { DEFAULT_SEED, localCognitoAt, signIn } from "../../src/local-cognito/index.js";
import { runDemo } from "../support/running-demo.js";

t.test("a person signs in without a browser, keeps what they are given, and is told of a wrong password", async (t) => {
  const demo = await runDemo(t);
  const person = await signIn(demo.url, DEFAULT_SEED.user);
  const answer = await person.fetch("/api/echo", { method: "POST", body: "an order", headers: { "content-type": "text/plain" } });
  t.match(await answer.json(), { method: "POST", body: "an order", headers: { authorization: /^Bearer / } });
  t.equal((await person.fetch("/auth/logout", { method: "POST" })).status, 200);
  t.equal((await person.fetch("/auth/session")).status, 401, "the cookie has been taken away");
  const wrong = { ...DEFAULT_SEED.user, password: "Wrong-password-1" };
  await t.rejects(signIn(demo.url, wrong), /^signing in as demo@example.com ended with \d+ at http:\/\/127.0.0.1:\d+\/login$/);
  await t.rejects(signIn(demo.url, wrong, "/auth/session"), /began with 4\d\d and no form$/);
  const elsewhere = new URLSearchParams({ response_type: "code", client_id: DEFAULT_SEED.clientId, redirect_uri: "http://localhost:1/" });
  await t.rejects(
    signIn(demo.localCognito.url, DEFAULT_SEED.user, `/oauth2/authorize?${elsewhere}`),
    /began with 400 and no form: redirect_mismatch$/,
    "nor is it a riddle where PUBLIC_URL differs from the callback",
  );
});

t.test("a person keeps the newest cookie, so that rotation costs no session", async (t) => {
  const demo = await runDemo(t);
  const { userPoolId: UserPoolId, clientId: ClientId, user } = DEFAULT_SEED;
  const remote = localCognitoAt(demo.localCognito.url);
  const { UserPoolClient } = await remote.call("DescribeUserPoolClient", { UserPoolId, ClientId });
  const { ClientSecret: _, CreationDate: __, LastModifiedDate: ___, ...client } = Object(UserPoolClient);
  const rotating = client.ExplicitAuthFlows.filter((flow: string) => flow !== "ALLOW_REFRESH_TOKEN_AUTH");
  const RefreshTokenRotation = { Feature: "ENABLED", RetryGracePeriodSeconds: 0 };
  await remote.call("UpdateUserPoolClient", { ...client, ExplicitAuthFlows: rotating, RefreshTokenRotation });
  const person = await signIn(demo.url, user);
  for (let hour = 0; hour < 3; hour++) {
    await demo.localCognito.advance("61m");
    t.equal((await person.fetch("/auth/session")).status, 200);
  }
  t.equal((await remote.calls("GetTokensFromRefreshToken")).length, 3);
});

t.test("what runs elsewhere is controlled over HTTP, and refuses in Cognito's words and in its own", async (t) => {
  const demo = await runDemo(t);
  const remote = localCognitoAt(`${demo.localCognito.url}/`);
  t.match(await remote.advance("2h"), { now: /^20.*Z$/, followers: 0, dropped: [] });
  await remote.addFault({ operation: "InitiateAuth", fault: "throttle", times: 1, for: "10m" });
  t.equal(demo.localCognito.faults.list().length, 1);
  await remote.clearFaults("RevokeToken");
  t.equal(demo.localCognito.faults.list().length, 1);
  await remote.clearFaults();
  t.equal(demo.localCognito.faults.list().length, 0);
  t.same(await remote.calls("InitiateAuth"), []);
  await t.rejects(remote.call("AdminGetUser", { UserPoolId: DEFAULT_SEED.userPoolId, Username: "nobody" }), {
    name: "UserNotFoundException",
    message: "User does not exist.",
  });
  await t.rejects(remote.advance("61"), /refuses POST \/_local\/clock: 400 .*with its unit/);
  await t.rejects(localCognitoAt(demo.url).advance("1h"), /refuses|is no local Cognito/);
});
