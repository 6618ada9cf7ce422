import { createHash } from "node:crypto";
import t, { type Test } from "tap";
import { createClientSecrets } from "../../src/cognito/client-secrets.js";
import { createManagedLogin, judgeCodeAnswer, type ManagedLoginOptions } from "../../src/cognito/managed-login.js";
import { Secret } from "../../src/model/secret.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock } from "../support/manual-clock.js";
import { CLIENT_ID } from "../support/session-fixtures.js";
import { type Answer, hang, hangInBody, html, json, reset, startTinyServer, text } from "../support/tiny-server.js";

const SECRETS = [new Secret("first_secret"), new Secret("second_secret")];
const OPTIONS: ManagedLoginOptions = {
  domain: "https://login.example.com",
  tokenUrl: "https://login.example.com",
  clientId: CLIENT_ID,
  clientSecrets: createClientSecrets(SECRETS, collectLog()),
  scopes: ["openid", "email", "profile"],
  redirectUri: "https://app.example.com/auth/callback",
  logoutUri: "https://app.example.com/",
  deadlineMs: 5_000,
  clock: createManualClock(),
  tell() {},
  log: collectLog(),
};
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const TRANSACTION = { state: "the-state", nonce: "the-nonce", codeVerifier: VERIFIER };

t.test("the browser is sent to managed login with state, nonce and PKCE S256", (t) => {
  const url = new URL(createManagedLogin(OPTIONS).authorizeUrl(TRANSACTION));
  t.equal(url.origin + url.pathname, "https://login.example.com/oauth2/authorize");
  t.same(Object.fromEntries(url.searchParams), {
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: "https://app.example.com/auth/callback",
    scope: "openid email profile",
    state: "the-state",
    nonce: "the-nonce",
    // RFC 7636, appendix B: the challenge of this very verifier.
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  });
  t.notOk(url.href.includes(VERIFIER), "the verifier itself stays here");
  t.end();
});

t.test("what the caller may choose goes along, and can be nothing but itself", (t) => {
  const url = new URL(
    createManagedLogin(OPTIONS).authorizeUrl({
      ...TRANSACTION,
      identityProvider: "Google&client_id=evil",
      loginHint: "demo@example.com&redirect_uri=https://evil.example#x",
      prompt: "login",
    }),
  );
  t.equal(url.searchParams.get("identity_provider"), "Google&client_id=evil");
  t.equal(url.searchParams.get("login_hint"), "demo@example.com&redirect_uri=https://evil.example#x");
  t.equal(url.searchParams.get("prompt"), "login");
  t.same(url.searchParams.getAll("client_id"), [CLIENT_ID]);
  t.same(url.searchParams.getAll("redirect_uri"), ["https://app.example.com/auth/callback"]);
  t.equal(url.hash, "");
  t.end();
});

t.test("sign-out goes to Cognito's /logout, which comes back to the application", (t) => {
  const url = new URL(createManagedLogin(OPTIONS).logoutUrl());
  t.equal(url.origin + url.pathname, "https://login.example.com/logout");
  t.same(Object.fromEntries(url.searchParams), { client_id: CLIENT_ID, logout_uri: "https://app.example.com/" });
  t.end();
});

const TOKENS = { id_token: "i.d.t", access_token: "a.c.t", refresh_token: "r", token_type: "Bearer", expires_in: 3600 };

/** Literal answers of the token endpoint. */
const ANSWERS: readonly (readonly [status: number, body: { readonly [name: string]: unknown }, meaning: object])[] = [
  [200, { ...TOKENS, id_token: undefined }, { kind: "misconfigured" }],
  [200, { ...TOKENS, id_token: 7 }, { kind: "misconfigured" }],
  [200, { ...TOKENS, refresh_token: undefined }, { kind: "misconfigured", problem: "no refresh token in the answer" }],
  [200, { ...TOKENS, refresh_token: "" }, { kind: "misconfigured", problem: "no refresh token in the answer" }],
  [200, { ...TOKENS, access_token: null }, { kind: "misconfigured", problem: "no access token in the answer" }],
  [200, {}, { kind: "misconfigured" }],
  [400, { error: "invalid_grant" }, { kind: "code_rejected" }],
  [400, { error: "invalid_client" }, { kind: "misconfigured", problem: "invalid_client" }],
  [401, { error: "invalid_client" }, { kind: "misconfigured", problem: "invalid_client" }],
  [400, { error: "unauthorized_client" }, { kind: "misconfigured", problem: "unauthorized_client" }],
  [400, { error: "invalid_request", error_description: "<script>" }, { kind: "misconfigured", problem: "invalid_request" }],
  [400, { error: "<script>alert(1)</script>" }, { kind: "unavailable", reason: "cognito_unavailable", answerLost: true }],
  [400, {}, { kind: "unavailable", reason: "cognito_unavailable", answerLost: true }],
  [403, {}, { kind: "unavailable", reason: "cognito_blocked" }],
  [429, { error: "invalid_grant" }, { kind: "unavailable", reason: "cognito_throttled" }],
  [500, { error: "invalid_grant" }, { kind: "unavailable", reason: "cognito_unavailable", answerLost: true }],
  [502, {}, { kind: "unavailable", reason: "cognito_unavailable", answerLost: true }],
  [302, {}, { kind: "unavailable", reason: "cognito_unavailable", answerLost: true }],
];

for (const [status, body, meaning] of ANSWERS) {
  t.test(`a ${status} ${JSON.stringify(body)} from the token endpoint means ${JSON.stringify(meaning)}`, (t) => {
    t.match(judgeCodeAnswer({ status, body }), meaning);
    t.end();
  });
}

async function rig(t: Test, answers: readonly Answer[], options: Partial<ManagedLoginOptions> = {}) {
  const server = await startTinyServer(...answers);
  t.teardown(() => server.close());
  const log = collectLog();
  const clock = createManualClock();
  const clientSecrets = createClientSecrets(SECRETS, log);
  const login = createManagedLogin({ ...OPTIONS, tokenUrl: server.url, clientSecrets, clock, log, ...options });
  return { server, log, clock, login };
}

const basic = (secret: string) => `Basic ${Buffer.from(`${CLIENT_ID}:${secret}`).toString("base64")}`;

t.test("a code is redeemed with Basic authentication, the verifier and the same redirect URI", async (t) => {
  const { server, login } = await rig(t, [json(200, TOKENS)]);
  const answer = await login.redeemCode("the-code", VERIFIER);
  t.equal(answer.kind, "issued");
  if (answer.kind !== "issued") return;
  t.same([answer.id.reveal(), answer.access.reveal(), answer.refresh.reveal()], ["i.d.t", "a.c.t", "r"]);
  const [request] = server.seen;
  t.equal(request?.method, "POST");
  t.equal(request?.url, "/oauth2/token", "nothing in the URL");
  t.equal(request?.headers.authorization, basic("first_secret"));
  t.equal(request?.headers["content-type"], "application/x-www-form-urlencoded");
  t.same(Object.fromEntries(new URLSearchParams(request?.body)), {
    grant_type: "authorization_code",
    client_id: CLIENT_ID,
    code: "the-code",
    redirect_uri: "https://app.example.com/auth/callback",
    code_verifier: VERIFIER,
  });
  t.equal(createHash("sha256").update(VERIFIER).digest("base64url"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
});

t.test("a public client sends no Authorization", async (t) => {
  const { server, login } = await rig(t, [json(200, TOKENS)], { clientSecrets: createClientSecrets([], collectLog()) });
  t.equal((await login.redeemCode("the-code", VERIFIER)).kind, "issued");
  t.equal(server.seen[0]?.headers.authorization, undefined);
});

t.test("where the first secret is refused the second is tried, and no third time", async (t) => {
  const refused = json(400, { error: "invalid_client" });
  const { server, login } = await rig(t, [refused, json(200, TOKENS)]);
  t.equal((await login.redeemCode("the-code", VERIFIER)).kind, "issued");
  t.same(
    server.seen.map((request) => request.headers.authorization),
    [basic("first_secret"), basic("second_secret")],
  );
  server.answer(refused);
  t.same(await login.redeemCode("the-code", VERIFIER), { kind: "misconfigured", problem: "invalid_client" });
  t.equal(server.seen.length, 4);
});

t.test("the secret that works is remembered: only the first sign-in tries the one that is gone", async (t) => {
  const refused = json(400, { error: "invalid_client" });
  const { server, login, log } = await rig(t, [refused, json(200, TOKENS), json(200, TOKENS), json(400, { error: "invalid_grant" })]);
  for (const kind of ["issued", "issued", "code_rejected"]) t.equal((await login.redeemCode("the-code", VERIFIER)).kind, kind);
  t.same(
    server.seen.map((request) => request.headers.authorization),
    [basic("first_secret"), ...["second_secret", "second_secret", "second_secret"].map(basic)],
  );
  t.equal(log.saying("the other client secret is in use now").length, 1, "said once");
});

t.test("a code that was refused is not tried with the other secret: it works once", async (t) => {
  const { server, login } = await rig(t, [json(400, { error: "invalid_grant" })]);
  t.same(await login.redeemCode("used", VERIFIER), { kind: "code_rejected" });
  t.equal(server.seen.length, 1);
});

t.test("what is wrong for every sign-in is one line a minute with a count, a code that is refused a line each", async (t) => {
  const { server, login, log, clock } = await rig(t, [json(400, { error: "unauthorized_client" })]);
  for (let person = 0; person < 20; person++) await login.redeemCode("the-code", VERIFIER);
  t.match(log.lines, [{ level: "warn", fields: { status: 400, count: 1 } }]);
  clock.advance(60_000);
  t.match(log.lines.slice(1), [{ level: "warn", fields: { outcome: { problem: "unauthorized_client" }, count: 19 } }]);
  server.answer(json(400, { error: "invalid_grant" }));
  for (let person = 0; person < 3; person++) await login.redeemCode("used", VERIFIER);
  t.equal(log.lines.length, 5);
});

/** What may come instead of an answer. */
const FAULTS: readonly (readonly [what: string, answer: Answer])[] = [
  ["an HTML 502", html(502)],
  ["an HTML 200", html(200)],
  ["garbage", text(200, "{garbage")],
  ["a garbled refusal", text(400, "{garbage")],
  ["a reset connection", reset],
  ["a server that hangs", hang],
  ["a body that hangs", hangInBody],
  ["an endless body", text(200, "x".repeat(300_000))],
];

for (const [what, answer] of FAULTS) {
  t.test(`${what} from the token endpoint is an outage, not a verdict on the code`, async (t) => {
    const { server, login, log, clock } = await rig(t, [answer]);
    const redeeming = login.redeemCode("the-code", VERIFIER);
    if (answer === hang || answer === hangInBody) {
      await server.dealtWith;
      await clock.run(OPTIONS.deadlineMs);
    }
    t.same(await redeeming, { kind: "unavailable", reason: "cognito_unavailable", answerLost: true });
    t.equal(server.seen.length, 1);
    for (const secret of ["the-code", VERIFIER, "first_secret", basic("first_secret")])
      t.notOk(log.text().includes(secret), "not in the log");
  });
}

t.test("an answer of JSON that is no object holds no tokens", async (t) => {
  for (const body of ["null", "[]", '"text"', "7"]) {
    const { login } = await rig(t, [text(200, body)]);
    t.equal((await login.redeemCode("the-code", VERIFIER)).kind, "misconfigured", body);
  }
});
