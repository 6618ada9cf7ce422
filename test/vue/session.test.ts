import t, { type Test } from "tap";
import { createSSRApp, effectScope, h } from "vue";
import { renderToString } from "vue/server-renderer";
import { createSessionClientIn } from "../../src/client/session-client.js";
import { createSession, type UseSessionResult, useSession } from "../../src/vue/index.js";
import { expired, FakeTabs, sessionAnswer } from "../client/fake-browser.js";

const Status = {
  setup: () => {
    const { state } = useSession();
    return () => state.value.status;
  },
};

/** A client in a page, and what Vue gives to the components of an app that uses it. */
function open() {
  const tabs = new FakeTabs();
  const client = createSessionClientIn(tabs.openTab(), {});
  const app = createSSRApp({ render: () => h(Status) }).use(createSession({ client }));
  return { tabs, client, app };
}

/** As in a browser, for one test. */
function withWindow(t: Test): void {
  Object.assign(globalThis, { window: globalThis });
  t.teardown(() => Reflect.deleteProperty(globalThis, "window"));
}

async function answer(tabs: FakeTabs, asked: Promise<unknown>, response: Response): Promise<void> {
  tabs.next("/auth/session").answer(response);
  await asked;
}

t.test("a server renders what is unknown, without a window and without asking anybody", async (t) => {
  const app = createSSRApp(Status).use(createSession());
  t.equal(await renderToString(app), "unknown");
  const { app: withClient, tabs } = open();
  t.equal(await renderToString(withClient), "unknown");
  t.same(tabs.asked, []);
});

t.test("the state follows the client until the scope ends", async (t) => {
  withWindow(t);
  const { tabs, client, app } = open();
  const scope = effectScope();
  const session = app.runWithContext(() => scope.run(() => useSession<{ readonly name: string }>()));
  t.equal(session?.state.value.status, "unknown");
  await answer(tabs, client.check(), sessionAnswer(tabs.clock.now()));
  t.equal(session?.state.value, client.session(), "the client's own object");
  t.match(session?.state.value, { status: "active", session: { user: { sub: "ada" } } });
  t.equal(session?.user.value?.sub, "ada");
  scope.stop();
  await answer(tabs, client.check(), expired());
  t.match([client.session().status, session?.state.value.status], ["expired", "active"]);
});

t.test("a component that comes later sees at once what is known, and has the client's methods", async (t) => {
  withWindow(t);
  const { tabs, client, app } = open();
  await answer(tabs, client.check(), sessionAnswer(tabs.clock.now()));
  const scope = effectScope();
  t.teardown(() => scope.stop());
  const session: UseSessionResult | undefined = app.runWithContext(() => scope.run(() => useSession()));
  t.equal(session?.state.value.status, "active");
  t.equal(session?.fetch, client.fetch);
  t.equal(session?.waitingCalls, 0);
  const call = session?.fetch("/api/orders");
  await new Promise(setImmediate);
  tabs.next("/api/orders").answer(expired());
  await new Promise(setImmediate);
  t.equal(session?.waitingCalls, 1, "it is the client's, at any time");
  session?.cancelLogin();
  t.equal((await call)?.status, 401);
});

t.test("useSession without the plugin says what is missing", (t) => {
  const app = createSSRApp(Status);
  t.throws(() => app.runWithContext(() => useSession()), /createSession/);
  t.end();
});
