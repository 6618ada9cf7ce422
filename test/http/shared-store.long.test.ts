import t from "tap";
import type { ProblemDocument } from "../../src/index.js";
import type { SessionId } from "../../src/model/session.js";
import { updateClient } from "../support/administration.js";
import { runAnotherServer } from "../support/another-server.js";
import type { Answer } from "../support/person.js";
import { runDemo } from "../support/running-demo.js";
import { runSharedDemo, type SharedDemo } from "../support/shared-demo.js";
import { SlowBackend } from "../support/slow-store.js";
import { openSocket } from "../support/sockets.js";

const POST = { method: "POST" };
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function rotating(demo: SharedDemo): Promise<void> {
  await updateClient(demo, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });
}

/** A demo with a second process beside it, and one person who is signed in. */
async function twoProcesses(t: Parameters<typeof runSharedDemo>[0], settings: Parameters<typeof runSharedDemo>[1] = {}, trustMs = 0) {
  const demo = await runSharedDemo(t, settings, {}, trustMs);
  const other = await demo.another(t);
  const person = await demo.signedIn();
  const [here, there] = [`${demo.url}/api/echo`, `${other.url}/api/echo`];
  t.equal((await person.call(there)).status, 200, "the session is there in the other process too");
  return { demo, other, person, here, there };
}

const problemOf = (answer: Answer) => answer.json<ProblemDocument>();
const onlySession = ({ backend }: SharedDemo): SessionId => {
  const [id] = backend.rows.keys();
  if (id === undefined) throw new Error("nobody is signed in");
  return id;
};

t.test("the cookie holds a sealed id and no token, and stays the same through refreshes", async (t) => {
  const demo = await runSharedDemo(t);
  const person = await demo.signedIn();
  const ticket = person.cookies.get("bff-session") ?? "";
  t.ok(ticket.length < 250, `${ticket.length} characters`);
  demo.advance("2h");
  const answer = await person.call("/api/echo");
  t.equal(answer.status, 200);
  t.equal(answer.headers["set-cookie"], undefined);
  t.equal(demo.backend.rows.get(onlySession(demo))?.session.version, 2);
});

t.test("two processes and fifty calls at an expiry cause one refresh, with rotation and no grace", async (t) => {
  const { demo, person, here, there } = await twoProcesses(t);
  await rotating(demo);
  for (let times = 1; times <= 3; times++) {
    demo.advance("2h");
    const answers = await Promise.all(Array.from({ length: 50 }, (_, call) => person.call(call % 2 === 0 ? here : there)));
    t.same([...new Set(answers.map(({ status }) => status))], [200]);
    t.equal(demo.backend.rows.get(onlySession(demo))?.session.version, 1 + times);
  }
});

t.test(
  "a process that lost its lease in the middle is no reason to sign anybody out: who is refused takes what the other got",
  async (t) => {
    const { demo, person, here, there } = await twoProcesses(t);
    await rotating(demo);
    demo.advance("2h");
    await person.call(here);
    demo.advance("2h");
    demo.localCognito.faults.add({ operation: "GetTokensFromRefreshToken", fault: "latency", latencyMs: 300, times: 2 });
    const first = person.call(here);
    await pause(100);
    demo.backend.loseLeases();
    const answers = await Promise.all([first, person.call(there)]);
    t.same(
      answers.map(({ status }) => status),
      [200, 200],
    );
    t.equal(demo.backend.endings.size, 0);
  },
);

t.test("a version conflict: what a sibling has written is used, and nothing of it overwritten", async (t) => {
  const { demo, person, here } = await twoProcesses(t);
  let conflicts = 0;
  demo.backend.beforeCommit = (session) => {
    if (conflicts++ === 0) demo.backend.put({ ...session, version: session.version + 1 });
  };
  demo.advance("2h");
  t.equal((await person.call(here)).status, 200);
  t.ok(conflicts >= 1);
  t.equal(demo.backend.rows.get(onlySession(demo))?.session.version, 3);
});

t.test("a sign-out in one process is heard in the other, and a copied cookie is refused there", async (t) => {
  const { demo, person, there } = await twoProcesses(t, {}, 60_000);
  const copy = person.copy();
  await person.call("/auth/logout", POST);
  await pause(50);
  const asked = demo.backend.asked["load"];
  const refused = await copy.call(there);
  t.match(problemOf(refused), { status: 401, reason: "signed_out", cause: "logout" });
  t.equal(demo.backend.asked["load"], asked, "without its being asked");
  t.notOk(copy.cookies.has("bff-session"));
});

t.test("signing out everywhere ends the person's sessions in other browsers, in every process", async (t) => {
  const { demo, person, there } = await twoProcesses(t);
  const laptop = await demo.signedIn();
  t.equal((await laptop.call(there)).status, 200);
  const answer = await person.call("/auth/logout", {
    ...POST,
    headers: { "content-type": "application/json" },
    body: '{"everywhere":true}',
  });
  t.match(answer.json(), { everywhere: "done" });
  t.match(problemOf(await laptop.call(there)), { reason: "signed_out", cause: "logout_everywhere" });
});

t.test("Cognito's rejection in one process is the same in the other", async (t) => {
  const { demo, person, here, there } = await twoProcesses(t);
  const copy = person.copy();
  demo.advance("31d");
  const answers = await Promise.all([person.call(here), copy.call(there)]);
  for (const answer of answers) t.match(problemOf(answer), { status: 401, reason: "expired", cause: "refresh_token_expired" });
  t.equal((await person.signIn(demo.user)).status, 200);
  t.equal((await person.call(there)).status, 200);
});

t.test(
  "with SESSION_STORE_STALE=0s calls hear 503 while the store is away and nobody is signed out; it heals without a restart",
  async (t) => {
    const { demo, person, here, there } = await twoProcesses(t, { sessionStoreStale: "0s" });
    demo.backend.away = true;
    for (const url of [here, there, `${demo.url}/auth/session`]) {
      const answer = await person.call(url);
      t.match(problemOf(answer), { status: 503, reason: "store_unavailable" });
      t.match(answer.headers, { "retry-after": /^\d+$/, "bff-problem": "store_unavailable" });
      t.equal(answer.headers["set-cookie"], undefined);
    }
    t.equal((await demo.person().signIn(demo.user)).status, 503, "nobody can sign in without it");
    demo.backend.away = false;
    for (const url of [here, there]) t.equal((await person.call(url)).status, 200);
  },
);

t.test("sessions that a process has opened lately go on while the store is away, until SESSION_STORE_STALE has passed", async (t) => {
  const { demo, person, here, there } = await twoProcesses(t, { sessionStoreStale: "5m" });
  const onlyThere = await demo.signedIn();
  demo.backend.away = true;
  demo.backend.reconnect();
  demo.advance("4m");
  for (const url of [here, there, `${demo.url}/auth/session`]) t.equal((await person.call(url)).status, 200);
  t.match(problemOf(await onlyThere.call(there)), { reason: "store_unavailable" }, "one that the other process has not seen");
  demo.advance("1m");
  t.match(problemOf(await person.call(here)), { status: 503, reason: "store_unavailable" }, "its word grows old although it was used");
  demo.backend.away = false;
  for (const url of [here, there]) t.equal((await person.call(url)).status, 200);
});

t.test("while the store is away a session goes on no longer than its token lives, and Cognito is not asked", async (t) => {
  const { demo, person, here } = await twoProcesses(t, { sessionStoreStale: "2h" });
  demo.advance("58m");
  demo.backend.away = true;
  t.equal((await person.call(here)).status, 200, "its refresh is due, and its token lives");
  demo.advance("3m");
  const answer = await person.call(here);
  t.match(problemOf(answer), { status: 503, reason: "store_unavailable" });
  t.match(answer.headers, { "retry-after": /^\d+$/ });
  t.ok(person.cookies.has("bff-session"));
  t.equal(demo.refreshes(), 0);
  demo.backend.away = false;
  demo.advance("10s");
  t.equal((await person.call(here)).status, 200);
  t.equal(demo.refreshes(), 1);
});

t.test("what ended here is refused here, whether before the store went away or after; so is what seems to be idle", async (t) => {
  const { demo, person, here, there } = await twoProcesses(t, { sessionStoreStale: "1h", sessionIdleTimeout: "30m" });
  const [before, idle, heard] = [await demo.signedIn(), await demo.signedIn(), await demo.signedIn()];
  for (const each of [before, idle, heard]) t.equal((await each.call(here)).status, 200);
  const copies = [before.copy(), person.copy(), heard.copy()];
  await before.call("/auth/logout", POST);
  await heard.call(there.replace("/api/echo", "/auth/logout"), POST);
  await pause(50);
  demo.backend.away = true;
  await person.call("/auth/logout", POST);
  for (const copy of copies) t.match(problemOf(await copy.call(here)), { reason: "signed_out", cause: "logout" });
  demo.advance("31m");
  t.match(problemOf(await idle.call(here)), { reason: "store_unavailable" }, "another process may have seen it");
  demo.backend.away = false;
  t.match(problemOf(await idle.call(here)), { reason: "expired", cause: "idle_timeout" });
});

t.test(
  "a store that goes away while Cognito issues loses no token: it is written once the store is back, and Cognito is not asked again",
  async (t) => {
    const { demo, person, here } = await twoProcesses(t);
    await rotating(demo);
    demo.advance("2h");
    await person.call(here);
    demo.advance("2h");
    demo.localCognito.calls.clear();
    demo.localCognito.faults.add({ operation: "GetTokensFromRefreshToken", fault: "latency", latencyMs: 200, times: 1 });
    const call = person.call(here);
    await pause(100);
    demo.backend.away = true;
    t.match(problemOf(await call), { status: 503, reason: "store_unavailable" });
    demo.backend.away = false;
    demo.advance("10s");
    t.equal((await person.call(here)).status, 200);
    t.equal(demo.refreshes(), 1);
    t.equal(demo.backend.rows.get(onlySession(demo))?.session.version, 3);
  },
);

t.test("who signs out while the store is away has left this browser at once, and the others once it is back", async (t) => {
  const { demo, person, there } = await twoProcesses(t);
  const copy = person.copy();
  demo.backend.away = true;
  t.equal((await person.call("/auth/logout", POST)).status, 200);
  t.notOk(person.cookies.has("bff-session"));
  t.match(problemOf(await copy.copy().call("/api/echo")), { reason: "signed_out" });
  demo.backend.away = false;
  demo.advance("5s");
  await pause(50);
  t.match(problemOf(await copy.call(there)), { reason: "signed_out", cause: "logout" });
});

t.test("who signs out of a session whose record is lost has ended it: a copy is refused although the record comes back", async (t) => {
  const { demo, person, here, there } = await twoProcesses(t);
  const copy = person.copy();
  const rows = [...demo.backend.rows];
  demo.backend.rows.clear();
  t.equal((await person.call("/auth/logout", POST)).status, 200);
  t.notOk(person.cookies.has("bff-session"));
  await pause(50);
  for (const [id, row] of rows) demo.backend.rows.set(id, row);
  for (const url of [here, there]) t.match(problemOf(await copy.copy().call(url)), { reason: "signed_out", cause: "logout" });
});

t.test("who signs out everywhere while the store is away hears whether the other sessions live on", async (t) => {
  const { demo, person } = await twoProcesses(t, { sessionStoreStale: "10m" });
  const unknown = await demo.signedIn();
  demo.advance("20m");
  await person.call("/api/echo");
  demo.backend.away = true;
  const order = { ...POST, headers: { "content-type": "application/json" }, body: '{"everywhere":true}' };
  t.match((await unknown.call("/auth/logout", order)).json(), { everywhere: "failed" }, "whose session it is, nobody can say");
  t.match((await person.call("/auth/logout", order)).json(), { everywhere: "done" }, "Cognito has ended them");
});

t.test("a sign-in begun while the store was away takes the place of the session before, whose token is revoked", async (t) => {
  const { demo, person } = await twoProcesses(t);
  const before = onlySession(demo);
  demo.backend.away = true;
  const page = await person.visit("/auth/login?prompt=login");
  demo.backend.away = false;
  t.equal((await person.submitLogin(page, demo.user)).status, 200);
  await pause(50);
  t.ok(demo.backend.endings.has(before));
  t.equal(demo.localCognito.calls.list("RevokeToken").length, 1);
});

t.test("a WebSocket whose session ended while messages got lost closes once they arrive again", async (t) => {
  const { demo, person } = await twoProcesses(t);
  const other = person.copy();
  const socket = await openSocket(t, demo, person);
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const elsewhere = await demo.another(t);
  demo.backend.deaf = true;
  t.equal((await other.call(`${elsewhere.url}/auth/logout`, POST)).status, 200);
  await pause(50);
  t.equal(socket.readyState, socket.OPEN);
  demo.backend.reconnect();
  t.equal(await Promise.race([closed, pause(5_000)]), 4401);
});

t.test("a session without a record is 401 unknown, and its cookie is kept", async (t) => {
  const { demo, person, here } = await twoProcesses(t);
  demo.backend.rows.clear();
  const answer = await person.call(here);
  t.match(problemOf(answer), { status: 401, reason: "expired", cause: "unknown" });
  t.match(answer.json(), { detail: /^The session store does not know this session/ }, "it was not Cognito's word");
  t.ok(person.cookies.has("bff-session"));
});

t.test("activity in one process keeps the session from idling out in the other", async (t) => {
  const { demo, person, here, there } = await twoProcesses(t, { sessionIdleTimeout: "10m" }, 60 * 60_000);
  for (let times = 0; times < 4; times++) {
    demo.advance("6m");
    t.equal((await person.call(times % 2 === 0 ? here : there)).status, 200);
    await pause(20);
  }
  demo.advance("11m");
  t.match(problemOf(await person.call(there)), { reason: "expired", cause: "idle_timeout" });
});

t.test("a process that is still on the cookie store meets a ticket with an id: 503, never 401, and it is kept", async (t) => {
  const { demo, person } = await twoProcesses(t);
  const behind = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url } });
  const answer = await person.call(`${behind.url}/api/echo`);
  t.match(problemOf(answer), { status: 503, reason: "store_unavailable" });
  t.ok(person.cookies.has("bff-session"));
});

t.test("a ticket of the cookie store is taken in: served as it is, written by its first refresh, and its ending stays", async (t) => {
  const demo = await runDemo(t, { sessionIdleTimeout: "3h" });
  const backend = new SlowBackend({ clock: demo.clock });
  const { url } = await runAnotherServer(t, demo, { changes: { publicUrl: demo.url }, openStore: () => backend.open() });
  const person = await demo.signedIn();
  const old = person.copy();
  t.equal((await person.call(`${url}/api/echo`)).status, 200);
  t.equal(backend.rows.size, 0, "it is in its ticket still");
  demo.advance("30m");
  t.equal((await person.call(`${url}/api/echo`)).status, 200);
  t.ok((person.cookies.get("bff-session") ?? "").length > 1_000, "and its activity with it");
  demo.advance("2h");
  t.equal((await person.call(`${url}/api/echo`)).status, 200);
  t.equal(backend.rows.size, 1);
  t.ok((person.cookies.get("bff-session") ?? "").length < 250, "the browser gets a ticket with the id");
  t.equal((await old.copy().call(`${url}/api/echo`)).status, 200, "the old ticket is of the same session");
  await person.call(`${url}/auth/logout`, POST);
  t.match(problemOf(await old.call(`${url}/api/echo`)), { reason: "signed_out" });
});

t.test("a session that was opened a moment ago costs no question; one that another process renewed is asked for", async (t) => {
  const { demo, person, here } = await twoProcesses(t, {}, 2_000);
  await person.call(here);
  const asked = demo.backend.asked["load"] ?? 0;
  for (let calls = 0; calls < 10; calls++) t.equal((await person.call(here)).status, 200);
  t.equal(demo.backend.asked["load"], asked);
  demo.advance("3s");
  await person.call(here);
  t.equal(demo.backend.asked["load"], asked + 1);
  demo.backend.reconnect();
  await person.call(here);
  t.equal(demo.backend.asked["load"], asked + 2, "messages may have been lost");
});
