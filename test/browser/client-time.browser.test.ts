import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import { updateClient } from "../support/administration.js";
import { browserSuite } from "../support/chromium.js";
import { ClientApp, type ClientAppOptions, historyOf, shows } from "./client-app.js";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

await browserSuite(t, "limits of a session and the page's own time, in a real browser", async (t, browser) => {
  t.test("ahead of the idle limit the page is told, being active moves it, and past it the server says that it is over", async (t) => {
    const { app, pass } = await start(t, browser, { settings: { sessionIdleTimeout: "10m" } });
    const page = await app.signedIn();
    await pass(8 * MINUTE_MS);
    await shows(page, "active");
    await pass(1.5 * MINUTE_MS);
    await shows(page, "expiring idle");
    t.equal(await page.evaluate("client.stayActive().then(({ status }) => status)"), "active");
    await shows(page, "active");
    await pass(9.5 * MINUTE_MS);
    await shows(page, "expiring idle");
    await pass(MINUTE_MS);
    await shows(page, "expired expired idle_timeout");
    t.same(await historyOf(page), ["anonymous", "active", "expiring", "active", "expiring", "expired"]);
  });

  t.test("with activity: pointer, whoever types or clicks is not signed out", async (t) => {
    const { app, pass } = await start(t, browser, { settings: { sessionIdleTimeout: "10m" } });
    const page = await app.signedIn({ activity: "pointer" });
    for (let times = 0; times < 3; times++) {
      await pass(8 * MINUTE_MS);
      const told = page.waitForResponse((answer) => answer.request().method() === "POST");
      await page.locator("input").press("a");
      t.equal((await told).status(), 200);
      await page.locator("input").press("b");
    }
    t.same([...new Set(await historyOf(page))], ["anonymous", "active"]);
  });

  for (const days of [30, 90]) {
    t.test(`the end of a refresh token of ${days} days is announced when it is near, and not at once`, async (t) => {
      const { app, pass } = await start(t, browser, { settings: { cognitoRefreshTokenValidity: `${days}d` } });
      await updateClient(app.demo, { RefreshTokenValidity: days, TokenValidityUnits: { RefreshToken: "days" } });
      const page = await app.signedIn();
      const questions = questionsOf(page);
      await page.waitForTimeout(1_500);
      t.equal(questions(), 0);
      for (let passed = 0; passed < days - 10; passed += 20) {
        await pass(20 * DAY_MS);
        await page.waitForTimeout(100);
      }
      t.equal(questions(), 0, "no timer of more than 24.8 days has gone off as if it were due");
      t.same(await historyOf(page), ["anonymous", "active"]);
      await pass((days - Math.ceil((days - 10) / 20) * 20) * DAY_MS - 3 * MINUTE_MS);
      await shows(page, "expiring session");
      // The last ID token outlives the refresh token.
      await pass(65 * MINUTE_MS);
      await page.evaluate("client.check()");
      await shows(page, "expired expired refresh_token_expired");
    });
  }

  t.test("a page that slept past the end asks once when it wakes up, whatever wakes it, and says why", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.signedIn();
    const questions = questionsOf(page);
    const devtools = await app.visitor.context.newCDPSession(page);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    app.demo.advance("31d");
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await page.evaluate(
      "for (const type of ['online', 'pageshow', 'online']) dispatchEvent(new PageTransitionEvent(type, { persisted: true }))",
    );
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
    await shows(page, "expired expired refresh_token_expired");
    t.equal(questions(), 1);
  });

  t.test("a machine whose clock is 2 hours ahead warns when the server's time has come", async (t) => {
    const { app, pass } = await start(t, browser, { settings: { sessionIdleTimeout: "10m" } }, 120 * MINUTE_MS);
    const page = await app.signedIn();
    await page.waitForTimeout(500);
    t.same(await historyOf(page), ["anonymous", "active"]);
    await pass(9.5 * MINUTE_MS);
    await shows(page, "expiring idle");
  });

  t.test("a page that is opened during an outage says so, and finds its session by itself once that is over", async (t) => {
    const app = await ClientApp.start(t, browser);
    await (await app.signedIn()).close();
    app.demo.advance("2h");
    app.demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "html_503" });
    const page = await app.open();
    await shows(page, "unreachable");
    app.demo.localCognito.faults.clear();
    await shows(page, "active");
    t.same(await historyOf(page), ["unreachable", "active"]);
  });
});

/** An app whose pages' clocks move with the demo's, the timers that are due going off once, as after a sleep. */
async function start(t: Test, browser: Browser, options: ClientAppOptions, aheadMs = 0) {
  const app = await ClientApp.start(t, browser, options);
  const { clock } = app.visitor.context;
  await clock.install({ time: app.demo.clock.now() + aheadMs });
  const pass = async (ms: number) => {
    app.demo.clock.advance(ms);
    await clock.fastForward(ms);
  };
  return { app, pass };
}

/** Counts from now on how often the page asks for its session. */
function questionsOf(page: Page): () => number {
  let count = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/auth/session")) count += 1;
  });
  return () => count;
}
