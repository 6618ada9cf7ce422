import t from "tap";
import { type LocalCognito, startLocalCognito } from "../../src/local-cognito/index.js";
import { browse, postForm } from "./oauth-calls.js";
import { POOL_ID, running } from "./running-cognito.js";
import { callApi, claimsOf, publicClient, signIn } from "./sdk-calls.js";

const APP = "http://localhost:5173";
const OTHERS = ["https://evil.example", "http://localhost:5174", "https://localhost:5173", "http://localhost:5173.evil.example", "null"];

const CALLED = [
  { method: "POST", path: "/" },
  { method: "POST", path: "/oauth2/token" },
  { method: "POST", path: "/oauth2/revoke" },
  { method: "GET", path: "/oauth2/userInfo" },
  { method: "GET", path: `/${POOL_ID}/.well-known/jwks.json` },
  { method: "GET", path: `/${POOL_ID}/.well-known/openid-configuration` },
] as const;

function preflight(cognito: LocalCognito, path: string, method: string, origin: string, headers = "content-type,x-amz-target") {
  return fetch(`${cognito.url}${path}`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": method, "access-control-request-headers": headers },
  });
}

t.test("pages of a named origin may call what Cognito lets pages call, with the headers that SDKs send", async (t) => {
  const { cognito } = await running(t, { corsOrigins: [APP, "capacitor://localhost"] });
  for (const { method, path } of CALLED) {
    for (const origin of [APP, "capacitor://localhost"]) {
      const asked = "authorization,cache-control,content-type,x-amz-target,x-amz-user-agent,amz-sdk-request";
      const { status, headers } = await preflight(cognito, path, method, origin, asked);
      t.equal(status, 204, path);
      t.equal(headers.get("access-control-allow-origin"), origin);
      t.equal(headers.get("access-control-allow-methods"), method);
      t.equal(headers.get("access-control-allow-headers"), asked);
      t.equal(headers.get("access-control-allow-credentials"), null, "as Cognito: no cookie travels");
      t.match(headers.get("vary"), "Origin");
      const answer = await fetch(`${cognito.url}${path}`, { method, headers: { origin } });
      t.equal(answer.headers.get("access-control-allow-origin"), origin, "refusals can be read too");
      t.match(answer.headers.get("access-control-expose-headers"), "x-amzn-ErrorType");
    }
  }
});

t.test("no other origin gets a word, and none is named by default", async (t) => {
  const { cognito } = await running(t, { corsOrigins: [APP] });
  const { cognito: silent } = await running(t);
  for (const { method, path } of CALLED) {
    for (const [server, origin] of [...OTHERS.map((other) => [cognito, other] as const), [silent, APP] as const]) {
      const refused = await preflight(server, path, method, origin);
      t.ok(refused.status === 403 || refused.status === 404, `${origin} ${path}`);
      t.equal(refused.headers.get("access-control-allow-origin"), null);
      const answer = await fetch(`${server.url}${path}`, { method, headers: { origin } });
      t.equal(answer.headers.get("access-control-allow-origin"), null);
    }
  }
});

t.test("the API does nothing for a page whose origin is not named", async (t) => {
  const { cognito, sdk } = await running(t, { corsOrigins: [APP] });
  const clientId = await publicClient(sdk);
  const body = { AuthFlow: "USER_PASSWORD_AUTH", ClientId: clientId, AuthParameters: { USERNAME: "demo@example.com", PASSWORD: "wrong" } };
  const named = await callApi(cognito.url, "InitiateAuth", body, { origin: APP });
  t.equal(named.headers.get("x-amzn-errortype"), "NotAuthorizedException:");
  cognito.calls.clear();
  for (const origin of [...OTHERS, cognito.url])
    t.equal((await callApi(cognito.url, "InitiateAuth", body, { origin })).status, 403, `${origin}, its own by DNS rebinding`);
  t.same(cognito.calls.list(), []);
});

t.test("pages that are meant for navigations, and the controls, stay closed to the named origins", async (t) => {
  const { cognito } = await running(t, { corsOrigins: [APP], controlOrigins: ["http://localhost:3000"] });
  for (const path of ["/login", "/logout", "/oauth2/authorize", "/_local/clock", "/_local/faults", "/_local/calls"]) {
    for (const method of ["GET", "POST"]) {
      const refused = await preflight(cognito, path, method, APP);
      t.ok(refused.status === 403 || refused.status === 404, `${method} ${path}`);
      t.equal(refused.headers.get("access-control-allow-origin"), null);
    }
    const answer = await fetch(`${cognito.url}${path}`, { headers: { origin: APP }, redirect: "manual" });
    t.equal(answer.headers.get("access-control-allow-origin"), null, path);
  }
  t.equal((await fetch(`${cognito.url}/_local/clock`, { headers: { origin: APP } })).status, 403);
});

t.test("origins are named one by one: no wildcard, no null, no path", async (t) => {
  for (const origin of [
    "*",
    "null",
    "",
    "localhost:5173",
    "http://localhost:5173/",
    "http://*.example.com",
    "HTTP://localhost",
    "http://a b",
  ]) {
    await t.rejects(startLocalCognito({ port: 0, corsOrigins: [origin] }), { name: "TypeError", message: /corsOrigins/ }, origin);
  }
});

t.test("with its own URL for an issuer, tokens of the API and of managed login name it, whatever Host they were asked under", async (t) => {
  const { cognito, sdk } = await running(t, { issuer: "url" });
  const issuer = `${cognito.url}/${POOL_ID}`;
  const { IdToken, AccessToken, RefreshToken } = await signIn(sdk);
  t.same([claimsOf(IdToken)["iss"], claimsOf(AccessToken)["iss"]], [issuer, issuer]);
  const refreshed = await postForm(cognito, "/oauth2/token", { grant_type: "refresh_token", refresh_token: RefreshToken });
  t.equal(claimsOf(((await refreshed.json()) as { id_token: string }).id_token)["iss"], issuer);
  t.match(await (await browse(cognito, `/${POOL_ID}/.well-known/openid-configuration`, {})).json(), { issuer });
});
