import type { Page } from "playwright-core";
import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { answers, button, dialogOf, ENGLISH, GuardApp, send, statusOf } from "./guard-app.js";

const check = (page: Page) => page.evaluate("document.querySelector('session-guard').client.check()");
const voiceOf = (page: Page) => page.locator("session-guard [role=status]").textContent();

await browserSuite(t, "<session-guard> in apps of all kinds, and in situations of all kinds", async (t, browser) => {
  t.test("a client that the app makes and hands over behind the element's script is the only one: Not now ends every wait", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.signedIn();
    await page.evaluate(`import("/auth/client.js").then(({ createSessionClient }) => {
      const client = createSessionClient();
      document.querySelector("session-guard").client = client;
      return client.check();
    })`);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await check(page);
    guard.app.demo.advance("31d");
    await page.evaluate("void fetch('/api/list').then(({ status }) => { document.getElementById('answer').textContent = status; })");
    await button(page, "Not now").click();
    await answers(page, 401);
    t.same(
      asked.filter((path) => path === "/auth/session"),
      ["/auth/session"],
    );
  });

  t.test("Stay signed in without a network puts the question away: the page goes on", async (t) => {
    const guard = await GuardApp.start(t, browser, { settings: { sessionIdleTimeout: "10m" } });
    const page = await guard.signedIn();
    guard.app.demo.advance("570s");
    await check(page);
    await guard.app.visitor.context.setOffline(true);
    await button(page, "Stay signed in").click();
    await dialogOf(page).waitFor({ state: "hidden", timeout: 3_000 });
    await guard.app.visitor.context.setOffline(false);
  });

  t.test("a warning that was put away hides no other: behind the session's own end comes the idle limit", async (t) => {
    const guard = await GuardApp.start(t, browser, { settings: { sessionIdleTimeout: "58m", sessionMaxAge: "1h" } });
    const page = await guard.signedIn();
    guard.app.demo.advance("56m");
    await check(page);
    await button(page, "Later").click();
    guard.app.demo.advance("90s");
    await check(page);
    await page.getByRole("dialog", { name: "Are you still there?" }).waitFor({ timeout: 3_000 });
  });

  t.test("a sign-out in this tab is not said to have been one in another, however long it takes to leave", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.signedIn();
    let left = () => {};
    await guard.app.visitor.context.route(/\/logout\?/, (route) => {
      left = () => void route.abort();
    });
    const said = page.evaluate<string>(`new Promise((resolve) => {
      const guard = document.querySelector("session-guard");
      guard.addEventListener("session-change", () => setTimeout(() => resolve(guard.shadowRoot.querySelector("dialog").innerText), 1_000));
      void guard.client.logout();
    })`);
    t.match(await said, /^You signed out in this browser/);
    left();
  });

  t.test("a page that was opened behind the session's end does not say that something was typed", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.signedIn();
    guard.app.demo.advance("31d");
    await page.reload();
    await statusOf(page, "expired");
    t.equal(await dialogOf(page).isVisible(), false);
    await page.evaluate("void fetch('/api/list')");
    await button(page, "Not now").waitFor();
    t.equal(await page.getByText("What you typed").isVisible(), false);
  });

  t.test("in the shadow root of an app it speaks the page's language all the same", async (t) => {
    const guard = await GuardApp.start(t, browser, { language: { ...ENGLISH, lang: "de" } });
    const page = await guard.signedIn();
    await page.evaluate(`{
      const app = document.createElement("div");
      const guard = document.querySelector("session-guard");
      document.body.append(app);
      app.attachShadow({ mode: "open" }).append(guard);
    }`);
    guard.app.demo.advance("31d");
    await send(page);
    await page.getByRole("dialog", { name: "Ihre Sitzung ist beendet" }).waitFor({ timeout: 8_000 });
  });

  t.test("moved on the page it stays what it was: a cover does not fall off, nor is an end forgotten", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.signedIn();
    const move = () => page.evaluate("document.querySelector('main').before(document.querySelector('session-guard'))");
    guard.app.demo.advance("31d");
    await check(page);
    await dialogOf(page).waitFor();
    await move();
    await dialogOf(page).waitFor({ timeout: 3_000 });
    const other = await guard.app.visitor.open("/auth/login?return_to=/");
    await guard.app.visitor.passManagedLogin(other);
    await statusOf(other, "active");
    await statusOf(page, "active");
    await other.evaluate("document.querySelector('session-guard').client.logout()");
    await dialogOf(page).waitFor();
    await move();
    await dialogOf(page).waitFor({ timeout: 3_000 });
  });

  t.test("the time that is left is right though the clock was set back meanwhile", async (t) => {
    const guard = await GuardApp.start(t, browser, { settings: { sessionIdleTimeout: "10m" } });
    const page = await guard.signedIn();
    await page.evaluate("{ const now = Date.now; Date.now = () => now() - 3_600_000; }");
    guard.app.demo.advance("570s");
    await check(page);
    await button(page, "Stay signed in").waitFor();
    t.match(await page.getByRole("timer").textContent(), /^0:[123]\d$/);
  });

  t.test(
    "a call with an impossible address rejects as the browser's own; off the page, fetch is the browser's, whoever has wrapped it",
    async (t) => {
      const guard = await GuardApp.start(t, browser);
      const page = await guard.signedIn();
      t.equal(await page.evaluate("fetch('http://').catch(({ name }) => name)"), "TypeError");
      await page.evaluate(`{
      const before = window.fetch;
      window.fetch = (...told) => before(...told);
      document.querySelector("session-guard").remove();
    }`);
      guard.app.demo.advance("31d");
      t.equal(
        await page.evaluate("Promise.race([fetch('/api/list').then((r) => r.status), new Promise((r) => setTimeout(r, 3000, 'waits'))])"),
        401,
      );
    },
  );

  t.test("words that are taken away, and causes that nobody has words for, leave it with its own", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.signedIn();
    await page.evaluate("document.querySelector('session-guard').words = undefined");
    for (const cause of ["__proto__", "constructor", "signIn"]) {
      await page.evaluate(`{
        const client = { waitingCalls: 0, onWaiting: () => () => {}, subscribe: () => () => {}, cancelLogin() {},
          session: () => ({ status: "expired", reason: "expired", cause: ${JSON.stringify(cause)}, loginUrl: "/", user: { sub: "1" } }) };
        document.querySelector("session-guard").client = client;
      }`);
      await dialogOf(page).waitFor({ timeout: 3_000 });
      t.match(await dialogOf(page).textContent(), "Your session has ended", cause);
    }
  });

  t.test("what was said is not said for ever", async (t) => {
    const guard = await GuardApp.start(t, browser, { settings: { sessionMaxAge: "1h" } });
    const page = await guard.signedIn();
    guard.app.demo.advance("57m");
    await check(page);
    await button(page, "Later").click();
    await dialogOf(page).waitFor({ state: "hidden" });
    t.equal(await voiceOf(page), "");
  });

  t.test("a trailing slash of the prefix is no fault", async (t) => {
    const guard = await GuardApp.start(t, browser, { attributes: 'auth-prefix="/auth/"' });
    await guard.signedIn();
  });

  t.test("what has the focus is not behind the notice, be it there first or reached by Tab", async (t) => {
    const guard = await GuardApp.start(t, browser, { settings: { sessionMaxAge: "1h" } });
    const page = await guard.signedIn();
    await page.setViewportSize({ width: 320, height: 480 });
    const isApart = (selector: string) =>
      page.evaluate(`new Promise((resolve, reject) => {
        setTimeout(reject, 10_000, new Error("behind the notice"));
        const focused = document.querySelector(${JSON.stringify(selector)});
        const notice = document.querySelector("session-guard").shadowRoot.querySelector("dialog");
        const look = () => {
          const [a, b] = [focused.getBoundingClientRect(), notice.getBoundingClientRect()];
          if (focused.matches(":focus") && (a.bottom <= b.top || b.bottom <= a.top)) resolve();
          else requestAnimationFrame(look);
        };
        look();
      })`);
    await page.locator("#form button").focus();
    guard.app.demo.advance("57m");
    await check(page);
    await button(page, "Later").waitFor();
    await isApart("#form button");
    await page.evaluate("document.querySelector('h1').tabIndex = 0");
    await page.locator("h1").focus();
    await isApart("h1");
    await button(page, "Later").click();
    await dialogOf(page).waitFor({ state: "hidden" });
    t.equal(await page.evaluate("document.activeElement.tagName"), "H1");
  });

  t.test("whoever has put it away is not asked again by a page that polls, and is by what they press", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.interrupted();
    await button(page, "Not now").click();
    await answers(page, 401);
    await page.waitForTimeout(1_100);
    await page.locator("textarea").pressSequentially("Still ");
    const polled = await page.evaluate("Promise.all([1, 2, 3].map(() => fetch('/api/list').then(({ status }) => status)))");
    t.same(polled, [401, 401, 401], "its calls do not wait for nobody");
    t.equal(await dialogOf(page).isVisible(), false);
    t.equal(await page.evaluate("document.activeElement.tagName"), "TEXTAREA", "and the focus stays where somebody types");
    await page.locator("form button").click();
    await dialogOf(page).waitFor();
  });

  t.test("below something that is not shown it does not hold the page", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.signedIn();
    await page.evaluate(
      "document.querySelector('session-guard').parentElement.append(Object.assign(document.createElement('div'), { id: 'box' }))",
    );
    await page.evaluate("box.attributeStyleMap.set('display', 'none'); box.append(document.querySelector('session-guard'))");
    guard.app.demo.advance("31d");
    await check(page);
    await page.locator("textarea").fill("goes on");
    t.equal(await page.evaluate("document.querySelector('session-guard').shadowRoot.querySelector('dialog').open"), false);
  });
});
