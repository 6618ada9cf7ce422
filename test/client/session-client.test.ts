import t from "tap";
import { createSessionClientIn, type SessionClientOptions } from "../../src/client/session-client.js";
import { SessionEndedError } from "../../src/client/session-ended-error.js";
import { flush } from "../support/manual-clock.js";
import { expired, FakeTabs, ORIGIN, problemAnswer, type SessionDetails, sessionAnswer } from "./fake-browser.js";

const DAY_MS = 86_400_000;

/** A page whose person is signed in. */
async function signedIn(options: SessionClientOptions = {}, details: SessionDetails = {}) {
  const tabs = new FakeTabs();
  const tab = tabs.openTab();
  const client = createSessionClientIn(tab, options);
  const checked = client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), details));
  await checked;
  const states: string[] = [];
  client.subscribe(({ status }) => states.push(status));
  return { tabs, tab, client, states };
}

/** The person signs in, in a window of its own. */
async function signIn(tabs: FakeTabs, details: SessionDetails = {}) {
  const popup = tabs.openTab().openChannel("cognito-bff", () => {});
  popup.postMessage({ type: "signed-in" });
  popup.close();
  await flush();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { startedAtMs: tabs.clock.now(), ...details }));
  await flush();
}

t.test("it knows nothing until the server has answered, and then who is signed in", async (t) => {
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), {});
  t.same(client.session(), { status: "unknown" });
  const checked = client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  t.match(await checked, { status: "active", session: { user: { sub: "ada" } } });
  t.equal(client.session(), await checked, "the same object until it changes");
});

t.test("a session that ends is told of with its cause, by whichever call meets it", async (t) => {
  const { tabs, client, states } = await signedIn();
  const call = client.fetch("/api/orders", { method: "POST", body: "{}" });
  await flush();
  tabs.next("/api/orders").answer(expired());
  const response = await call;
  t.equal(response.status, 401, "a write that nobody wants repeated gets its answer");
  t.match(await response.json(), { reason: "expired" }, "whose body can still be read");
  t.match(client.session(), { status: "expired", reason: "expired", cause: "refresh_token_expired", user: { sub: "ada" } });
  t.same(states, ["expired"]);
});

t.test("no outage, no error of the API's and no missing network is taken for the session's end", async (t) => {
  const { tabs, client, states } = await signedIn();
  const answers = [
    () => new Response("", { status: 401 }),
    () => new Response("", { status: 500 }),
    () => new Response("", { status: 403, headers: { "bff-problem": "csrf" } }),
    () => problemAnswer(503, { reason: "cognito_unavailable" }, { "retry-after": "5" }),
    () => problemAnswer(502, { reason: "upstream_unreachable" }),
  ];
  for (const answer of answers) {
    const call = client.fetch("/api/x");
    await flush();
    const expected = answer();
    tabs.next("/api/x").answer(expected);
    t.equal((await call).status, expected.status);
    const checked = client.check();
    tabs.next("/auth/session").answer(answer());
    await checked;
  }
  const call = client.fetch("/api/x");
  await flush();
  tabs.next("/api/x").fail();
  await t.rejects(call, TypeError);
  const checked = client.check();
  tabs.next("/auth/session").fail();
  await checked;
  const portal = client.check();
  tabs.next("/auth/session").answer(new Response("<h1>Welcome to the hotel</h1>"));
  await portal;
  t.same(states, []);
  t.equal(client.session().status, "active");
});

t.test("the person is led to no other place than a path of ours, whatever an answer says", async (t) => {
  for (const loginUrl of [
    "https://other.example.com/",
    "//other.example.com/",
    "/\\other.example.com",
    "javascript:alert(1)",
    "\t//x",
    "/\t/other.example.com",
    "",
    7,
    { toString: 1 },
  ]) {
    const { tab, tabs, client } = await signedIn();
    const call = client.fetch("/api/a", { method: "POST" });
    await flush();
    tabs.next("/api/a").answer(problemAnswer(401, { reason: "expired", login_url: loginUrl as string, cause: { toString: 1 } as never }));
    await call;
    t.match(client.session(), { status: "expired", loginUrl: "/auth/login" }, JSON.stringify(loginUrl));
    void client.login();
    t.match(tab.leftFor, [`${ORIGIN}/auth/login?return_to=`]);
  }
  const { tabs, client } = await signedIn();
  const call = client.fetch("/api/a", { method: "POST" });
  await flush();
  tabs.next("/api/a").answer(problemAnswer(401, { reason: "expired", login_url: "/session/login?identity_provider=Okta" }));
  await call;
  t.match(client.session(), { loginUrl: "/session/login?identity_provider=Okta" });
});

t.test("a slow answer brings the warning no later: 20 seconds are left to act", async (t) => {
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), { idleWarningMs: 0 });
  void client.check();
  const { answer } = tabs.next();
  const document = sessionAnswer(tabs.clock.now(), { idleEndsInMs: 600_000 });
  await tabs.clock.run(8_000);
  answer(document);
  await flush();
  await tabs.clock.run(600_000 - 20_000 - 8_000);
  tabs.next("/auth/session").fail();
  await flush();
  t.equal(client.session().status, "expiring");
});

t.test("a page that could never ask is unreachable, and asks again by itself", async (t) => {
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), {});
  const checked = client.check();
  tabs.next("/auth/session").answer(problemAnswer(503, { reason: "store_unavailable" }, { "retry-after": "7" }));
  t.same(await checked, { status: "unreachable" });
  await tabs.clock.run(6_999);
  t.equal(tabs.asked.length, 0);
  await tabs.clock.run(3_501);
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  await flush();
  t.equal(client.session().status, "active");
});

t.test("pages that could not ask do not all come back in the same moment", async (t) => {
  const tabs = new FakeTabs();
  for (let pages = 0; pages < 20; pages++) {
    void createSessionClientIn(tabs.openTab(), {}).check();
    tabs.next("/auth/session").fail();
  }
  await flush();
  const comeInMs: number[] = [];
  for (let passedMs = 0; passedMs < 7_500; passedMs += 100) {
    await tabs.clock.run(100);
    comeInMs.push(tabs.asked.splice(0).length);
  }
  t.equal(
    comeInMs.reduce((sum, each) => sum + each),
    20,
  );
  t.ok(Math.max(...comeInMs) < 15, `${comeInMs}`);
});

t.test("calls of one page wait for one sign-in and go on, each once", async (t) => {
  const { tabs, tab, client, states } = await signedIn({ replay: true });
  const calls = [client.fetch("/api/a"), client.fetch("/api/b", { method: "POST", body: '{"n":1}' }), client.fetch("/api/c")];
  await flush();
  for (const path of ["/api/a", "/api/b", "/api/c"]) tabs.next(path).answer(expired());
  await flush();
  t.equal(client.waitingCalls, 3);
  t.same(tabs.asked, [], "nothing is sent while nobody is signed in");
  const login = client.login({ mode: "popup" });
  t.match(tab.popups, [`${ORIGIN}/auth/login?return_to=%2Fcheckout%3Fstep%3D2%23pay&display=popup`]);
  await signIn(tabs);
  t.equal(await login, "signed_in");
  const sentAgain = [];
  for (const path of ["/api/a", "/api/b", "/api/c"]) {
    const { request, answer } = tabs.next(path);
    sentAgain.push(`${request.method} ${await request.text()}`);
    answer(new Response("done"));
  }
  t.same(sentAgain, ["GET ", 'POST {"n":1}', "GET "]);
  t.same(await Promise.all(calls.map(async (call) => (await call).text())), ["done", "done", "done"]);
  t.same(states, ["expired", "active"]);
  t.equal(client.waitingCalls, 0);
});

t.test("what meets an ended session again after the sign-in is not sent a third time", async (t) => {
  const { tabs, client } = await signedIn();
  const call = client.fetch("/api/a");
  await flush();
  tabs.next("/api/a").answer(expired());
  await flush();
  await signIn(tabs);
  tabs.next("/api/a").answer(expired());
  t.equal((await call).status, 401);
  t.same(tabs.asked, []);
  t.equal(client.session().status, "expired");
});

t.test("a write goes on only where it may: opted in, or with an Idempotency-Key, and a body that can be sent again", async (t) => {
  const writes: readonly (readonly [string, () => RequestInit & { replay?: boolean }, boolean])[] = [
    ["a bare POST", () => ({ method: "POST", body: "x" }), false],
    ["opted in", () => ({ method: "POST", body: "x", replay: true }), true],
    ["with a key", () => ({ method: "POST", body: "x", headers: { "Idempotency-Key": "1" } }), true],
    ["a DELETE", () => ({ method: "DELETE" }), false],
    ["a form", () => ({ method: "POST", body: new URLSearchParams({ a: "1" }), replay: true }), true],
    ["a stream", () => ({ method: "POST", body: new Blob(["x"]).stream(), replay: true, duplex: "half" }) as RequestInit, false],
  ];
  for (const [name, init, goesOn] of writes) {
    const { tabs, client } = await signedIn();
    const call = client.fetch("/api/a", init());
    await flush();
    tabs.next("/api/a").answer(expired());
    await flush();
    t.equal(client.waitingCalls, goesOn ? 1 : 0, name);
    if (!goesOn) t.equal((await call).status, 401, name);
    client.dispose();
  }
});

t.test("another person who signs in gets neither the calls nor the drafts of the one before", async (t) => {
  const { tab, tabs, client } = await signedIn({ replay: true });
  client.saveDraft("order", { street: "Main Street 1" });
  const call = client.fetch("/api/a", { method: "POST", body: "x" });
  await flush();
  tabs.next("/api/a").answer(expired());
  await flush();
  await signIn(tabs, { sub: "eve" });
  t.equal((await call).status, 401);
  t.same(tabs.asked, [], "nothing was sent as somebody else");
  t.equal(client.takeDraft("order"), null);
  t.equal(tab.storage?.getItem("bff-drafts"), "{}", "nothing of it is left behind for anybody");
});

t.test("a draft waits for the person who typed it, and for nobody after a deliberate sign-out", async (t) => {
  const { tabs, tab, client } = await signedIn();
  t.ok(client.saveDraft("order", { street: "Main Street 1" }));
  const call = client.fetch("/api/a");
  await flush();
  tabs.next("/api/a").answer(expired());
  await flush();
  t.equal(await client.login(), "leaving");
  t.match(tab.leftFor, [`${ORIGIN}/auth/login?return_to=`]);
  // The page is loaded anew, in the same tab.
  client.dispose();
  await call;
  const next = createSessionClientIn(tab, {});
  t.equal(next.takeDraft("order"), null, "not before it is known whose page it is");
  void next.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { startedAtMs: 1 }));
  await flush();
  t.same(next.takeDraft("order"), { street: "Main Street 1" });
  t.equal(next.takeDraft("order"), null, "once");
  next.saveDraft("order", 1);
  const left = next.logout();
  tabs.next("/auth/logout").answer(Response.json({ logout_url: "https://pool.example.com/logout" }));
  t.same(await left, { kind: "leaving", everywhere: null });
  t.equal(tab.leftFor.at(-1), "https://pool.example.com/logout");
  t.match(next.session(), { status: "signed_out", cause: "logout" });
  t.equal(tab.storage?.getItem("bff-drafts"), "{}");
});

t.test("a sign-out that does not reach the server leaves the session as it is", async (t) => {
  const { tabs, client, states } = await signedIn();
  const left = client.logout({ everywhere: true });
  const { request, fail } = tabs.next("/auth/logout");
  t.equal(await request.text(), "everywhere=true");
  fail();
  t.same(await left, { kind: "failed", status: null });
  t.same(states, []);
});

t.test("a call waits a quarter of an hour at most, and not after cancelling or aborting", async (t) => {
  const met = async (options: RequestInit = {}) => {
    const { tabs, client } = await signedIn();
    const call = client.fetch("/api/a", options);
    await flush();
    tabs.next("/api/a").answer(expired());
    await flush();
    return { tabs, client, call };
  };
  const late = await met();
  await late.tabs.clock.run(15 * 60_000 - 1);
  t.equal(late.client.waitingCalls, 1);
  await late.tabs.clock.run(1);
  t.equal((await late.call).status, 401);
  t.equal(late.tabs.clock.pending(), 0);

  const cancelled = await met();
  cancelled.client.cancelLogin();
  t.equal((await cancelled.call).status, 401);

  const abort = new AbortController();
  const aborted = await met({ signal: abort.signal });
  abort.abort();
  await t.rejects(aborted.call, { name: "AbortError" });
  t.equal(aborted.client.waitingCalls, 0);
});

t.test("recover tells other libraries what to do with an answer", async (t) => {
  const { tabs, client } = await signedIn();
  t.equal(await client.recover(new Response("", { status: 401 })), null, "the API's own");
  t.equal(
    await client.recover({ status: 401, url: "https://other.example.com/x", headers: new Headers({ "bff-problem": "expired" }) }),
    null,
  );
  t.same(client.session().status, "active");

  const write = client.recover(expired(), { method: "post" });
  await flush();
  tabs.next("/auth/session").answer(expired());
  const error = await write;
  t.ok(error instanceof SessionEndedError);
  t.match(error, { reason: "expired", cause: "refresh_token_expired", loginUrl: "/auth/login" });

  const read = client.recover({ status: 401, headers: new Map([["bff-problem", "expired"]]), data: { cause: "user_disabled" } });
  await flush();
  await signIn(tabs);
  t.equal(await read, "retry");

  // Its type says so, too.
  const again: Promise<SessionEndedError | null> = client.recover(expired(), { repeated: true });
  await flush();
  tabs.next("/auth/session").answer(expired());
  t.ok((await again) instanceof SessionEndedError, "whoever says that it was sent again waits no second time");
  t.equal(client.waitingCalls, 0);
  t.equal(client.session().status, "expired");
});

t.test("an answer of a call that began before the sign-in says nothing of the session there is now", async (t) => {
  const { tabs, client, states } = await signedIn();
  const early = client.fetch("/api/early");
  const first = client.fetch("/api/first");
  await flush();
  tabs.next("/api/first").answer(expired());
  await flush();
  await signIn(tabs);
  tabs.next("/api/first").answer(new Response());
  await first;
  tabs.next("/api/early").answer(expired());
  await flush();
  t.same(states, ["expired", "active"]);
  tabs.next("/api/early").answer(new Response("at last"));
  t.equal(await (await early).text(), "at last");
});

t.test("an answer that was asked for before something else was learned changes nothing", async (t) => {
  const { tabs, client, states } = await signedIn();
  const checked = client.check();
  const slow = tabs.next("/auth/session");
  const call = client.fetch("/api/a", { method: "POST" });
  await flush();
  tabs.next("/api/a").answer(expired());
  await call;
  slow.answer(sessionAnswer(tabs.clock.now()));
  await checked;
  t.same(states, ["expired"]);
});

t.test("a late 401 of the session before does not drown the news of the sign-in", async (t) => {
  const { tabs, client, states } = await signedIn();
  const calls = [client.fetch("/api/a"), client.fetch("/api/b")];
  await flush();
  tabs.next("/api/a").answer(expired());
  await flush();
  tabs
    .openTab()
    .openChannel("cognito-bff", () => {})
    .postMessage({ type: "signed-in" });
  const asked = tabs.next("/auth/session");
  tabs.next("/api/b").answer(expired());
  await flush();
  asked.answer(sessionAnswer(tabs.clock.now(), { startedAtMs: 1 }));
  await flush();
  t.same(states, ["expired", "active"]);
  for (const path of ["/api/a", "/api/b"]) tabs.next(path).answer(new Response());
  t.same(
    (await Promise.all(calls)).map(({ status }) => status),
    [200, 200],
  );
});

t.test("a sign-in that is heard of while the server is asked is asked for once more", async (t) => {
  const { tabs, client, states } = await signedIn();
  const checked = client.check();
  const before = tabs.next("/auth/session");
  const popup = tabs.openTab().openChannel("cognito-bff", () => {});
  for (let times = 0; times < 5; times++) popup.postMessage({ type: "signed-in" });
  before.answer(expired());
  await checked;
  await flush();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { startedAtMs: 1 }));
  await flush();
  t.same(states, ["expired", "active"]);
  t.same(tabs.asked, [], "once, however often it is told");
});

t.test("a 401 that overtakes the news of a sign-in in another tab does not drown it", async (t) => {
  const { tabs, client, states } = await signedIn();
  const call = client.fetch("/api/a");
  await flush();
  tabs
    .openTab()
    .openChannel("cognito-bff", () => {})
    .postMessage({ type: "changed" });
  const asked = tabs.next("/auth/session");
  tabs.next("/api/a").answer(expired());
  await flush();
  const session = () => sessionAnswer(tabs.clock.now(), { startedAtMs: 1 });
  asked.answer(session());
  await flush();
  tabs.next("/auth/session").answer(session());
  await flush();
  t.same(states, ["expired", "active"]);
  tabs.next("/api/a").answer(new Response());
  t.equal((await call).status, 200);
});

t.test("a sign-in whose news meets an outage is asked for until there is an answer", async (t) => {
  const { tabs, client, states } = await signedIn();
  const call = client.fetch("/api/a");
  await flush();
  tabs.next("/api/a").answer(expired());
  await flush();
  tabs
    .openTab()
    .openChannel("cognito-bff", () => {})
    .postMessage({ type: "signed-in" });
  tabs.next("/auth/session").fail();
  await tabs.clock.run(7_500);
  tabs.next("/auth/session").answer(problemAnswer(503, { reason: "cognito_throttled" }, { "retry-after": "7" }));
  await flush();
  await tabs.clock.run(10_500);
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { startedAtMs: 1 }));
  await flush();
  t.same(states, ["expired", "active"]);
  tabs.next("/api/a").answer(new Response());
  t.equal((await call).status, 200);
  await tabs.clock.run(60_000);
  t.same(tabs.asked, []);
});

t.test("only calls of our own origin carry x-bff-csrf, and only theirs are judged", async (t) => {
  const { tabs, client, states } = await signedIn();
  for (const [url, expected] of [
    ["/api/x", "1"],
    [`${ORIGIN}/api/x`, "1"],
    ["https://other.example.com/api/x", null],
  ] as const) {
    const call = client.fetch(url);
    await flush();
    const { request, answer } = tabs.next();
    t.equal(request.headers.get("x-bff-csrf"), expected, url);
    answer(expected === null ? expired() : new Response());
    await call;
  }
  t.same(states, []);
});

t.test("our own 503 is waited out where the caller asked for it, writes included, and no other failure is", async (t) => {
  const { tabs, client } = await signedIn();
  const busy = () => problemAnswer(503, { reason: "cognito_throttled" }, { "retry-after": "3" });
  const call = client.fetch("/api/a", { method: "POST", body: "x", replay: true, waitForService: true });
  await flush();
  tabs.next("/api/a").answer(busy());
  await flush();
  await tabs.clock.run(2_999);
  t.same(tabs.asked, []);
  await tabs.clock.run(1);
  const again = tabs.next("/api/a");
  t.equal(await again.request.text(), "x");
  again.answer(new Response("", { status: 503 }));
  t.equal((await call).status, 503, "the API's own 503");

  const plain = client.fetch("/api/a");
  await flush();
  tabs.next("/api/a").answer(busy());
  t.equal((await plain).status, 503);
});

t.test("what was waited out is not sent as somebody else, nor after a sign-out", async (t) => {
  for (const meanwhile of [
    (nowMs: number) => sessionAnswer(nowMs, { sub: "eve" }),
    () => problemAnswer(401, { reason: "signed_out", cause: "logout" }),
  ]) {
    const { tabs, client } = await signedIn({ replay: true, waitForService: true });
    const calls = [client.fetch("/api/a", { method: "POST", body: "x" }), client.fetch("/api/a")];
    await flush();
    for (const _ of calls) tabs.next("/api/a").answer(problemAnswer(503, { reason: "cognito_throttled" }, { "retry-after": "3" }));
    await flush();
    const checked = client.check();
    tabs.next("/auth/session").answer(meanwhile(tabs.clock.now()));
    await checked;
    await tabs.clock.run(3_000);
    await flush();
    t.same(tabs.asked, []);
    t.same(
      (await Promise.all(calls)).map(({ status }) => status),
      [503, 503],
    );
  }
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), { replay: true, waitForService: true });
  const calls = [client.fetch("/api/read"), client.fetch("/api/write", { method: "POST" })];
  await flush();
  for (const path of ["/api/read", "/api/write"])
    tabs.next(path).answer(problemAnswer(503, { reason: "cognito_throttled" }, { "retry-after": "3" }));
  await flush();
  void client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  await tabs.clock.run(3_000);
  await flush();
  tabs.next("/api/read").answer(new Response());
  t.same(tabs.asked, [], "a write that began as nobody knows whom");
  t.same(
    (await Promise.all(calls)).map(({ status }) => status),
    [200, 503],
  );
});

t.test("a call that bears no cookie on purpose says nothing of the session", async (t) => {
  const { tabs, client, states } = await signedIn();
  const call = client.fetch("/api/a", { credentials: "omit" });
  await flush();
  tabs.next("/api/a").answer(problemAnswer(401, { reason: "anonymous" }));
  t.equal((await call).status, 401);
  t.same(states, []);
});

t.test("ahead of an idle limit it says so, and staying active moves it", async (t) => {
  const { tabs, client, states } = await signedIn({}, { idleEndsInMs: 600_000 });
  await tabs.clock.run(539_999);
  t.same(tabs.asked, []);
  await tabs.clock.run(1);
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { idleEndsInMs: 60_000 }));
  await flush();
  t.match(client.session(), { status: "expiring", limit: "idle", endsAtMs: tabs.clock.now() + 60_000 });
  const stays = client.stayActive();
  const { request, answer } = tabs.next("/auth/session");
  t.equal(request.method, "POST");
  answer(sessionAnswer(tabs.clock.now(), { idleEndsInMs: 600_000 }));
  await stays;
  t.same(states, ["expiring", "active"]);
});

t.test("… even without a network, and behind the limit the server is asked for its word", async (t) => {
  const { tabs, client, states } = await signedIn({ idleWarningMs: 1_000 }, { idleEndsInMs: 600_000 });
  await tabs.clock.run(580_000);
  tabs.next("/auth/session").fail();
  await flush();
  t.match(client.session(), { status: "expiring", limit: "idle" }, "20 seconds at least");
  await tabs.clock.run(21_000);
  t.same(states, ["expiring"], "time alone ends nothing");
  tabs.next("/auth/session").answer(problemAnswer(401, { reason: "expired", cause: "idle_timeout" }));
  await flush();
  t.match(client.session(), { status: "expired", cause: "idle_timeout" });
});

t.test("the server's clock counts, and not the one of this machine", async (t) => {
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), {});
  void client.check();
  tabs.next().answer(sessionAnswer(tabs.clock.now() + 5 * 3_600_000, { idleEndsInMs: 600_000 }));
  await flush();
  t.equal(client.session().status, "active");
  await tabs.clock.run(540_000);
  t.equal(tabs.asked.length, 1);
});

t.test("deadlines of 30 and 90 days are waited for, whatever a timer can hold", async (t) => {
  for (const days of [30, 90]) {
    const { tabs, client, states } = await signedIn({}, { sessionEndsInMs: days * DAY_MS });
    let questions = 0;
    tabs.server = () => {
      questions += 1;
      return null;
    };
    await tabs.clock.run(days * DAY_MS - 300_001);
    t.same([states, questions], [[], 0], `${days} days`);
    await tabs.clock.run(1);
    tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { sessionEndsInMs: 300_000 }));
    await flush();
    t.match(client.session(), { status: "expiring", limit: "session" });
  }
});

t.test("whoever comes back to the page has it looked at, every five seconds at most", async (t) => {
  const { tabs, tab } = await signedIn();
  await tabs.clock.run(5_000);
  for (let times = 0; times < 10; times++) tab.comeBack();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  await flush();
  for (let times = 0; times < 10; times++) tab.comeBack();
  t.same(tabs.asked, []);
  await tabs.clock.run(5_000);
  t.equal(tabs.asked.length, 1, "and none is forgotten");
});

t.test("activity is told once a minute at most, and only where there is an idle limit", async (t) => {
  const without = await signedIn({ activity: "pointer" });
  without.tab.act();
  t.same(without.tabs.asked, []);
  const { tabs, tab } = await signedIn({ activity: "pointer" }, { idleEndsInMs: 600_000 });
  for (let times = 0; times < 10; times++) tab.act();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { idleEndsInMs: 600_000 }));
  await flush();
  t.same(tabs.asked, []);
  await tabs.clock.run(60_000);
  tab.act();
  t.equal(tabs.next("/auth/session").request.method, "POST");
});

t.test("tabs agree: what one learns the others ask for, and they do not go on asking each other", async (t) => {
  const tabs = new FakeTabs();
  let isOver = false;
  let questions = 0;
  tabs.server = ({ url }) => {
    if (!url.endsWith("/auth/session")) return isOver ? expired() : new Response();
    questions += 1;
    return isOver ? expired() : sessionAnswer(tabs.clock.now());
  };
  const clients = [1, 2, 3].map(() => createSessionClientIn(tabs.openTab(), {}));
  for (const client of clients) await client.check();
  questions = 0;
  isOver = true;
  await clients[0]?.fetch("/api/a", { method: "POST" });
  await tabs.clock.run(10_000);
  t.same(
    clients.map((client) => client.session().status),
    ["expired", "expired", "expired"],
  );
  t.ok(questions <= 4, `${questions} questions`);
});

t.test("a blocked popup is told of, and a second one takes the first one's place", async (t) => {
  const { tab, tabs, client } = await signedIn();
  tab.blocksPopups = true;
  t.equal(await client.login({ mode: "popup" }), "blocked");
  tab.blocksPopups = false;
  const first = client.login({ mode: "popup" });
  const second = client.login({ mode: "popup", returnTo: "/" });
  t.equal(await first, "given_up");
  client.cancelLogin();
  t.equal(await second, "given_up");
  t.same(tabs.asked, []);
});

t.test("a page that is gone asks nobody any more", async (t) => {
  const { tabs, tab, client } = await signedIn({ activity: "pointer" }, { idleEndsInMs: 600_000, sessionEndsInMs: DAY_MS });
  client.dispose();
  tab.comeBack();
  tab.act();
  await tabs.clock.run(2 * DAY_MS);
  t.same(tabs.asked, []);
  t.equal(tabs.clock.pending(), 0);
});

t.test("calls that are under way when a page ends get their answers, and wait for nobody", async (t) => {
  const { tabs, tab, client } = await signedIn();
  const calls = [client.fetch("/api/a"), client.fetch("/api/b", { method: "POST" })];
  const left = client.logout();
  await flush();
  client.dispose();
  for (const path of ["/api/a", "/api/b"]) tabs.next(path).answer(expired());
  await flush();
  // The sign-out is under way, and given half a minute.
  t.same([client.waitingCalls, tabs.asked.length, tabs.clock.pending()], [0, 1, 1]);
  t.same(
    (await Promise.all(calls)).map(({ status }) => status),
    [401, 401],
  );
  tabs.next("/auth/logout").answer(Response.json({ logout_url: "https://pool.example.com/logout" }));
  t.match(await left, { kind: "leaving" });
  t.same(tab.leftFor, ["https://pool.example.com/logout"]);
});

/** A form as a page has it, empty. */
function orderForm() {
  const street = Object.assign(new EventTarget(), { name: "street", type: "text", value: "" });
  const attributes = new Map([["id", "order"]]);
  const target = Object.assign(new EventTarget(), {
    elements: [street],
    // The fields of a form are its properties, too.
    id: street,
    getAttribute: (name: string) => attributes.get(name) ?? null,
  });
  const type = (text: string) => {
    street.value = text;
    target.dispatchEvent(new Event("input"));
  };
  return { street, form: target as unknown as HTMLFormElement, type };
}

t.test("a form is filled once: what the app, or the person, has made of it since stays", async (t) => {
  const { tabs, tab, client } = await signedIn();
  const typed = orderForm();
  const stopTyping = client.keepDraft(typed.form);
  typed.type("Main Street 1");
  stopTyping();
  t.match(tab.storage?.getItem("bff-drafts"), "order", "by the form's id, and not by its field of that name");
  // The page is loaded anew, in the same tab.
  const { street, form } = orderForm();
  const stop = client.keepDraft(form);
  t.equal(street.value, "Main Street 1");
  // The order is placed, and the app empties its form.
  street.value = "";
  const checked = client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { idleEndsInMs: 900_000 }));
  await checked;
  t.equal(street.value, "");
  stop();
});

t.test("what a form keeps and what the app saves by the same name are two things, and both can be dropped", async (t) => {
  const { client } = await signedIn();
  client.saveDraft("order", { items: [3, 7] });
  const { form, type } = orderForm();
  client.keepDraft(form)();
  const stop = client.keepDraft(form);
  type("Main Street 1");
  stop();
  t.same(client.takeDraft("order"), { items: [3, 7] });
  t.equal(client.takeDraft("order"), null);
  const again = orderForm();
  client.keepDraft(again.form)();
  t.equal(again.street.value, "Main Street 1");

  const stopAgain = client.keepDraft(again.form);
  again.type("Main Street 2");
  stopAgain();
  client.saveDraft("order", 1);
  client.dropDraft("order");
  t.equal(client.takeDraft("order"), null);
  const last = orderForm();
  client.keepDraft(last.form)();
  t.equal(last.street.value, "");
});

t.test("a write whose 401 is heard of when somebody else is signed in is not theirs", async (t) => {
  const { tabs, client } = await signedIn();
  const meet = async (answer: Response) => {
    const checked = client.check();
    tabs.next("/auth/session").answer(answer);
    await checked;
  };
  await meet(expired());
  await meet(sessionAnswer(tabs.clock.now(), { sub: "eve", startedAtMs: 1 }));
  const recover = async (method: string) => {
    const verdict = client.recover(expired(), { method, replay: true });
    await flush();
    tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { sub: "eve", startedAtMs: 1 }));
    return verdict;
  };
  t.ok((await recover("POST")) instanceof SessionEndedError);
  t.equal(await recover("GET"), "retry");
});

t.test("whatever lies in the storage, calls go on and drafts are kept", async (t) => {
  for (const stored of ["null", "7", '"text"', "[]", '{"order":null}', '{"order":7,"other":[]}', "{"]) {
    const { tabs, tab, client } = await signedIn();
    tab.storage?.setItem("bff-drafts", stored);
    const call = client.fetch("/api/a");
    await flush();
    tabs.next("/api/a").answer(expired());
    await flush();
    await signIn(tabs);
    tabs.next("/api/a").answer(new Response());
    t.equal((await call).status, 200, stored);
    tab.storage?.setItem("bff-drafts", stored);
    t.equal(client.takeDraft("order"), null, stored);
    t.ok(client.saveDraft("__proto__", { a: 1 }), stored);
    t.same(client.takeDraft("__proto__"), { a: 1 }, stored);
  }
});

t.test("where the person forbids storage no draft is kept, and nothing else is missing", async (t) => {
  const tabs = new FakeTabs();
  const tab = Object.defineProperty(tabs.openTab(), "storage", {
    get() {
      throw new DOMException("denied", "SecurityError");
    },
  });
  const client = createSessionClientIn(tab, {});
  const checked = client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  t.match(await checked, { status: "active" });
  t.equal(client.saveDraft("order", 1), false);
  t.equal(client.takeDraft("order"), null);
  client.dropDraft("order");
  const { form, type } = orderForm();
  const stop = client.keepDraft(form);
  type("Main Street 1");
  stop();
});

t.test(
  "after a sign-out, be it in another tab, nobody is known any more: a session that has ended is no longer that person's",
  async (t) => {
    const { tabs, client } = await signedIn();
    for (const answer of [problemAnswer(401, { reason: "signed_out", cause: "logout" }), expired()]) {
      const checked = client.check();
      tabs.next("/auth/session").answer(answer);
      await checked;
    }
    t.match(client.session(), { status: "expired", user: null });
  },
);

t.test("activity is told, also when the server is asked already and there is news besides", async (t) => {
  const { tabs, client } = await signedIn({}, { idleEndsInMs: 600_000 });
  void client.check();
  tabs
    .openTab()
    .openChannel("cognito-bff", () => {})
    .postMessage({ type: "changed" });
  const stays = client.stayActive();
  const methods: string[] = [];
  tabs.server = ({ method }) => {
    methods.push(method);
    return sessionAnswer(tabs.clock.now(), { idleEndsInMs: 600_000 });
  };
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { idleEndsInMs: 600_000 }));
  await stays;
  t.same(methods, ["GET", "POST"]);
});

t.test("a sign-in while somebody still is signed in is over with the new session, and not when a limit moves", async (t) => {
  const { tabs, client } = await signedIn({}, { idleEndsInMs: 30_000 });
  let outcome: string | null = null;
  void client.login({ mode: "popup" }).then((became) => {
    outcome = became;
  });
  for (const idleEndsInMs of [40_000, 900_000]) {
    const stays = client.stayActive();
    tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { idleEndsInMs }));
    await stays;
    t.equal(outcome, null);
  }
  t.equal(client.session().status, "active");
  await signIn(tabs, { idleEndsInMs: 900_000 });
  t.equal(outcome, "signed_in");
});

t.test(
  "a server that does not answer counts as no answer after half a minute: it is asked again, and nothing waits for ever",
  async (t) => {
    const tabs = new FakeTabs();
    const client = createSessionClientIn(tabs.openTab(), {});
    const checked = client.check();
    await tabs.clock.run(30_000);
    t.same(await checked, { status: "unreachable" });
    await tabs.clock.run(10_000);
    tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
    await flush();
    t.equal(client.session().status, "active");
    const left = client.logout();
    await tabs.clock.run(30_000);
    t.same(await left, { kind: "failed", status: null });
    const stays = client.stayActive();
    await tabs.clock.run(30_000);
    t.match(await stays, { status: "active" });
  },
);

t.test("a warning does not wait for a server that does not answer", async (t) => {
  const { tabs, client } = await signedIn({}, { idleEndsInMs: 600_000 });
  await tabs.clock.run(540_000);
  t.equal(client.session().status, "active", "somebody may have been active in another tab");
  await tabs.clock.run(5_000);
  t.equal(client.session().status, "expiring");
});

t.test("a page that comes back from a sign-in by redirect tells the others once; one that is only loaded tells nobody", async (t) => {
  const tabs = new FakeTabs();
  let startedAtMs: number | null = null;
  let questions = 0;
  tabs.server = ({ url }) => {
    if (!url.endsWith("/auth/session")) return null;
    questions += 1;
    return startedAtMs === null ? expired() : sessionAnswer(tabs.clock.now(), { startedAtMs });
  };
  const open = async () => {
    const tab = tabs.openTab();
    const client = createSessionClientIn(tab, {});
    await client.check();
    await flush();
    return { tab, client };
  };
  const waiting = [await open(), await open()];
  const call = waiting[0]?.client.fetch("/api/a");
  await flush();
  tabs.next("/api/a").answer(expired());
  await flush();
  t.equal(waiting[0]?.client.waitingCalls, 1);

  // In a second window: sign-in, and back.
  startedAtMs = tabs.clock.now() - 2_000;
  questions = 0;
  const back = [await open(), await open()];
  tabs.next("/api/a").answer(new Response("done"));
  t.equal(await (await call)?.text(), "done");
  t.same(
    [...waiting, ...back].map(({ client }) => client.session().status),
    ["active", "active", "active", "active"],
  );
  // Its own, and those of whoever hears of it.
  t.ok(questions <= 2 + 2 + 3, `${questions} questions`);
  t.same(
    waiting.flatMap(({ tab }) => tab.sent),
    [],
    "whoever hears of it does not tell on",
  );

  await tabs.clock.run(60_000);
  const later = await open();
  t.same(later.tab.sent, []);
});
