import t from "tap";
import { browserOf } from "../../src/client/browser.js";

/** As much of a window as the client looks at. */
function fakeWindow() {
  const opened: unknown[][] = [];
  const left: string[] = [];
  const page = Object.assign(new EventTarget(), {
    location: {
      origin: "https://app.example.com",
      pathname: "/orders",
      search: "?page=2",
      hash: "#last",
      assign: (url: string) => left.push(url),
    },
    document: { baseURI: "https://app.example.com/orders?page=2", hidden: false },
    fetch(this: unknown, request: Request) {
      if (this !== page) throw new TypeError("Illegal invocation");
      return Promise.resolve(new Response(request.url));
    },
    open: (...call: unknown[]): object | null => {
      opened.push(call);
      return opened.length > 1 ? null : {};
    },
    BroadcastChannel,
    sessionStorage: {},
  });
  return { page, opened, left, browser: browserOf(page as unknown as Parameters<typeof browserOf>[0]) };
}

t.test("a page says where it is, fetches by its own fetch, opens a window and leaves", async (t) => {
  const { page, browser, opened, left } = fakeWindow();
  t.equal(browser.origin, "https://app.example.com");
  t.equal(browser.here(), "/orders?page=2#last");
  t.equal(browser.base(), "https://app.example.com/orders?page=2");
  const { fetch: first } = page;
  page.fetch = () => Promise.reject(new Error("somebody put another one in its place"));
  t.ok(first);
  t.equal(await (await browser.fetch(new Request("https://app.example.com/x"))).text(), "https://app.example.com/x");
  t.equal(browser.popup("/auth/login?display=popup"), true);
  t.equal(browser.popup("/auth/login?display=popup"), false, "blocked");
  t.match(opened[0], ["/auth/login?display=popup", "bff-sign-in", /^popup,width=\d+,height=\d+$/]);
  browser.leaveFor("/auth/login");
  t.same(left, ["/auth/login"]);
  t.equal(browser.storage, page.sessionStorage);
});

t.test("coming back is being seen again, online again, or out of the back-forward cache", (t) => {
  const { page, browser } = fakeWindow();
  let times = 0;
  const gone = new AbortController();
  browser.onReturn(() => {
    times += 1;
  }, gone.signal);
  const tell = (type: string, more = {}) => page.dispatchEvent(Object.assign(new Event(type), more));
  tell("pageshow", { persisted: false });
  t.equal(times, 0, "a page that is loaded asks by itself");
  tell("pageshow", { persisted: true });
  tell("online");
  tell("visibilitychange");
  t.equal(times, 3);
  page.document.hidden = true;
  tell("visibilitychange");
  tell("online");
  t.equal(times, 3, "nobody looks");
  page.document.hidden = false;
  gone.abort();
  tell("online");
  t.equal(times, 3);

  let acts = 0;
  const still = new AbortController();
  browser.onActivity(() => {
    acts += 1;
  }, still.signal);
  tell("pointerdown");
  tell("keydown");
  still.abort();
  tell("keydown");
  t.equal(acts, 2);
  t.end();
});

t.test("a timer of 30 days is not due at once", async (t) => {
  const { browser } = fakeWindow();
  const cancel = browser.after(30 * 86_400_000, () => t.fail("called back"));
  await new Promise<void>((resolve) => {
    browser.after(1, resolve);
  });
  cancel();
});

t.test("a clock that is set back does not stop the time, and one that goes on while a machine sleeps is believed", (t) => {
  const { browser } = fakeWindow();
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  const before = browser.now();
  Date.now = () => before - 3_600_000;
  t.ok(browser.now() >= before);
  Date.now = () => before + 3_600_000;
  t.equal(browser.now(), before + 3_600_000);
  t.end();
});

t.test("what takes too long is aborted", async (t) => {
  const signal = fakeWindow().browser.timeout(1);
  // Its timer keeps no process alive.
  const alive = setTimeout(() => {}, 5_000);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  clearTimeout(alive);
  t.equal(signal.reason.name, "TimeoutError");
});

t.test("a browser that cannot abort what takes too long is asked all the same", (t) => {
  const { timeout } = AbortSignal;
  Reflect.set(AbortSignal, "timeout", undefined);
  t.teardown(() => Reflect.set(AbortSignal, "timeout", timeout));
  const signal = fakeWindow().browser.timeout(1);
  t.ok(new Request("https://app.example.com/auth/session", { signal }));
  t.end();
});

t.test("pages tell each other over the channel; without one nobody is told", async (t) => {
  const { page, browser } = fakeWindow();
  const other = fakeWindow().browser;
  const heard = new Promise<void>((resolve) => {
    const channel = other.openChannel("test-of-the-channel", () => {
      channel?.close();
      resolve();
    });
  });
  const channel = browser.openChannel("test-of-the-channel", () => t.fail("heard itself"));
  channel?.postMessage({ type: "changed" });
  await heard;
  channel?.close();
  Object.assign(page, { BroadcastChannel: undefined });
  t.equal(
    browser.openChannel("x", () => {}),
    null,
  );
});

t.test("where there is no page nothing is asked and nothing happens", async (t) => {
  const browser = browserOf(undefined);
  await t.rejects(browser.fetch(new Request("https://app.example.com/x")));
  browser.after(0, () => t.fail("called back"))();
  const { signal } = new AbortController();
  browser.onReturn(() => t.fail("called back"), signal);
  browser.onActivity(() => t.fail("called back"), signal);
  browser.leaveFor("/");
  t.equal(
    browser.openChannel("x", () => {}),
    null,
  );
  t.same([browser.popup("/"), browser.storage, browser.here()], [false, undefined, "/"]);
  t.ok(browser.now() > 0);
  t.equal(new URL(browser.base()).origin, browser.origin);
});
