import t, { type Test } from "tap";
import { deferClient } from "../../src/react/deferred-client.js";
import { flush } from "../support/manual-clock.js";

/** A page, as much as the client looks at, for one test: what it asked, and how many channels to other tabs are open. */
function openPage(t: Test) {
  const asked: string[] = [];
  let channels = 0;
  class Channel {
    constructor() {
      channels += 1;
    }
    postMessage() {}
    close() {
      channels -= 1;
    }
  }
  const location = { origin: "https://app.example.com", pathname: "/", search: "", hash: "", assign: (url: string) => asked.push(url) };
  const page = Object.assign(new EventTarget(), {
    location,
    document: { baseURI: "https://app.example.com/" },
    BroadcastChannel: Channel,
    open: () => null,
    sessionStorage: { getItem: () => null, setItem() {} },
    fetch(request: Request) {
      asked.push(new URL(request.url).pathname);
      return Promise.resolve(new Response("", { status: 500 }));
    },
  });
  Object.assign(globalThis, { window: page });
  t.teardown(() => Reflect.deleteProperty(globalThis, "window"));
  return { asked, channels: () => channels };
}

t.test("what a rendering reads makes no client; the first call does, and the provider that is shown later takes that one", async (t) => {
  const { asked, channels } = openPage(t);
  const { client, open } = deferClient();
  t.same([client.session(), client.waitingCalls], [{ status: "unknown" }, 0]);
  client.dispose();
  t.same([asked, channels()], [[], 0]);
  const changes: string[] = [];
  client.subscribe(({ status }) => changes.push(status));
  t.equal(channels(), 1);
  const dispose = open();
  await flush();
  t.same([changes, client.session().status, asked, channels()], [["unreachable"], "unreachable", ["/auth/session"], 1]);
  dispose();
  t.equal(channels(), 0);
});

t.test("a call that comes when the provider has gone opens nothing that nobody would close; a provider that comes back does", async (t) => {
  const { asked, channels } = openPage(t);
  const { client, open } = deferClient();
  open()();
  await client.check();
  client.subscribe(() => {});
  t.equal(channels(), 0);
  asked.length = 0;
  const dispose = open();
  t.same([asked, channels()], [["/auth/session"], 1]);
  dispose();
  t.equal(channels(), 0);
});

t.test("every method is the client's", async (t) => {
  const { asked } = openPage(t);
  const { client, open } = deferClient({ authPrefix: "/session" });
  t.teardown(open());
  t.equal((await client.fetch("/api/orders")).status, 500);
  await client.check();
  await client.stayActive();
  t.equal(await client.recover(new Response("", { status: 500 })), null);
  t.equal(await client.login({ mode: "popup" }), "blocked");
  t.equal(await client.login(), "leaving");
  client.cancelLogin();
  t.match(await client.logout(), { kind: "failed", status: 500 });
  t.same([client.waitingCalls, client.saveDraft("key", 1), client.takeDraft("key")], [0, false, null]);
  client.dropDraft("key");
  client.onWaiting(() => t.fail("nothing waits"))();
  const form = Object.assign(new EventTarget(), { elements: [], getAttribute: () => "form" });
  // Without a field.
  client.keepDraft(form as HTMLFormElement)();
  t.throws(() => client.sessionSocket("http://["));
  t.throws(() => client.sessionEvents("http://["));
  t.ok(asked.includes("/session/logout") && asked.includes("/api/orders"));
  client.dispose();
});
