import { get, type Readable } from "svelte/store";
import t from "tap";
import type { AnyClaims, SessionState } from "../../src/client/index.js";
import { createSessionClientIn } from "../../src/client/session-client.js";
import { sessionStore } from "../../src/svelte/index.js";
import { expired, FakeTabs, problemAnswer, sessionAnswer } from "../client/fake-browser.js";
import { flush } from "../support/manual-clock.js";

function open() {
  const tabs = new FakeTabs();
  const client = createSessionClientIn<AnyClaims>(tabs.openTab(), {});
  return { tabs, client, session: sessionStore(client) };
}

t.test("it keeps the contract of Svelte's stores: it calls back at once, then with every change, until that is ended", async (t) => {
  const { tabs, client, session } = open();
  const readable: Readable<SessionState> = session;
  const states: unknown[][] = [];
  const stop = readable.subscribe((...told: unknown[]) => states.push(told));
  t.same(states, [[{ status: "unknown" }]]);
  const checked = session.check();
  tabs.next("/auth/session").answer(sessionAnswer(tabs.clock.now()));
  await checked;
  t.same(states.at(-1), [client.session()], "the state and nothing else");
  t.equal(get(readable), client.session());
  stop();
  const call = session.fetch("/api/orders", { method: "POST" });
  await flush();
  tabs.next("/api/orders").answer(expired());
  await call;
  t.equal(states.length, 2);
  t.equal(get(readable).status, "expired");
});

t.test("the client's methods are the store's, and what is known of calls that wait is the client's", async (t) => {
  const { tabs, session } = open();
  const call = session.fetch("/api/orders");
  await flush();
  tabs.next("/api/orders").answer(expired());
  await flush();
  t.equal(session.waitingCalls, 1);
  session.cancelLogin();
  t.equal((await call).status, 401);
});

t.test("on a server a store of its own knows nothing, asks nobody and needs no window", (t) => {
  const session = sessionStore();
  t.same(get(session), { status: "unknown" });
  session.dispose();
  t.end();
});

t.test("whose page it is stays known when the session expires, and no longer than until the sign-out", async (t) => {
  const { tabs, session } = open();
  const users: (string | null)[] = [];
  t.teardown(session.user.subscribe((user) => users.push(user?.sub ?? null)));
  for (const answer of [sessionAnswer(tabs.clock.now()), expired(), problemAnswer(401, { reason: "signed_out", cause: "logout" })]) {
    const checked = session.check();
    tabs.next("/auth/session").answer(answer);
    await checked;
  }
  t.same(users, [null, "ada", "ada", null]);
});
