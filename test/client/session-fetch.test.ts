import t from "tap";
import { createSessionClientIn, type SessionClientOptions } from "../../src/client/session-client.js";
import { flush } from "../support/manual-clock.js";
import { expired, FakeTabs, problemAnswer, sessionAnswer } from "./fake-browser.js";

/** A page whose person is signed in. */
async function signedIn(options: SessionClientOptions = {}) {
  const tabs = new FakeTabs();
  const tab = tabs.openTab();
  const client = createSessionClientIn(tab, options);
  const checked = client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  await checked;
  return { tabs, tab, client };
}

/** The end of a chain of redirects, as the browser gives it. */
function redirected(response: Response): Response {
  return Object.defineProperty(response, "redirected", { value: true });
}

t.test("a write that the API has redirected has arrived there: what meets the session's end behind it is not sent again", async (t) => {
  const { tabs, client } = await signedIn({ replay: true, waitForService: true });
  const write = client.fetch("/api/orders", { method: "POST", body: "{}" });
  await flush();
  tabs.next("/api/orders").answer(redirected(expired()));
  t.equal((await write).status, 401);
  t.equal(client.session().status, "expired", "the session has ended all the same");
  t.equal(client.waitingCalls, 0);

  const paused = client.fetch("/api/orders", { method: "POST", body: "{}" });
  await flush();
  tabs.next("/api/orders").answer(redirected(problemAnswer(503, { reason: "cognito_unavailable" }, { "retry-after": "1" })));
  t.equal((await paused).status, 503, "nor what meets a pause of the service");

  const verdict = await client.recover(redirected(expired()), { method: "POST", replay: true });
  t.match(verdict, { name: "SessionEndedError" }, "and recover says the same");
  void client.fetch("/api/orders");
  await flush();
  tabs.next("/api/orders").answer(redirected(expired()));
  await flush();
  t.equal(client.waitingCalls, 1, "a read may be sent as often as one likes");
});

t.test("a call that is given up as its answer comes leaves the cause of the end known", async (t) => {
  const { tabs, client } = await signedIn();
  const giveUp = new AbortController();
  const read = client.fetch("/api/orders", { signal: giveUp.signal });
  await flush();
  const answer = expired();
  // As in a browser, where the body goes with the call.
  const clone = () => {
    throw new DOMException("aborted", "AbortError");
  };
  tabs.next("/api/orders").answer(Object.defineProperty(answer, "clone", { value: clone }));
  giveUp.abort();
  await t.rejects(read, { name: "AbortError" });
  tabs.next("/auth/session").answer(expired());
  await flush();
  t.match(client.session(), { status: "expired", cause: "refresh_token_expired" });
});

t.test("a quarter of an hour is that of the clock on the wall: a machine that slept in between sends nothing old", async (t) => {
  const { tabs, client } = await signedIn();
  const write = client.fetch("/api/orders", { method: "POST", body: "{}", replay: true });
  await flush();
  tabs.next("/api/orders").answer(expired());
  await flush();
  // Timers stand still while a machine sleeps.
  tabs.clock.jump(8 * 3_600_000);
  const checked = client.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now(), { startedAtMs: tabs.clock.now() }));
  await checked;
  t.equal((await write).status, 401);
  t.equal(tabs.asked.length, 0);
});

t.test("a listener that fails keeps neither the other listeners nor a call from what they wait for", async (t) => {
  const { tabs, client } = await signedIn();
  const reported: unknown[] = [];
  // Node.js has none.
  Reflect.set(globalThis, "reportError", (error: unknown) => void reported.push(error));
  t.teardown(() => Reflect.deleteProperty(globalThis, "reportError"));
  const failure = new Error("a slip of the app's");
  client.subscribe(() => {
    throw failure;
  });
  const heard: string[] = [];
  client.subscribe(({ status }) => heard.push(status));
  const write = client.fetch("/api/orders", { method: "POST", body: "{}" });
  await flush();
  tabs.next("/api/orders").answer(expired());
  t.equal((await write).status, 401);
  t.same(heard, ["expired"]);
  t.same(reported, [failure]);
});

t.test("an answer to a sign-out that names no page to go to is none: the session lives on", async (t) => {
  const { tabs, tab, client } = await signedIn();
  const outcome = client.logout();
  tabs.next("/auth/logout").answer(Response.json({}));
  t.same(await outcome, { kind: "failed", status: 200 });
  t.same(tab.leftFor, []);
  t.equal(client.session().status, "active");
});

t.test("where nobody has ever been signed in no session has ended: a call gets its 401 at once", async (t) => {
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), { replay: true });
  const anonymous = () => problemAnswer(401, { reason: "anonymous" });
  const calls = [client.fetch("/api/offers"), client.fetch("/api/offers", { method: "POST" })];
  await flush();
  for (const _ of calls) tabs.next("/api/offers").answer(anonymous());
  await flush();
  t.equal(client.waitingCalls, 0);
  t.same(
    (await Promise.all(calls)).map(({ status }) => status),
    [401, 401],
  );
  t.match(await client.recover(anonymous()), { name: "SessionEndedError", reason: "anonymous" });
  t.equal(tabs.clock.pending(), 0);
  t.equal(client.session().status, "anonymous");
});

t.test("a call waits for whoever was signed in on this page, and where a session has ended, whosever it was", async (t) => {
  const { tabs, client } = await signedIn();
  void client.fetch("/api/a");
  await flush();
  tabs.next("/api/a").answer(problemAnswer(401, { reason: "anonymous" }));
  await flush();
  t.equal(client.waitingCalls, 1);
  for (const reason of ["expired", "invalid"] as const) {
    const tabs = new FakeTabs();
    const client = createSessionClientIn(tabs.openTab(), {});
    void client.fetch("/api/a");
    await flush();
    tabs.next("/api/a").answer(problemAnswer(401, { reason }));
    await flush();
    t.equal(client.waitingCalls, 1, reason);
  }
});

t.test("whoever offers the sign-in is told how many calls wait for it, until nobody has to know", async (t) => {
  const { tabs, client } = await signedIn();
  const told: number[] = [];
  const stop = client.onWaiting((waitingCalls) => told.push(waitingCalls));
  const calls = [client.fetch("/api/a"), client.fetch("/api/b"), client.fetch("/api/c", { method: "POST" })];
  await flush();
  for (const path of ["/api/a", "/api/b", "/api/c"]) tabs.next(path).answer(expired());
  await flush();
  t.same(told, [1, 2]);
  client.cancelLogin();
  t.same(told, [1, 2, 1, 0]);
  stop();
  void client.fetch("/api/d");
  await flush();
  tabs.next("/api/d").answer(expired());
  await flush();
  t.same([client.waitingCalls, told.length], [1, 4]);
  await Promise.all(calls);
});
