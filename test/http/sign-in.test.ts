import { createHash } from "node:crypto";
import t from "tap";
import { request } from "undici";
import { administer } from "../support/administration.js";
import type { Answer, Person } from "../support/person.js";
import { runDemo } from "../support/running-demo.js";

const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin" };

/** Open redirect: every class of `return_to` that names, or may be read as naming, another host. */
const EVIL_PATHS = [
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/\r\n/evil.example",
  "\t//evil.example",
  " //evil.example",
  "https://evil.example",
  "HTTPS://evil.example",
  "https:evil.example",
  "http:/\\evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "evil.example",
  "@evil.example",
  "/..//evil.example",
  "/.//evil.example",
  "/x/..//evil.example",
  "/%2e%2e//evil.example",
  "/%2f%2fevil.example",
  "/%2F/evil.example",
  "/%5cevil.example",
  "/%5C%5Cevil.example",
  "/%09/evil.example",
  "/%0d%0aset-cookie:x=1",
  "/%00/evil.example",
  "/\u0000",
  "/x\u007f",
  "/%252e%252e//evil.example",
  "/%zz",
  "",
];

t.test("open redirect: no return_to leads away from the app", async (t) => {
  const demo = await runDemo(t);
  for (const path of EVIL_PATHS) {
    const person = demo.person();
    const answer = await person.call(`/auth/login?return_to=${encodeURIComponent(path)}`, { headers: NAVIGATE });
    t.equal(answer.status, 400, JSON.stringify(path));
    t.equal(person.cookies.size, 0, "and nothing was begun");
  }
});

t.test("return_to keeps a path with query, fragment and letters beyond ASCII", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const landed = await person.signIn(demo.user, `/auth/login?return_to=${encodeURIComponent("/warenkorb/größe?a=1&b=%2F#/step-2")}`);
  t.equal(landed.url, `${demo.url}/warenkorb/gr%C3%B6%C3%9Fe?a=1&b=%2F#/step-2`);
});

t.test("without return_to the page the person came from is where they land; another site's is not", async (t) => {
  const demo = await runDemo(t);
  const own = demo.person();
  const page = await own.visit("/auth/login", {
    headers: { referer: `${demo.url}/checkout?step=2` },
  });
  t.equal((await own.submitLogin(page, demo.user)).url, `${demo.url}/checkout?step=2`);
  const foreign = demo.person();
  const other = await foreign.visit("/auth/login", { headers: { referer: "https://evil.example/checkout" } });
  t.equal((await foreign.submitLogin(other, demo.user)).url, `${demo.url}/`);
});

t.test("a return_to that is too long loses its query, not the sign-in; one below /auth does not loop", async (t) => {
  const demo = await runDemo(t);
  t.equal((await demo.person().signIn(demo.user, `/auth/login?return_to=/checkout?q=${"x".repeat(2000)}`)).url, `${demo.url}/checkout`);
  t.equal((await demo.person().signIn(demo.user, "/auth/login?return_to=/auth/login")).url, `${demo.url}/`);
});

t.test("parameter injection through the return path: it cannot alter the authorize parameters", async (t) => {
  const demo = await runDemo(t);
  const evil = "/x&redirect_uri=https://evil.example&client_id=evil&response_type=token#&scope=evil";
  const query = `return_to=${encodeURIComponent(evil)}&redirect_uri=https://evil.example&client_id=evil&scope=evil&response_type=token&state=evil&nonce=evil&code_challenge=evil&code_challenge_method=plain&login_hint=${encodeURIComponent("a&prompt=none")}`;
  const answer = await demo.person().call(`/auth/login?${query}`, { headers: NAVIGATE });
  t.equal(answer.status, 302);
  const sent = new URL(String(answer.headers["location"])).searchParams;
  t.equal(sent.get("redirect_uri"), `${demo.url}/auth/callback`);
  t.equal(sent.get("client_id"), demo.config.cognitoClientId);
  t.equal(sent.get("response_type"), "code");
  t.equal(sent.get("code_challenge_method"), "S256");
  t.equal(sent.get("login_hint"), "a&prompt=none");
  t.equal(sent.get("prompt"), null);
  for (const name of sent.keys()) t.equal(sent.getAll(name).length, 1, name);
  t.notMatch(sent.toString(), /evil/);
});

t.test("a sign-in carries state, nonce and PKCE S256, new each time", async (t) => {
  const demo = await runDemo(t);
  const seen = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const answer = await demo.person().call("/auth/login", { headers: NAVIGATE });
    const sent = new URL(String(answer.headers["location"])).searchParams;
    for (const name of ["state", "nonce", "code_challenge"]) seen.add(`${name} ${sent.get(name)}`);
    t.equal(sent.get("code_challenge")?.length, 43);
  }
  t.equal(seen.size, 9);
});

t.test("parallel tabs both finish their sign-in", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const [one, two] = [await person.visit("/auth/login?return_to=/one"), await person.visit("/auth/login?return_to=/two")];
  t.equal((await person.submitLogin(two, demo.user)).url, `${demo.url}/two`);
  t.equal((await person.submitLogin(one, demo.user)).url, `${demo.url}/one`);
  t.equal((await person.call("/auth/session")).status, 200);
  t.notOk(
    [...person.cookies.keys()].some((name) => name.startsWith("bff-login-")),
    "no transaction is left behind",
  );
});

t.test("sign-ins never finished do not pile up: the newest five stay, each under 1 kB", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  for (let round = 0; round < 12; round++)
    await person.call(`/auth/login?return_to=/${"x".repeat(500)}`, {
      headers: NAVIGATE,
    });
  const logins = [...person.cookies].filter(([name]) => name.startsWith("bff-login-"));
  t.equal(logins.length, 5);
  for (const [name, value] of logins) t.ok(name.length + value.length <= 1024);
});

t.test("login CSRF, static state: the answer counts only in the browser that asked, once", async (t) => {
  const demo = await runDemo(t);
  const attacker = demo.person();
  const page = await attacker.visit("/auth/login");
  // The attacker signs in up to the callback, and gives that URL to somebody else.
  const stopped = await callbackUrl(attacker, page, demo.user);
  const victim = demo.person();
  const refused = await victim.visit(stopped);
  t.equal(refused.status, 400);
  t.notOk(victim.cookies.has("bff-session"));
  const asJson = await victim.call(stopped, {
    headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" },
  });
  t.match(asJson.text, /transaction_expired/);

  const own = demo.person();
  await own.visit("/auth/login");
  const mixed = await own.visit(stopped);
  t.match(mixed.text, /transaction_expired/);

  t.equal((await attacker.visit(stopped)).status, 200, "in its own browser it works");
  const again = await attacker.visit(stopped);
  t.equal(again.status, 400, "once");
});

/** Submits the form and stops before the app's callback. */
async function callbackUrl(person: Person, page: Answer, user: { email: string; password: string }): Promise<string> {
  const fields = new URLSearchParams();
  for (const [input] of page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    fields.set(/name="([^"]*)"/.exec(input)?.[1] ?? "", (/value="([^"]*)"/.exec(input)?.[1] ?? "").replaceAll("&amp;", "&"));
  }
  fields.set("username", user.email);
  fields.set("password", user.password);
  const action = new URL((/<form[^>]*action="([^"]*)"/.exec(page.text)?.[1] ?? "").replaceAll("&amp;", "&"), page.url);
  const cookie = person.cookiesOf(action.hostname);
  const answer = await request(action, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", origin: action.origin, cookie },
    body: fields.toString(),
  });
  await answer.body.dump();
  return String(answer.headers["location"]);
}

t.test("callback XSS: what the error redirect says is never shown", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const begun = await person.call("/auth/login", { headers: NAVIGATE });
  const state = new URL(String(begun.headers["location"])).searchParams.get("state") ?? "";
  const evil = `<img src=x onerror=alert(1)>`;
  const answer = await person.visit(
    `/auth/callback?error=access_denied&error_description=${encodeURIComponent(evil)}&state=${encodeURIComponent(state)}`,
  );
  t.equal(answer.status, 400);
  t.notMatch(answer.text, /onerror/);
  t.match(answer.text, /access_denied/);
  t.match(answer.headers["content-security-policy"], /default-src 'none'/);
  const other = await person.visit(`/auth/callback?error=${encodeURIComponent(evil)}&state=${encodeURIComponent(evil)}`);
  t.notMatch(other.text, /onerror/);
});

/** What `/oauth2/authorize` may send back, and what the person hears. */
const REDIRECT_ERRORS = [
  { error: "access_denied", status: 400, reason: "sign_in_failed", cause: "access_denied" },
  { error: "login_required", status: 400, reason: "sign_in_failed", cause: "login_required" },
  { error: "interaction_required", status: 400, reason: "sign_in_failed", cause: "login_required" },
  { error: "invalid_request", status: 400, reason: "sign_in_failed", cause: "idp_error" },
  { error: "server_error", status: 400, reason: "sign_in_failed", cause: "idp_error" },
  { error: "who_knows", status: 400, reason: "sign_in_failed", cause: "idp_error" },
  { error: "temporarily_unavailable", status: 503, reason: "cognito_unavailable", cause: undefined },
  { error: "invalid_scope", status: 500, reason: "misconfigured", cause: undefined },
  { error: "unauthorized_client", status: 500, reason: "misconfigured", cause: undefined },
] as const;

t.test("each error of the authorize endpoint has its own answer", async (t) => {
  const demo = await runDemo(t);
  for (const { error, status, reason, cause } of REDIRECT_ERRORS) {
    const person = demo.person();
    const begun = await person.call("/auth/login", { headers: NAVIGATE });
    const state = new URL(String(begun.headers["location"])).searchParams.get("state") ?? "";
    const headers = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const answer = await person.call(`/auth/callback?error=${error}&state=${encodeURIComponent(state)}`, { headers });
    t.equal(answer.status, status, error);
    t.equal(answer.headers["bff-problem"], reason);
    if (cause) t.match(answer.text, cause);
    t.notOk(person.cookies.has("bff-session"));
  }
});

t.test("a forged code starts nothing", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const begun = await person.call("/auth/login", { headers: NAVIGATE });
  const state = new URL(String(begun.headers["location"])).searchParams.get("state") ?? "";
  const answer = await person.visit(`/auth/callback?code=00000000-0000-0000-0000-000000000000&state=${encodeURIComponent(state)}`);
  t.equal(answer.status, 400);
  t.match(answer.text, /code_rejected/);
  t.notOk(person.cookies.has("bff-session"));
});

t.test("prompt=none without a session at Cognito comes back as login_required", async (t) => {
  const demo = await runDemo(t);
  const answer = await demo.person().visit("/auth/login?prompt=none");
  t.equal(answer.status, 400);
  t.match(answer.text, /login_required/);
});

t.test("a popup's sign-in ends on a page that tells the opener and closes", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const answer = await person.signIn(demo.user, "/auth/login?display=popup");
  t.equal(answer.status, 200);
  t.match(answer.text, /BroadcastChannel/);
  t.match(answer.headers["content-security-policy"], /script-src 'sha256-/);
  t.equal((await person.call("/auth/session")).status, 200);
});

t.test("a session too large for the budget is refused at sign-in, and the log names the claims without their values", async (t) => {
  const demo = await runDemo(t, { cookieHeaderBudget: 4000 });
  // As good as random, so that packing does not help.
  const value = Array.from({ length: 23 }, (_, index) => createHash("sha512").update(String(index)).digest("base64url"))
    .join("")
    .slice(0, 1900);
  await administer(demo, "AdminUpdateUserAttributes", {
    Username: demo.user.email,
    UserAttributes: [{ Name: "custom:profile", Value: value }],
  });
  const answer = await demo.person().signIn(demo.user);
  t.equal(answer.status, 500);
  t.equal(answer.headers["bff-problem"], "session_too_large");
  const line = demo.logLines.find((candidate) => candidate.includes("largest_claims")) ?? "";
  t.match(line, /custom:profile/);
  t.notOk(line.includes(value.slice(0, 40)));
});

t.test("cached Set-Cookie: whatever sets a cookie is not to be stored", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const begun = await person.call("/auth/login", { headers: NAVIGATE });
  t.equal(begun.headers["cache-control"], "no-store");
  await person.signIn(demo.user);
  demo.advance("2h");
  const refreshed = await person.call("/api/echo");
  t.ok(refreshed.headers["set-cookie"]);
  t.match(refreshed.headers["cache-control"], /no-store/);
});
