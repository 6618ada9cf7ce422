import { setImmediate } from "node:timers/promises";
import t from "tap";
import { type FaultName, startLocalCognito } from "../../src/local-cognito/index.js";
import { membersOf, postForm } from "./oauth-calls.js";
import { CLIENT_ID, MINUTE, POOL_ID, type Running, running, SECOND } from "./running-cognito.js";
import { callApi, getTokens, publicClient, refresh, signIn } from "./sdk-calls.js";

async function withFault(local: Running, fault: FaultName): Promise<string> {
  const { RefreshToken } = await signIn(local.sdk);
  local.cognito.faults.add({ operation: "InitiateAuth", fault, times: 1 });
  return RefreshToken;
}

const ANSWERS: readonly (readonly [FaultName, Record<string, unknown>, number])[] = [
  ["throttle", { name: "TooManyRequestsException", message: "Rate exceeded" }, 400],
  ["internal_error", { name: "InternalErrorException" }, 500],
  ["waf", { name: "ForbiddenException", message: "Request not allowed due to WAF block." }, 403],
  ["lambda_error", { name: "UserLambdaValidationException", message: /^PreTokenGeneration failed with error / }, 400],
  ["lambda_timeout", { name: "UnexpectedLambdaException", message: /^Socket timeout while invoking Lambda function / }, 400],
  ["unknown_error", { name: "QuantumFluctuationException" }, 400],
];

for (const [fault, error, status] of ANSWERS) {
  t.test(`${fault} looks like ${error["name"]} with status ${status} once, and then all is well`, async (t) => {
    const local = await running(t);
    const token = await withFault(local, fault);
    const refused: unknown = await refresh(local.sdk, token).catch((thrown: unknown) => thrown);
    t.match(refused, { ...error, $metadata: { httpStatusCode: status } });
    await t.resolves(refresh(local.sdk, token));
    t.same(
      local.cognito.calls.list("InitiateAuth").map(({ auth_flow, outcome }) => `${auth_flow} ${outcome}`),
      ["USER_PASSWORD_AUTH ok", `REFRESH_TOKEN_AUTH ${fault}`, "REFRESH_TOKEN_AUTH ok"],
    );
  });
}

t.test("html_503 surfaces in the SDK as no service exception at all", async (t) => {
  const local = await running(t);
  const token = await withFault(local, "html_503");
  await t.rejects(refresh(local.sdk, token), { name: "SyntaxError" });
});

t.test("reset_before does nothing, reset_after has done it", async (t) => {
  const local = await running(t);
  const client = await publicClient(local.sdk, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });
  const { RefreshToken } = await signIn(local.sdk, client);
  local.cognito.faults.add({ operation: "GetTokensFromRefreshToken", fault: "reset_before", times: 1 });
  await t.rejects(getTokens(local.sdk, client, RefreshToken), { code: "ECONNRESET" });
  local.cognito.faults.add({ operation: "GetTokensFromRefreshToken", fault: "reset_after", times: 1 });
  await t.rejects(getTokens(local.sdk, client, RefreshToken), { code: "ECONNRESET" });
  await t.rejects(getTokens(local.sdk, client, RefreshToken), { name: "RefreshTokenReuseException" }, "the rotation was committed");
});

t.test("latency delays the answer and nothing else", async (t) => {
  const local = await running(t);
  local.cognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 20, times: 1 });
  const started = performance.now();
  await t.resolves(signIn(local.sdk));
  t.ok(performance.now() - started >= 19);
});

t.test("a call that hangs is never answered and does not keep close() waiting", async (t) => {
  const cognito = await startLocalCognito({ port: 0 });
  cognito.faults.add({ operation: "token", fault: "hang" });
  cognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 600_000 });
  const outcomes = Promise.allSettled([postForm(cognito, "/oauth2/token", {}), callApi(cognito.url, "InitiateAuth", {})]);
  while (cognito.calls.list().length < 2) {
    await setImmediate();
  }
  t.equal(cognito.calls.list("token")[0]?.outcome, "hang");
  t.equal(cognito.calls.list("InitiateAuth")[0]?.outcome, "pending");
  await cognito.close();
  await cognito.close();
  t.same(
    (await outcomes).map(({ status }) => status),
    ["rejected", "rejected"],
  );
});

t.test("OAuth endpoints fail under their own names and in their own way", async (t) => {
  const { cognito } = await running(t);
  const expected: readonly (readonly [FaultName, string])[] = [
    ["throttle", "429 TooManyRequestsException"],
    ["internal_error", "500 server_error"],
    ["waf", "403 undefined"],
    ["lambda_error", "400 invalid_request"],
    ["unknown_error", "400 quantum_fluctuation"],
  ];
  for (const [fault, seen] of expected) {
    cognito.faults.add({ operation: "token", fault, times: 1 });
    const answer = await postForm(cognito, "/oauth2/token", { grant_type: "refresh_token" });
    t.equal(`${answer.status} ${(await membersOf(answer))["error"]}`, seen);
  }
  cognito.faults.add({ operation: "jwks", fault: "html_503" });
  t.equal((await fetch(`${cognito.url}/${POOL_ID}/.well-known/jwks.json`)).status, 503);
});

t.test("a fault without times stays until it is lifted; * hits every operation", async (t) => {
  const { cognito, sdk } = await running(t);
  cognito.faults.add({ operation: "*", fault: "throttle" });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await t.rejects(signIn(sdk), { name: "TooManyRequestsException" });
  }
  cognito.faults.clear("InitiateAuth");
  await t.rejects(signIn(sdk), { name: "TooManyRequestsException" });
  cognito.faults.clear();
  await t.resolves(signIn(sdk));
});

t.test("a fault with a duration ends by the clock", async (t) => {
  const { cognito, sdk, clock } = await running(t);
  cognito.faults.add({ operation: "InitiateAuth", fault: "throttle", forMs: MINUTE });
  clock.advance(MINUTE - 1);
  await t.rejects(signIn(sdk), { name: "TooManyRequestsException" });
  clock.advance(1);
  await t.resolves(signIn(sdk));
  t.same(cognito.faults.list(), []);
});

t.test("probability decides by the dice", async (t) => {
  const dice = [0.4, 0.6];
  const { cognito, sdk } = await running(t, { random: () => dice.shift() ?? 1 });
  cognito.faults.add({ operation: "InitiateAuth", fault: "throttle", probability: 0.5 });
  await t.rejects(signIn(sdk), { name: "TooManyRequestsException" });
  await t.resolves(signIn(sdk));
});

t.test("with limits on, a user has ten authentications a second and the account 120", async (t) => {
  const { cognito, sdk, clock } = await running(t, { rateLimits: true });
  for (let count = 0; count < 10; count += 1) {
    await signIn(sdk);
  }
  await t.rejects(signIn(sdk), { name: "TooManyRequestsException", message: "Rate exceeded" });
  const limited = await postForm(cognito, "/oauth2/token", { grant_type: "refresh_token", refresh_token: "x" });
  t.equal(limited.status, 400, "the account still has calls left");
  clock.advance(SECOND);
  await t.resolves(signIn(sdk));
  clock.advance(SECOND);
  const unknown = { AuthFlow: "USER_PASSWORD_AUTH", ClientId: CLIENT_ID, AuthParameters: {} };
  for (let count = 0; count < 120; count += 1) {
    await (await callApi(cognito.url, "InitiateAuth", unknown)).body?.cancel();
  }
  t.equal((await membersOf(await callApi(cognito.url, "InitiateAuth", unknown)))["__type"], "TooManyRequestsException");
  t.equal((await postForm(cognito, "/oauth2/token", {})).status, 429);
});

t.test("a fault for an operation there is not is a mistake in the test", async (t) => {
  const { cognito } = await running(t);
  t.throws(() => cognito.faults.add({ operation: "InitiateAut", fault: "throttle" }), TypeError);
  // As it comes from JavaScript, which no compiler has seen.
  t.throws(() => cognito.faults.add(JSON.parse('{"operation":"InitiateAuth","fault":"reset"}')), TypeError);
});

t.test("as many calls may wait for their answer as there are, without a warning of a leak", async (t) => {
  const warned: string[] = [];
  const listen = ({ name }: Error) => void (name === "MaxListenersExceededWarning" && warned.push(name));
  process.on("warning", listen);
  t.teardown(() => process.off("warning", listen));
  const local = await running(t);
  const { RefreshToken } = await signIn(local.sdk);
  local.cognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 100, times: 12 });
  await Promise.all(Array.from({ length: 12 }, () => refresh(local.sdk, RefreshToken)));
  await setImmediate();
  t.same(warned, []);
});
