import t from "tap";
import { createServer } from "../../src/index.js";
import { testKey } from "../config/valid-environment.js";
import type { Answer, Person } from "../support/person.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { html, startTinyServer } from "../support/tiny-server.js";

const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "cross-site", accept: "text/html" };

/** A sign-in as far as Cognito's answer, which is not carried to the app yet. */
async function answerFor(demo: RunningDemo, person: Person, login = "/auth/login?return_to=/orders"): Promise<URL> {
  const begun = await person.call(login, { headers: NAVIGATE });
  const state = new URL(String(begun.headers["location"])).searchParams.get("state") ?? "";
  return new URL(`/auth/callback?state=${state}`, demo.url);
}

function withError(answer: URL, error: string, description = ""): string {
  const url = new URL(answer);
  url.searchParams.set("error", error);
  if (description) url.searchParams.set("error_description", description);
  return url.href;
}

const hasSession = (person: Person) => [...person.cookies.keys()].some((name) => name.startsWith("bff-session"));
const forgetLogins = (person: Person) => {
  for (const name of person.cookies.keys()) if (name.startsWith("bff-login")) person.forget(name);
};

/** The callback's URL with a code, as Cognito would send the browser there. */
async function codeFor(person: Person, login: string, user: RunningDemo["user"]): Promise<string> {
  const page = await person.visit(login);
  const answer = await person.submitLogin(page, user, "/auth/callback");
  return String(answer.headers["location"]);
}

t.test("a state works once, after an error answer too", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const login = "/auth/login?return_to=/orders";
  const callback = await codeFor(person, login, demo.user);
  const copy = person.copy();
  const answer = new URL(callback);
  answer.searchParams.delete("code");
  t.equal((await person.visit(withError(answer, "access_denied"))).status, 400);
  const again = await copy.visit(callback);
  t.equal(again.status, 400);
  t.match(again.text, /transaction_expired/);
  t.notOk(hasSession(copy), "and no session");
});

t.test("login CSRF, static state: three codes for one state at once: one is redeemed, one session begins", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const callback = await codeFor(person, "/auth/login", demo.user);
  demo.localCognito.calls.clear();
  const copies = [person.copy(), person.copy(), person.copy()];
  const answers = await Promise.all(copies.map((copy) => copy.call(callback, { headers: NAVIGATE })));
  t.same(answers.map(({ status }) => status).sort(), [302, 400, 400]);
  t.equal(copies.filter(hasSession).length, 1);
  t.equal(demo.localCognito.calls.list("token").length, 1);
});

t.test("keys at a wrong address are a mistake of the configuration, which is alerted of and uses nothing up", async (t) => {
  const plain = await startTinyServer(html(200));
  const server = await createServer({
    ...{ publicUrl: "http://localhost:3000", cognitoDomain: "http://localhost:9229", logLevel: "silent", sessionKeys: [testKey("first")] },
    ...{ cognitoUserPoolId: "eu-central-1_AbCdEf123", cognitoClientId: "client", cognitoPublicClient: true },
    ...{ cognitoEndpoint: plain.url.replace("http:", "https:"), host: "127.0.0.1", port: 0, managementPort: 0 },
  });
  await server.listen();
  t.teardown(() => Promise.all([server.close(), plain.close()]));
  const headers = { ...NAVIGATE, host: "localhost:3000" };
  const begun = await server.app.inject({ url: "/auth/login", headers });
  const state = new URL(String(begun.headers.location)).searchParams.get("state") ?? "";
  const cookie = begun.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const time of ["once", "and again"]) {
    const answer = await server.app.inject({ url: `/auth/callback?code=x&state=${state}`, headers: { ...headers, cookie } });
    t.match([answer.statusCode, answer.headers["bff-problem"]], [500, "misconfigured"], time);
  }
});

t.test("an outage uses nothing up: reloading the callback redeems the code", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const callback = await codeFor(person, "/auth/login?return_to=/orders", demo.user);
  demo.localCognito.faults.add({ operation: "token", fault: "internal_error", times: 1 });
  const failed = await person.visit(callback);
  t.equal(failed.status, 503);
  t.notMatch(failed.text, /still signed in/, "nobody is");
  t.match(failed.text, /Please try again shortly/);
  t.match(failed.text, /href="\/auth\/login\?return_to=%2Forders">Try again/);
  t.equal((await person.visit(callback)).url, `${demo.url}/orders`);
});

/** What Cognito may send back to a good state, and what the person reads. */
const ANSWERS = [
  { error: "server_error", status: 400, result: "idp_error", says: /could not complete your sign-in/ },
  { error: "invalid_request", status: 400, result: "idp_error", says: /could not complete your sign-in/ },
  { error: "invalid_scope", status: 500, result: "misconfigured", says: /not set up correctly on our side. Please try again later/ },
  { error: "temporarily_unavailable", status: 503, result: "cognito_unavailable", says: /Please try again shortly/ },
  { error: "access_denied", status: 400, result: "access_denied", says: /did not grant access/ },
] as const;

t.test("an error answer is told in words of signing in, and Try again leads to where the person wanted to go", async (t) => {
  for (const { error, status, result, says } of ANSWERS) {
    const demo = await runDemo(t);
    const person = demo.person();
    const page = await person.visit(withError(await answerFor(demo, person), error));
    t.equal(page.status, status, error);
    t.match(page.text, says);
    t.notMatch(page.text, /You are still signed in|session is kept|http-equiv/);
    t.notMatch(person.cookiesOf("localhost"), /bff-login/, "its transaction is over");
    const form = await person.click(page, "Try again");
    t.equal((await person.submitLogin(form, demo.user)).url, `${demo.url}/orders`);
    const metrics = await (await fetch(`${demo.managementUrl}/metrics`)).text();
    t.match(
      metrics,
      new RegExp(`bff_sign_ins_total\\{result="${result}"\\} 1`),
      "and the metric tells a provider's failure from an outage",
    );
  }
});

t.test("what Cognito says of an error is one short line in the log, and never on the page", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const evil = `PreSignUp failed for ada@example.com "ada lovelace"@example.com ada%2540example.com +4915112345678\r\n{"level":50} eyJhbGciOi.eyJzdWIi <b>\u2028${"x".repeat(20_000)}`;
  const page = await person.visit(withError(await answerFor(demo, person), "invalid_request", evil));
  t.notMatch(page.text, /PreSignUp|ada@/);
  const line = demo.logLines.find((candidate) => candidate.includes("managed login sent an error back")) ?? "";
  t.match(line, /PreSignUp failed/);
  t.ok(line.length < 700, `${line.length} characters`);
  t.notMatch(line, /ada@|lovelace|ada%|491511|eyJ\w/);
  t.notMatch(JSON.parse(line).oauth_description, /[^\x20-\x7e…]/);
});

t.test(
  "what a state says of a failed sign-in: expired where it bears our seal, a mismatch where not, missing where there is none",
  async (t) => {
    const demo = await runDemo(t);
    const person = demo.person();
    const answer = await answerFor(demo, person);
    const sealed = answer.searchParams.get("state") ?? "";
    forgetLogins(person);
    const cases: readonly [string, string, string][] = [
      [`?code=x&state=${sealed}`, "transaction_expired", "/orders"],
      [`?code=x&state=${sealed.slice(0, -2)}AA`, "state_mismatch", "/"],
      [`?code=x&state=${"A".repeat(20_000)}`, "state_mismatch", "/"],
      ["?code=x", "state_missing", "/"],
      ["?code=x&state=", "state_missing", "/"],
      ["", "state_missing", "/"],
    ];
    for (const [query, cause, returnTo] of cases) {
      const moving = await person.visit(`/auth/callback${query}`);
      t.equal(moving.status, 400);
      t.match(moving.headers["content-security-policy"], /default-src 'none'/);
      const page = await person.moveOn(moving);
      t.equal(page.status, 400, query.slice(0, 40));
      t.equal(page.headers["bff-problem"], "sign_in_failed");
      t.match(page.text, cause);
      t.match(page.text, `href="/auth/login?return_to=${encodeURIComponent(returnTo)}">Sign in again`);
    }
  },
);

t.test("six tabs sign in: the oldest finishes last and finds the session, at its own path", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const tabs: Answer[] = [];
  for (let tab = 0; tab < 7; tab++) {
    tabs.push(await person.visit(`/auth/login?return_to=/tab/${tab}`));
    demo.advance("1s");
  }
  const [oldest, newest] = [tabs[0], tabs[6]];
  if (!oldest || !newest) throw new Error("there are seven");
  const early = await person.copy().submitLogin(oldest, demo.user);
  t.match(early.text, /cause=transaction_expired/);
  t.match((await person.copy().moveOn(early)).text, /href="\/auth\/login\?return_to=%2Ftab%2F0">Sign in again/, "nobody is signed in");
  await person.submitLogin(newest, demo.user);
  t.equal((await person.moveOn(await person.submitLogin(oldest, demo.user))).url, `${demo.url}/tab/0`);
});

t.test("back to a callback, or reloading one, beside a living session leads to where it led", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const callback = await codeFor(person, "/auth/login?return_to=/orders?page=2", demo.user);
  await person.visit(callback);
  for (let round = 0; round < 2; round++) {
    const page = await person.visit(callback);
    t.equal(page.status, 400);
    t.equal((await person.moveOn(page)).url, `${demo.url}/orders?page=2`);
  }
  demo.advance("2h");
  t.equal((await person.moveOn(await person.visit(callback))).url, `${demo.url}/orders?page=2`, "refreshed, where that is needed");
  await person.call("/auth/logout", { method: "POST" });
  t.match((await person.moveOn(await person.visit(callback))).text, /Sign in again/, "and no further than the session lives");
});

t.test("a code that Cognito rejects beside a living session disturbs nobody", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const answer = await answerFor(demo, person);
  const page = await person.visit(`${answer}&code=00000000-0000-0000-0000-000000000000`);
  t.equal((await person.moveOn(page)).url, `${demo.url}/orders`);
  const other = demo.person();
  const rejected = await other.moveOn(await other.visit(`${await answerFor(demo, other)}&code=00000000-0000-0000-0000-000000000000`));
  t.match(rejected.text, /code_rejected/);
  t.match(rejected.text, /return_to=%2Forders">Sign in again/);
});

t.test("an error answer, or a good transaction, never moves on", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  t.notMatch((await person.visit(withError(await answerFor(demo, person), "access_denied"))).text, /http-equiv/);
  const gone = await answerFor(demo, person);
  forgetLogins(person);
  const page = await person.visit(withError(gone, "access_denied"));
  t.notMatch(page.text, /http-equiv/);
  t.match(page.text, /transaction_expired/);
  t.match(page.text, /return_to=%2Forders">Sign in again/);
});

t.test("an outage while somebody's session is looked for is told as one, not as the end of it", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "internal_error" });
  const moving = person.moveOn(await person.visit("/auth/callback?code=x"));
  const page = await moving;
  t.equal(page.status, 503);
  t.match(page.text, /You are still signed in/);
});

t.test("open redirect: the page between is for the app's own: no other site, no frame and no script gets anything from it", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const resume = (headers: Record<string, string>) => person.call("/auth/resume?return_to=/orders", { headers });
  const own = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin" };
  t.equal((await resume(own)).status, 302);
  t.equal((await resume({ ...own, "sec-fetch-site": "cross-site" })).headers["bff-problem"], "csrf");
  t.equal((await resume({ ...own, "sec-fetch-dest": "iframe" })).headers["bff-problem"], "csrf");
  t.equal((await resume({})).headers["bff-problem"], "csrf", "fetch");
  t.equal((await person.call("/auth/resume", { method: "POST" })).status, 405);
  for (const evil of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    const answer = await person.call(`/auth/resume?return_to=${encodeURIComponent(evil)}`, { headers: own });
    t.equal(answer.status, 400);
    t.equal(answer.headers["location"], undefined);
  }
  const api = await person.visit("/auth/resume?return_to=/api/echo");
  t.equal(api.status, 200);
  t.notMatch(api.text, /http-equiv/, "an API is called by a click alone, wherever the link to here came from");
  t.match((await person.click(api, "Go on")).text, /Bearer/);
});

t.test("a popup that finds its sign-in done tells the opener and closes; one that does not keeps being a popup", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const answer = await answerFor(demo, person, "/auth/login?display=popup&return_to=/orders");
  forgetLogins(person);
  t.match((await person.moveOn(await person.visit(`${answer}&code=x`))).text, /BroadcastChannel/);
  await person.call("/auth/logout", { method: "POST" });
  const page = await person.moveOn(await person.visit(`${answer}&code=x`));
  t.match(page.text, /href="\/auth\/login\?return_to=%2Forders&amp;display=popup">Sign in again/);
});
