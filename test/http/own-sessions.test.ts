import t from "tap";
import type { ProblemDocument, SessionsDocument } from "../../src/index.js";
import { createSessionId } from "../../src/model/session.js";
import { administer } from "../support/administration.js";
import { until } from "../support/condition.js";
import type { Answer, Person } from "../support/person.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { runSharedDemo } from "../support/shared-demo.js";

const FIREFOX = { "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0" };
const PHONE = {
  "user-agent":
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
};
const SESSIONS = "/auth/sessions";
const problemOf = (answer: Answer) => answer.json<ProblemDocument>();
const DELETE = { method: "DELETE" };

async function signInWith(demo: RunningDemo, hints: Person["hints"]): Promise<Person> {
  const person = demo.person();
  person.hints = hints;
  await person.signIn(demo.user);
  return person;
}

async function sessionsOf(person: Person) {
  return (await person.call(SESSIONS)).json<SessionsDocument>().sessions;
}

async function currentsOf(person: Person): Promise<boolean[]> {
  return (await sessionsOf(person)).map(({ current }) => current);
}

async function handleOf(person: Person): Promise<string> {
  const current = (await sessionsOf(person)).find((session) => session.current);
  if (!current) throw new Error("this session is not in its own list");
  return current.handle;
}

/** Somebody else than the demo's user. */
async function stranger(demo: RunningDemo): Promise<Person> {
  const other = { email: "other@example.com", password: "Other-password-1" };
  await administer(demo, "AdminCreateUser", {
    Username: other.email,
    UserAttributes: [
      { Name: "email", Value: other.email },
      { Name: "email_verified", Value: "true" },
    ],
    MessageAction: "SUPPRESS",
  });
  await administer(demo, "AdminSetUserPassword", { Username: other.email, Password: other.password, Permanent: true });
  const person = demo.person();
  await person.signIn(other);
  return person;
}

t.test("a person sees where they are signed in, and which one is this", async (t) => {
  const demo = await runSharedDemo(t, { sessionIdleTimeout: "1h" });
  const laptop = await signInWith(demo, FIREFOX);
  demo.advance("10m");
  const phone = await signInWith(demo, PHONE);
  const listed = await phone.call(SESSIONS);
  t.match(listed.headers, { "cache-control": "no-store" });
  const [here, there, ...more] = listed.json<SessionsDocument>().sessions;
  t.match(here, { current: true, browser: "Safari", system: "iOS" });
  t.match(there, { current: false, browser: "Firefox", system: "Windows" });
  t.equal(more.length, 0);
  t.equal(Date.parse(here?.started_at ?? "") - Date.parse(there?.started_at ?? "") >= 600_000, true);
  t.same(Object.keys(here ?? {}), ["handle", "current", "started_at", "last_seen_at", "browser", "system"], "no address");
  t.match(await sessionsOf(laptop), [
    { current: true, system: "Windows" },
    { handle: here?.handle, current: false },
  ]);
  t.match(await (await demo.another(t)).person().call(SESSIONS), { status: 401 }, "and nobody without a session");
});

t.test("looking at the list is no activity; a call is, and shows in it at once", async (t) => {
  const demo = await runSharedDemo(t, { sessionIdleTimeout: "1h" });
  const person = await demo.signedIn();
  demo.advance("5m");
  const [before] = await sessionsOf(person);
  t.equal(before?.last_seen_at, before?.started_at);
  await person.call("/api/echo");
  const [after] = await sessionsOf(person);
  t.ok(Date.parse(after?.last_seen_at ?? "") - Date.parse(before?.started_at ?? "") >= 300_000);
});

t.test("ending another session ends it everywhere at once, and at Cognito", async (t) => {
  const demo = await runSharedDemo(t);
  const there = `${(await demo.another(t)).url}/api/echo`;
  const [laptop, phone] = [await signInWith(demo, FIREFOX), await signInWith(demo, PHONE)];
  t.equal((await phone.call(there)).status, 200);
  demo.localCognito.calls.clear();
  const handle = await handleOf(phone);
  t.match(await laptop.call(`${SESSIONS}/${handle}`, DELETE), { status: 204, text: "" });
  await until(async () => (await phone.copy().call(there)).status === 401, "refused");
  t.match(problemOf(await phone.call(there)), { reason: "signed_out", cause: "logout_elsewhere" });
  t.notOk(phone.cookies.has("bff-session"));
  t.equal(demo.localCognito.calls.list("RevokeToken").length, 1);
  t.same(await currentsOf(laptop), [true]);
  t.match(problemOf(await laptop.call(`${SESSIONS}/${handle}`, DELETE)), { status: 404, reason: "not_found" }, "and once");
  t.equal((await laptop.call("/api/echo")).status, 200);
});

t.test("the answer to another person's handle is that to one that never was", async (t) => {
  const demo = await runSharedDemo(t);
  const [person, other] = [await demo.signedIn(), await stranger(demo)];
  const answers: unknown[] = [];
  for (const handle of [await handleOf(other), "A".repeat(22), "x", "%20"]) {
    const answer = await person.call(`${SESSIONS}/${handle}`, DELETE);
    const { request_id: _id, ...told } = problemOf(answer);
    answers.push(told);
  }
  t.match(answers[0], { status: 404, reason: "not_found" });
  for (const answer of answers) t.same(answer, answers[0]);
  t.equal((await other.call("/api/echo")).status, 200);
});

t.test("ending another session needs a sign-in of the last fifteen minutes, and says where", async (t) => {
  const demo = await runSharedDemo(t);
  const [laptop, phone] = [await signInWith(demo, FIREFOX), await signInWith(demo, PHONE)];
  const end = `${SESSIONS}/${await handleOf(phone)}`;
  demo.advance("16m");
  for (const path of [end, `${SESSIONS}/${"A".repeat(22)}`]) {
    const refused = await laptop.call(path, DELETE);
    t.match(problemOf(refused), { status: 403, reason: "denied", cause: "login_required", login_url: "/auth/login?prompt=login" });
  }
  t.equal((await laptop.call("/api/echo")).status, 200, "nobody is signed out");
  t.equal((await phone.call("/api/echo")).status, 200);
  await laptop.signIn(demo.user, "/auth/login?prompt=login&return_to=%2F");
  t.equal((await laptop.call(end, DELETE)).status, 204);
  t.equal((await phone.call("/api/echo")).status, 401);
});

t.test("a sign-in that Cognito gave without asking anybody is as old as the person's own", async (t) => {
  const demo = await runSharedDemo(t);
  const [laptop, phone] = [await demo.signedIn(), await demo.signedIn()];
  demo.advance("16m");
  await laptop.visit("/auth/login");
  t.equal((await sessionsOf(laptop)).length, 2, "a session that has just begun");
  t.match(problemOf(await laptop.call(`${SESSIONS}/${await handleOf(phone)}`, DELETE)), { reason: "denied" });
});

t.test("ending the session at hand is a sign-out, however old its sign-in is", async (t) => {
  const demo = await runSharedDemo(t);
  const person = await demo.signedIn();
  const copy = person.copy();
  demo.advance("30m");
  const answer = await person.call(`${SESSIONS}/${await handleOf(person)}`, DELETE);
  t.match(answer.json(), { logout_url: /\/logout\?/ });
  t.notOk(person.cookies.has("bff-session"));
  t.match(problemOf(await copy.call("/api/echo")), { reason: "signed_out", cause: "logout" });
});

t.test("no other site can look or end", async (t) => {
  const demo = await runSharedDemo(t, { csrfHeader: "required" });
  const person = await demo.signedIn();
  const csrf = { "x-bff-csrf": "1" };
  const listed = await person.call(SESSIONS, { headers: csrf });
  const [session] = listed.json<SessionsDocument>().sessions;
  const end = `${SESSIONS}/${session?.handle}`;
  const foreign = { ...csrf, "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  for (const [path, init] of [
    [SESSIONS, { headers: foreign }],
    [end, { ...DELETE, headers: foreign }],
    [SESSIONS, {}],
    [end, DELETE],
  ] as const)
    t.match(problemOf(await person.call(path, init)), { status: 403, reason: "csrf" });
  t.equal((await person.call("/api/echo", { headers: csrf })).status, 200);
});

t.test("sessions in cookies are in no list, and the answer says so", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  for (const init of [{}, DELETE]) {
    const answer = await person.call(init === DELETE ? `${SESSIONS}/${"A".repeat(22)}` : SESSIONS, init);
    t.match(problemOf(answer), { status: 404, reason: "not_found", detail: /SESSION_STORE/ });
  }
  t.match(problemOf(await demo.person().call(SESSIONS)), { status: 401, reason: "anonymous" });
});

t.test("while the store is away nobody is told that they have no sessions", async (t) => {
  const demo = await runSharedDemo(t);
  const [person, other] = [await demo.signedIn(), await demo.signedIn()];
  const end = `${SESSIONS}/${await handleOf(other)}`;
  demo.backend.broken = { sessionsOf: "rejects" };
  for (const [path, init] of [
    [SESSIONS, {}],
    [end, DELETE],
  ] as const) {
    const answer = await person.call(path, init);
    t.match(problemOf(answer), { status: 503, reason: "store_unavailable" });
    t.match(answer.headers, { "retry-after": /^\d+$/ });
  }
});

t.test("an ending that other processes cannot know of yet is no success, and is one once they do", async (t) => {
  const demo = await runSharedDemo(t);
  const there = `${(await demo.another(t)).url}/api/echo`;
  const [person, other] = [await demo.signedIn(), await demo.signedIn()];
  const end = `${SESSIONS}/${await handleOf(other)}`;
  demo.backend.broken = { end: "rejects" };
  for (const time of ["first", "second"]) {
    const answer = await person.call(end, DELETE);
    t.match(problemOf(answer), { status: 503, reason: "store_unavailable" }, time);
    t.match(answer.headers, { "retry-after": /^\d+$/ });
  }
  t.equal((await other.call(there)).status, 200, "it lives there");
  demo.backend.broken = {};
  await until(async () => (await person.call(end, DELETE)).status === 404, "over");
  t.match(problemOf(await other.call(there)), { status: 401, cause: "logout_elsewhere" });
});

t.test("a session that was used after it is said to have ended is in the list: what is said is wrong", async (t) => {
  const demo = await runSharedDemo(t, { cognitoRefreshTokenValidity: "1h" });
  const [person, other, leftAlone] = [await demo.signedIn(), await demo.signedIn(), await demo.signedIn()];
  demo.advance("61m");
  for (const each of [person, other]) t.equal((await each.call("/api/echo")).status, 200);
  const listed = await sessionsOf(person);
  t.equal(listed.length, 2);
  const there = listed.find(({ current }) => !current);
  t.equal(await handleOf(other), there?.handle);
  t.equal((await leftAlone.call("/api/echo")).status, 200);
  t.equal((await sessionsOf(person)).length, 3);
});

t.test("nobody's session ends as idle while another process writes that it is used; an outage ends none either", async (t) => {
  const demo = await runSharedDemo(t, { sessionIdleTimeout: "10m" });
  const [person, other] = [await demo.signedIn(), await demo.signedIn()];
  const [first, second] = [...demo.backend.rows.keys()];
  demo.advance("11m");
  demo.backend.beforeEnd = (id) => {
    const row = demo.backend.rows.get(id);
    // Right before this process's order reaches the store.
    if (row && id === first) row.session = { ...row.session, lastSeenAtMs: demo.clock.now() - 120_000 };
  };
  t.equal((await person.call("/api/echo")).status, 200);
  t.equal((await person.call("/auth/session")).status, 200);
  demo.backend.broken = { end: "rejects" };
  t.match(problemOf(await other.call("/api/echo")), { status: 503, reason: "store_unavailable" });
  demo.backend.broken = {};
  t.match(problemOf(await other.call("/api/echo")), { status: 401, cause: "idle_timeout" });
  t.same([...demo.backend.endings.keys()], [second]);
  await until(() => demo.localCognito.calls.list("RevokeToken").length === 1, "its token is revoked");
});

t.test("sessions that a limit has passed for are in no list, though nobody has come back for them", async (t) => {
  const demo = await runSharedDemo(t, { sessionIdleTimeout: "10m" });
  await demo.signedIn();
  const person = await demo.signedIn();
  t.equal((await sessionsOf(person)).length, 2);
  for (let minutes = 0; minutes < 12; minutes += 4) {
    demo.advance("4m");
    await person.call("/api/echo");
  }
  t.same(await currentsOf(person), [true]);
});

t.test("a store that serves several app clients shows each its own sessions", async (t) => {
  const demo = await runSharedDemo(t);
  const person = await demo.signedIn();
  const [row] = demo.backend.rows.values();
  if (!row) throw new Error("no session");
  for (const other of [{ clientId: "another" }, { userPoolId: "eu-central-1_Another" }])
    demo.backend.put({ ...row.session, id: createSessionId(), ...other });
  t.same(await currentsOf(person), [true]);
  demo.backend.put({ ...row.session, id: createSessionId() });
  t.same(await currentsOf(person), [true, false]);
});

t.test("of very many the newest hundred are shown, this one first", async (t) => {
  const demo = await runSharedDemo(t);
  const person = await demo.signedIn();
  const [row] = demo.backend.rows.values();
  if (!row) throw new Error("no session");
  const { session } = row;
  for (let count = 1; count <= 300; count++)
    demo.backend.put({ ...session, id: createSessionId(), startedAtMs: session.startedAtMs + count });
  const listed = await sessionsOf(person);
  t.same([listed.length, listed[0]?.current, listed[1]?.started_at], [100, true, new Date(session.startedAtMs + 300).toISOString()]);
});

t.test("what a browser says of itself costs nothing and is not believed beyond a name", async (t) => {
  const demo = await runSharedDemo(t);
  const person = await signInWith(demo, { "user-agent": `<img src=x onerror=alert(1)>${"Z".repeat(10_000)} Firefox/1` });
  t.match(await sessionsOf(person), [{ browser: "Unknown browser", system: null }]);
  t.ok((person.cookies.get("bff-session") ?? "").length < 250);
});
