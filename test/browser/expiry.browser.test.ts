import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { ADDRESS, call, fillForm, formOf, Visitor } from "./visitor.js";

const REFRESH_TOKEN_EXPIRED = { status: 401, problem: "expired", body: { reason: "expired", cause: "refresh_token_expired" } };

await browserSuite(t, "tokens that run out, in a real browser", async (t, browser) => {
  t.test("after the ID token's life the calls of two tabs go on, with exactly one refresh", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const tabs = [await visitor.signedIn(), await visitor.open()];
    demo.advance("2h");
    const answers = await Promise.all(tabs.flatMap((page) => Array.from({ length: 10 }, () => call(page))));
    t.same([...new Set(answers.map(({ status }) => status))], [200]);
    t.equal(demo.refreshes(), 1);
  });

  t.test(
    "after the refresh token's life the shop says why in both tabs, nothing typed is lost, and signing in once goes on in both",
    async (t) => {
      const demo = await runDemo(t);
      const visitor = await Visitor.arrive(t, browser, demo);
      const page = await visitor.signedIn();
      const other = await visitor.open();
      await other.locator("#checkout").waitFor();
      await page.bringToFront();
      await fillForm(page);
      demo.advance("31d");

      await page.locator("#place-order").click();
      const dialog = page.locator("session-guard dialog");
      await dialog.waitFor();
      t.match(await dialog.textContent(), /as long as the shop allows/, "the dialog gives the reason");
      t.match(await dialog.textContent(), /What you typed is still here/);
      t.same(await formOf(page), ADDRESS, "the form stays in sight");
      t.equal(page.url(), visitor.url("/"), "and nobody is navigated away from it");

      t.match(await call(other), REFRESH_TOKEN_EXPIRED, "a second tab hears the same reason on its own call");
      await other.locator("session-guard dialog").waitFor();
      t.equal(demo.refreshes(), 1, "Cognito was asked once");

      const popup = page.waitForEvent("popup");
      await page.locator("session-guard [part~=primary]").click();
      await visitor.passManagedLogin(await popup);
      await page.locator("#ordered").waitFor();
      t.equal(page.url(), visitor.url("/"), "the order that met the end is placed, and the page was never left");
      await other.locator("session-guard dialog").waitFor({ state: "hidden" });
      t.equal((await call(other)).status, 200, "and the second tab goes on");
    },
  );

  t.test("a shop that is opened after the end says why, instead of treating the person as a stranger", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    demo.advance("31d");
    await page.reload();
    await page.locator("#signed-out").waitFor();
    t.match(await page.locator("#signed-out").textContent(), /as long as the shop allows/);
  });

  t.test("with the browser's clock 2 hours ahead as well, the session's cookie is sent and the calls go on", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    await visitor.advance("2h");
    t.equal((await call(page)).status, 200);
    t.equal(demo.refreshes(), 1);
    await page.reload();
    await page.locator("#checkout").waitFor();
  });

  t.test(
    "with the browser's clock 31 days ahead as well, the cookie is still sent, and the reason is expired, not anonymous",
    async (t) => {
      const demo = await runDemo(t);
      const visitor = await Visitor.arrive(t, browser, demo);
      const page = await visitor.signedIn();
      await visitor.advance("31d");
      const skewMs = Math.abs((await page.evaluate<number>("Date.now()")) - demo.clock.now());
      t.ok(skewMs < 60_000, "the page's clock has moved");
      const sent = page.waitForRequest(visitor.url("/api/echo"));
      t.match(await call(page), REFRESH_TOKEN_EXPIRED);
      t.match((await (await sent).allHeaders())["cookie"], /bff-session-\d+=/);
      t.match(await call(page), REFRESH_TOKEN_EXPIRED, "the ended marker says the same");
    },
  );
});
