import { request } from "node:http";
import t from "tap";
import { CallLog } from "../../src/local-cognito/controls/calls.js";
import type { ActiveFault, LocalCognito, RecordedCall } from "../../src/local-cognito/index.js";
import { BASIC, membersOf, postForm, redeem, signInByForm } from "./oauth-calls.js";
import { CLIENT_ID, PASSWORD, running, USERNAME } from "./running-cognito.js";
import { refresh, signIn } from "./sdk-calls.js";

const APP = "http://localhost:3000";

function control(cognito: LocalCognito, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  return fetch(`${cognito.url}/_local/${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** A request whose Host is not what fetch would send. */
function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/_local/clock`, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on("error", reject);
    sent.end();
  });
}

t.test("the clock shows its time and moves by durations with units", async (t) => {
  const { cognito, clock } = await running(t);
  t.same(await (await control(cognito, "GET", "clock")).json(), { now: "2026-01-15T12:00:00.000Z" });
  t.same(await (await control(cognito, "POST", "clock", { advance: "61m" })).json(), { now: "2026-01-15T13:01:00.000Z" });
  for (const advance of ["90s", "2h", "31d", "5ms"]) {
    t.equal((await control(cognito, "POST", "clock", { advance })).status, 200);
  }
  t.equal(clock.now(), Date.UTC(2026, 0, 15, 13, 1) + 90_005 + 7_200_000 + 31 * 86_400_000);
  for (const body of [{ advance: "61" }, { advance: 61 }, { advance: "-1m" }, { advance: "99999999d" }, {}, "not json"]) {
    t.equal((await control(cognito, "POST", "clock", body)).status, 400);
  }
});

t.test("a body is JSON whatever its content type says", async (t) => {
  const { cognito } = await running(t);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  t.equal((await control(cognito, "POST", "clock", '{"advance":"1s"}', headers)).status, 200);
});

t.test("31 days on the clock end a session that was alive", async (t) => {
  const { cognito, sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  await control(cognito, "POST", "clock", { advance: "31d" });
  await t.rejects(refresh(sdk, RefreshToken), { message: "Refresh Token has expired" });
});

t.test("faults are added, listed and lifted, all or by operation", async (t) => {
  const { cognito, sdk } = await running(t);
  const added = await control(cognito, "POST", "faults", { operation: "InitiateAuth", fault: "throttle", times: 3, for: "10m" });
  t.equal(added.status, 201);
  const expected = { operation: "InitiateAuth", fault: "throttle", times_left: 3, probability: 1, latency_ms: 0 };
  t.same(await added.json(), { ...expected, until: "2026-01-15T12:10:00.000Z" });
  await control(cognito, "POST", "faults", { operation: "token", fault: "latency", latency_ms: 5, probability: 0.5 });
  await t.rejects(signIn(sdk), { name: "TooManyRequestsException" });
  const list = async () => (await (await control(cognito, "GET", "faults")).json()) as ActiveFault[];
  t.match(await list(), [{ times_left: 2 }, { operation: "token", times_left: null, until: null, latency_ms: 5, probability: 0.5 }]);
  t.equal((await control(cognito, "DELETE", "faults?operation=InitiateAuth")).status, 204);
  t.equal((await list()).length, 1);
  await control(cognito, "DELETE", "faults");
  t.same(await list(), []);
});

t.test("an unknown fault or operation is refused with what is allowed", async (t) => {
  const { cognito } = await running(t);
  const bodies = [
    { operation: "InitiateAuth", fault: "meteor" },
    { operation: "Initiate", fault: "throttle" },
    { operation: "InitiateAuth", fault: "constructor" },
    { operation: "InitiateAuth", fault: "throttle", time: 1 },
  ];
  for (const body of bodies) {
    const answer = await control(cognito, "POST", "faults", body);
    t.equal(answer.status, 400);
    t.match(await answer.json(), { error: String, allowed: Array });
  }
  const others = [{ times: 0 }, { times: 1.5 }, { probability: 2 }, { latency_ms: -1 }, { for: "10" }];
  for (const extra of others) {
    t.equal((await control(cognito, "POST", "faults", { operation: "token", fault: "throttle", ...extra })).status, 400);
  }
  t.equal((await control(cognito, "POST", "faults", "[]")).status, 400);
});

t.test("the call log tells who called what, in order, and can be emptied", async (t) => {
  const { cognito, sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  await refresh(sdk, RefreshToken);
  await refresh(sdk, "garbage").catch(() => undefined);
  await redeem(cognito, (await signInByForm(cognito)).code);
  const calls = (await (await control(cognito, "GET", "calls")).json()) as RecordedCall[];
  const at = "2026-01-15T12:00:00.000Z";
  t.same(calls, [
    { operation: "InitiateAuth", auth_flow: "USER_PASSWORD_AUTH", username: USERNAME, outcome: "ok", at },
    { operation: "InitiateAuth", auth_flow: "REFRESH_TOKEN_AUTH", username: USERNAME, outcome: "ok", at },
    { operation: "InitiateAuth", auth_flow: "REFRESH_TOKEN_AUTH", username: null, outcome: "NotAuthorizedException", at },
    { operation: "login", auth_flow: null, username: null, outcome: "ok", at },
    { operation: "login", auth_flow: null, username: USERNAME, outcome: "ok", at },
    { operation: "token", auth_flow: "authorization_code", username: USERNAME, outcome: "ok", at },
  ]);
  const narrowed = (await (await control(cognito, "GET", "calls?operation=token")).json()) as RecordedCall[];
  t.equal(narrowed.length, 1);
  await control(cognito, "DELETE", "calls");
  t.same(await (await control(cognito, "GET", "calls")).json(), []);
});

t.test("the call log holds no token, password or secret, whatever is sent", async (t) => {
  const { cognito, sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  await postForm(cognito, "/oauth2/token", { grant_type: PASSWORD, refresh_token: RefreshToken });
  await signIn(sdk, CLIENT_ID, PASSWORD).catch(() => undefined);
  const target = `AWSCognitoIdentityProviderService.${PASSWORD}`;
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target, authorization: BASIC };
  await fetch(cognito.url, { method: "POST", headers, body: "{}" });
  const log = JSON.stringify(cognito.calls.list());
  for (const secret of [PASSWORD, RefreshToken, BASIC]) {
    t.notOk(log.includes(secret));
  }
});

t.test("the call log keeps the newest 10,000", async (t) => {
  const log = new CallLog({ now: () => 0, advance: () => undefined });
  for (let count = 0; count < 10_001; count += 1) {
    log.open(`call-${count}`);
  }
  const calls = log.list();
  t.same([calls.length, calls[0]?.operation], [10_000, "call-1"]);
});

t.test("the app's origin may use the controls from its pages, any other may not", async (t) => {
  const { cognito } = await running(t, { controlOrigins: [APP] });
  const allowed = await control(cognito, "GET", "clock", undefined, { origin: APP });
  t.equal(allowed.status, 200);
  t.equal(allowed.headers.get("access-control-allow-origin"), APP);
  const preflight = await control(cognito, "OPTIONS", "faults", undefined, { origin: APP, "access-control-request-method": "DELETE" });
  t.equal(preflight.status, 204);
  t.match(preflight.headers.get("access-control-allow-methods"), "DELETE");
  t.equal(preflight.headers.get("access-control-allow-headers"), "content-type");
  for (const origin of ["https://evil.example", "http://localhost:3001", "null"]) {
    for (const method of ["OPTIONS", "GET", "POST", "DELETE"]) {
      const answer = await control(cognito, method, "faults", undefined, { origin });
      t.equal(answer.status, 403);
      t.equal(answer.headers.get("access-control-allow-origin"), null);
    }
  }
  t.equal((await control(cognito, "OPTIONS", "faults")).status, 403);
});

t.test("Host must be an address this server has", async (t) => {
  const { cognito } = await running(t, { publicUrl: "http://cognito.example.com:8080" });
  const { port } = new URL(cognito.url);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, "cognito.example.com:8080"]) {
    t.equal(await statusWithHost(cognito.url, host), 200, host);
  }
  for (const host of ["evil.example", `evil.example:${port}`, "localhost", "localhost:1", "cognito.example.com"]) {
    t.equal(await statusWithHost(cognito.url, host), 403, host);
  }
});

t.test("the API itself answers no preflight, and unknown paths are 404", async (t) => {
  const { cognito } = await running(t, { controlOrigins: [APP] });
  const preflight = await fetch(cognito.url, { method: "OPTIONS", headers: { origin: APP, "access-control-request-method": "POST" } });
  t.equal(preflight.headers.get("access-control-allow-origin"), null);
  t.equal(preflight.status, 404);
  t.same(await membersOf(await fetch(`${cognito.url}/nowhere`)), { message: "Not Found" });
});
