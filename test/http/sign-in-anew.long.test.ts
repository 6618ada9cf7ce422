import t from "tap";
import { runAnotherServer } from "../support/another-server.js";
import type { Answer, Person } from "../support/person.js";
import { runDemo } from "../support/running-demo.js";

const NAVIGATE = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin", accept: "text/html" };

/** What a person does who takes `prompt` out of the address on its way: Cognito's own cookie answers then, without a form. */
async function withoutPrompt(person: Person, login = "/auth/login?return_to=/orders"): Promise<Answer> {
  const begun = await person.call(login, { headers: NAVIGATE });
  const location = new URL(String(begun.headers["location"]));
  t.equal(location.searchParams.get("prompt"), "login");
  location.searchParams.delete("prompt");
  return person.visit(location.href);
}

const hasSession = (person: Person) => person.cookies.has("bff-session");

t.test("cookie reuse after expiry: after a sign-out nobody is back in without signing in, whatever became of the address", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("10m");
  await person.call("/auth/logout", { method: "POST" });
  const revoked = demo.localCognito.calls.list("RevokeToken").length;
  const page = await withoutPrompt(person);
  t.equal(page.status, 400);
  t.equal(page.headers["bff-problem"], "sign_in_failed");
  t.match(page.text, /login_required/);
  t.match(page.text, /You had to sign in anew/);
  t.notOk(hasSession(person));

  const form = await person.click(page, "Sign in again");
  t.match(form.text, /name="password"/, "nobody is locked out: the button leads through Cognito's sign-out to its form");
  t.equal((await person.submitLogin(form, demo.user)).url, `${demo.url}/orders`);
  t.ok(hasSession(person));
  t.equal(demo.localCognito.calls.list("RevokeToken").length, revoked + 1, "and the tokens of the old sign-in are revoked");
});

t.test("the same after a limit of ours, and for whoever asks for prompt=login beside a living session", async (t) => {
  for (const [settings, wait, login] of [
    [{ sessionIdleTimeout: "10m" }, "11m", "/auth/login"],
    [{ sessionMaxAge: "10m" }, "11m", "/auth/login"],
    [{}, "11m", "/auth/login?prompt=login"],
    [{}, "11m", "/auth/login?prompt=consent%20login"],
  ] as const) {
    const demo = await runDemo(t, settings);
    const person = await demo.signedIn();
    demo.advance(wait);
    const page = await withoutPrompt(person, login);
    t.equal(page.status, 400, JSON.stringify(settings));
    t.match(page.text, /login_required/);
    const living = login.includes("prompt");
    t.equal((await person.call("/auth/session")).status, living ? 200 : 401, "what was there before is as it was");
    const form = await person.visit(login, { headers: { "sec-fetch-site": "same-origin" } });
    await person.submitLogin(form, demo.user);
    t.equal((await person.call("/auth/session")).status, 200);
  }
});

t.test("a sign-in begun before the sign-out does not lead around it", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const begun = await person.call("/auth/login?return_to=/orders", { headers: NAVIGATE });
  demo.advance("1m");
  await person.call("/auth/logout", { method: "POST" });
  const page = await person.visit(String(begun.headers["location"]));
  t.match(page.text, /login_required/);
  t.notOk(hasSession(person));
});

t.test("nor one begun before a limit of ours ended the session, whether anybody asked for it meanwhile or not", async (t) => {
  for (const [settings, asked] of [
    [{ sessionIdleTimeout: "10m" }, true],
    [{ sessionIdleTimeout: "10m" }, false],
    [{ sessionMaxAge: "10m" }, false],
  ] as const) {
    const demo = await runDemo(t, settings);
    const person = await demo.signedIn();
    demo.advance("5m");
    const begun = await person.call("/auth/login?return_to=/orders", { headers: NAVIGATE });
    demo.advance("11m");
    if (asked) t.equal((await person.call("/auth/session")).status, 401);
    const page = await person.visit(String(begun.headers["location"]));
    t.match(page.text, /login_required/, JSON.stringify({ settings, asked }));
    t.notOk(page.headers["set-cookie"]?.toString().includes("bff-session-"), "nothing is started");
    await person.submitLogin(await person.click(page, "Sign in again"), demo.user);
    t.equal((await person.call("/auth/session")).status, 200);
  }
});

t.test("one begun before another tab signed in asks for nothing more: that session was replaced, not ended", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  const begun = await person.call("/auth/login?return_to=/orders", { headers: NAVIGATE });
  await person.signIn(demo.user);
  demo.advance("10m");
  t.equal((await person.visit(String(begun.headers["location"]))).url, `${demo.url}/orders`);
  await person.visit("/auth/login");
  t.ok(hasSession(person));
});

t.test("where nobody knows of a session before, the sign-in has to be younger than its beginning, whatever our clock says", async (t) => {
  const demo = await runDemo(t);
  for (const aheadMs of [0, 7_200_000, -7_200_000]) {
    const server = await runAnotherServer(t, demo, { aheadMs });
    const person = server.person();
    await person.signIn(demo.user);
    for (const name of person.cookies.keys()) person.forget(name);
    demo.advance("10m");
    const page = await withoutPrompt(person, "/auth/login?prompt=login");
    t.match(page.text, /login_required/, `a clock ${aheadMs} ms ahead`);
    const form = await person.visit("/auth/login?prompt=login");
    demo.advance("3m");
    await person.submitLogin(form, demo.user);
    t.ok(hasSession(person), "and a new one is taken");
  }
});

t.test("signing in without a demand takes Cognito's own session as ever", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  for (const name of person.cookies.keys()) person.forget(name);
  demo.advance("10m");
  await person.visit("/auth/login");
  t.ok(hasSession(person));
});

t.test("a sign-in that begins at one process and ends at another is held to its beginning, whatever their clocks say", async (t) => {
  const demo = await runDemo(t);
  for (const aheadMs of [7_200_000, -7_200_000]) {
    const other = await runAnotherServer(t, demo, { aheadMs, changes: { publicUrl: demo.url } });
    // A refresh there, from which it learns how far its clock is from Cognito's.
    const known = await demo.signedIn();
    demo.advance("1m");
    t.equal((await known.call(`${other.url}/auth/refresh`, { method: "POST" })).status, 200);
    const earlier = await demo.signedIn();
    for (const name of earlier.cookies.keys()) earlier.forget(name);
    demo.advance("10m");
    for (const [person, begunAnew] of [
      [earlier, false],
      [demo.person(), true],
    ] as const) {
      const begun = await person.call(`${other.url}/auth/login?prompt=login`, { headers: NAVIGATE });
      const location = new URL(String(begun.headers["location"]));
      if (!begunAnew) location.searchParams.delete("prompt");
      const page = await person.visit(location.href);
      if (begunAnew) await person.submitLogin(page, demo.user);
      else t.match(page.text, /login_required/, `an earlier sign-in, ${aheadMs} ms ahead`);
      t.equal(hasSession(person), begunAnew, `${aheadMs} ms ahead`);
    }
  }
});
