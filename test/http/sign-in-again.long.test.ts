import t from "tap";
import { administer, updateClient } from "../support/administration.js";
import { bodyOf, rawExchange, statusOf } from "../support/raw-http.js";
import { runDemo } from "../support/running-demo.js";

const KEY = Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64");
const OTHER_KEY = Buffer.from("vutsrqponmlkjihgfedcba9876543210").toString("base64");
const JSON_TYPE = { "content-type": "application/json" };

t.test("session fixation: a cookie under a look-alike of our name, which a sibling site can set, is nobody's session", async (t) => {
  const demo = await runDemo(t);
  const [attacker, victim] = [await demo.signedIn(), await demo.signedIn()];
  const theirs = attacker.cookies.get("bff-session") ?? "";
  await attacker.call("/auth/logout", { method: "POST" });
  const session = victim.nameOf("bff-session");
  for (let byte = 0x80; byte <= 0xff; byte++) {
    const odd = String.fromCharCode(byte);
    const cookie = `${odd}${session}=${theirs}; ${session}${odd}=${theirs}; ${victim.cookiesOf("localhost")}`;
    const answer = await rawExchange(demo.url, `GET /auth/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`);
    if (statusOf(answer) !== 200) t.fail(`byte ${byte}: ${bodyOf(answer)}`);
  }
  const planted = `\xa0${session}=${victim.cookies.get("bff-session")}`;
  t.equal(
    statusOf(await rawExchange(demo.url, `GET /auth/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${planted}\r\n\r\n`)),
    401,
  );
});

t.test("two tabs that began signed out: the second sign-in ends the first one's session, and signing out stays so", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const [one, two] = [await person.visit("/auth/login?return_to=/one"), await person.visit("/auth/login?return_to=/two")];
  await person.submitLogin(one, demo.user);
  const first = person.copy();
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 300, times: 1 });
  demo.advance("58m");
  await person.submitLogin(two, demo.user);
  const refused = await first.call("/api/echo");
  t.equal(refused.status, 401);
  t.equal(refused.headers["set-cookie"], undefined);
  await person.call("/auth/logout", { method: "POST" });
  t.equal((await person.call("/auth/session")).headers["bff-problem"], "signed_out");
});

t.test("a sign-in while signed in revokes the replaced session's refresh token", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.calls.clear();
  await person.signIn(demo.user);
  t.same(
    demo.localCognito.calls.list("RevokeToken").map(({ outcome }) => outcome),
    ["ok"],
  );
  t.equal((await person.call("/api/echo")).status, 200);
});

t.test("a callback that sees the session it replaces revokes its refresh token, and the log knows whose it was", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  // Begun on another site's link: nothing of the session is known there.
  const elsewhere = person.copy();
  elsewhere.forget("bff-session");
  const callback = String((await elsewhere.visit("/auth/login", {}, "/auth/callback")).headers["location"]);
  demo.localCognito.calls.clear();
  // Managed login under a custom domain of the same site: the Strict cookie comes along.
  const cookie = `${person.cookiesOf("localhost")}; ${elsewhere.cookiesOf("localhost")}`;
  const answer = await person.call(callback, { headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", cookie } });
  t.equal(answer.status, 302);
  t.equal((await person.call("/auth/session")).status, 200);
  t.same(
    demo.localCognito.calls.list("RevokeToken").map(({ outcome }) => outcome),
    ["ok"],
  );
  const ended = demo.logLines.filter((line) => line.includes('"replaced":true'));
  t.equal(ended.length, 1);
  t.match(JSON.parse(ended[0] ?? "{}"), { event: "session_expired", cause: "logout", user: /^[0-9a-f]{16}$/, age_seconds: Number });
});

t.test("two tabs that began signed out: the second sign-in revokes the first one's refresh token", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const [one, two] = [await person.visit("/auth/login?return_to=/one"), await person.visit("/auth/login?return_to=/two")];
  await person.submitLogin(one, demo.user);
  await person.submitLogin(two, demo.user);
  t.equal((await person.call("/auth/session")).status, 200);
  t.same(
    demo.localCognito.calls.list("RevokeToken").map(({ outcome }) => outcome),
    ["ok"],
  );
});

t.test("login CSRF, static state: a state works once, for a copied login cookie too", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const page = await person.visit("/auth/login");
  const thief = person.copy();
  await person.submitLogin(page, demo.user);
  const second = await thief.submitLogin(page, demo.user);
  t.equal(second.status, 400);
  t.match(second.text, /transaction_expired/);
  t.notOk(thief.cookies.has("bff-session"));
});

t.test("a background refresh does not undo activity, nor activity a refresh", async (t) => {
  const demo = await runDemo(t, { sessionIdleTimeout: "70m" });
  const person = await demo.signedIn();
  demo.advance("57m");
  t.equal((await person.call("/api/echo")).status, 200);
  await demo.refreshesFinished(1);
  demo.advance("14m");
  t.equal((await person.call("/api/echo")).status, 200, "14 minutes after the last call");
  t.equal(demo.refreshes(), 1);
});

t.test("with rotation known, a refresh ahead of time travels on the very answer", async (t) => {
  const demo = await runDemo(t);
  await updateClient(demo, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });
  const person = await demo.signedIn();
  demo.advance("2h");
  await person.call("/api/echo");
  demo.advance("57m");
  t.ok((await person.call("/api/echo")).headers["set-cookie"]);
});

t.test("tokens that outgrow the budget after the sign-in do not end in a 431: the log says so, and calls go on", async (t) => {
  const demo = await runDemo(t, { cookieHeaderBudget: 4000 });
  const person = await demo.signedIn();
  for (let group = 0; group < 60; group++) {
    const GroupName = `group-${(group * 7919).toString(36)}-${(group * 104729).toString(36)}-${(group * 1299709).toString(36)}-${(group * 15485863).toString(36)}`;
    await administer(demo, "CreateGroup", { GroupName });
    await administer(demo, "AdminAddUserToGroup", { GroupName, Username: demo.user.email });
  }
  demo.advance("2h");
  for (let call = 0; call < 3; call++) t.equal((await person.call("/api/echo")).status, 200);
  const bytes = person.cookiesOf("localhost").length;
  t.ok(bytes <= 4000, `${bytes} bytes of cookies`);
  t.equal(demo.logLines.filter((line) => line.includes('"alert":"session_too_large"')).length, 1);
  t.match(
    demo.logLines.find((line) => line.includes('"alert":"session_too_large"')),
    /cognito:groups/,
  );
});

t.test("whoever asks to leave is signed out in the browser even where the session cannot be opened", async (t) => {
  const before = await runDemo(t, { sessionKeys: [KEY] });
  const ticket = (await before.signedIn()).cookies.get("bff-session") ?? "";
  for (const settings of [{ sessionKeys: [OTHER_KEY] }, { sessionKeys: [KEY], cognitoClientId: "anotherclient" }]) {
    const demo = await runDemo(t, settings);
    const person = demo.person();
    person.plant("bff-session", ticket);
    t.equal((await person.call("/auth/logout", { method: "POST" })).status, 200);
    t.notOk(person.cookies.has("bff-session"));
    t.equal((await person.call("/auth/session")).headers["bff-problem"], "anonymous");
  }
});

t.test("an optional route goes on without a session, and tells once of one that has ended", async (t) => {
  const demo = await runDemo(t);
  const target = demo.config.proxyRoutes[0]?.target.href ?? "";
  const open = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target, session: "optional" }] });
  const person = open.person();
  t.equal((await person.call("/api/echo")).headers["bff-problem"], undefined, "nobody");
  await person.signIn(open.user);
  open.advance("31d");
  t.equal((await person.call("/api/echo")).headers["bff-problem"], "expired");
  t.equal((await person.call("/api/echo")).headers["bff-problem"], undefined, "and then nobody again");
  person.plant("bff-session", "garbage");
  t.equal((await person.call("/api/echo")).headers["bff-problem"], undefined, "what cannot be opened closes no public page");
});

t.test("refreshing on demand asks Cognito once in 30 seconds, in an outage too", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "waf" });
  demo.advance("31s");
  for (let call = 0; call < 5; call++) {
    t.equal((await person.call("/auth/refresh", { method: "POST" })).status, 200, "the token lives");
    demo.advance("3s");
  }
  t.equal(demo.refreshes(), 1);
});

t.test("a missing Host, two of them and an unknown Expect get a problem document", async (t) => {
  const demo = await runDemo(t);
  for (const head of ["", "Host: a\r\nHost: b\r\n", "Host: a\r\nExpect: 200-ok\r\n"]) {
    const answer = await rawExchange(demo.url, `GET /auth/session HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    t.equal(statusOf(answer), 400, head);
    t.match(answer, /\r\nbff-problem: bad_request\r\n/i);
  }
});

t.test("a form's sign-out needs no static header where a browser cannot send it", async (t) => {
  const demo = await runDemo(t, { csrfHeader: "required" });
  const person = await demo.signedIn();
  const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
  const { hostname, port } = new URL(demo.url);
  const answer = await rawExchange(
    demo.url,
    `POST /auth/logout HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\nOrigin: ${demo.url}\r\nCookie: ${person.cookiesOf("localhost")}\r\nContent-Type: ${headers["content-type"]}\r\nContent-Length: 0\r\n\r\n`,
  );
  t.equal(statusOf(answer), 303);
  t.equal((await person.call("/auth/logout", { method: "POST", headers: JSON_TYPE, body: "{}" })).headers["bff-problem"], "csrf");
});

t.test(
  "two apps on http://localhost share a browser: neither sign-in throws the other out, and no API sees a cookie of either",
  async (t) => {
    const [one, two] = [await runDemo(t), await runDemo(t)];
    const person = await one.signedIn();
    const page = await person.visit(`${two.url}/auth/login`);
    t.equal((await person.submitLogin(page, two.user)).status, 200);
    for (const { url } of [one, two]) {
      const echo = await person.call(`${url}/api/echo`, { headers: { cookie: `theirs=1; ${person.cookiesOf("localhost")}` } });
      t.equal(echo.status, 200, url);
      t.equal(echo.json<{ headers: Record<string, string> }>().headers["cookie"], "theirs=1");
    }
    await person.call("/auth/logout", { method: "POST" });
    t.equal((await person.call("/auth/session")).status, 401);
    t.equal((await person.call(`${two.url}/auth/session`)).status, 200, "nor does a sign-out");
  },
);

t.test("a large cookie of an app whose port begins like ours takes no room from the sign-ins under way", async (t) => {
  const demo = await runDemo(t, { publicUrl: "http://localhost" });
  const navigate = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" };
  const first = await demo.person().call("/auth/login", { headers: navigate });
  const login = String(first.headers["set-cookie"]).split(";")[0] ?? "";
  t.match(login, /^bff-login-80-/);
  const cookie = `bff-session-8080=${"x".repeat(7_500)}; ${login}`;
  const second = await demo.person().call("/auth/login", { headers: { ...navigate, cookie } });
  t.equal([second.headers["set-cookie"]].flat().length, 1, "only its own is set, and none cleared");
});
