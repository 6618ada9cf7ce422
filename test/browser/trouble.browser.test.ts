import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { ADDRESS, call, fillForm, formOf, Visitor } from "./visitor.js";

await browserSuite(t, "an outage of Cognito, in a real browser", async (t, browser) => {
  t.test("throttled while the token lives, calls go on and the shop says nothing", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "throttle" });
    // Within REFRESH_EARLY of its end: the background refresh is tried, and fails.
    demo.advance("57m");
    for (let count = 0; count < 3; count++) t.equal((await call(page)).status, 200);
    t.equal(await page.locator("#notice").isVisible(), false);
    t.equal(await page.locator("session-guard dialog").isVisible(), false);
  });

  for (const fault of ["throttle", "html_503"] as const) {
    t.test(`${fault} with a dead token: the shop says to wait, counts down, and recovers without signing in again`, async (t) => {
      const demo = await runDemo(t);
      const visitor = await Visitor.arrive(t, browser, demo);
      const page = await visitor.signedIn();
      await fillForm(page);
      const [before] = await visitor.cookies();
      demo.localCognito.faults.add({ operation: "InitiateAuth", fault });
      demo.advance("2h");
      await page.locator("#place-order").click();
      await page.getByText("Your order has not been placed yet.").waitFor();
      await page.getByText(/Looking again in \d+ s/).waitFor();
      const refused = await call(page);
      t.match(refused, { status: 503, problem: fault === "throttle" ? "cognito_throttled" : "cognito_unavailable" });
      t.ok(Number(refused.retryAfter) >= 1, "with Retry-After");
      t.equal((await visitor.cookies())[0]?.value, before?.value, "the session is kept");
      t.equal(await page.locator("session-guard dialog").isVisible(), false);

      // What the shop asks by itself meanwhile says nothing of the order.
      await page.waitForResponse(visitor.url("/auth/session"));
      await page.locator("#notice").getByText("What you typed is still here.").waitFor();
      t.match(await page.locator("#order-failed").textContent(), "Your order has not been placed yet.");
      demo.localCognito.faults.clear();
      await page.getByText("All is well again. Your order waits to be sent again.").waitFor();
      t.match(await page.locator("#order-failed").textContent(), "Your order has not been placed yet.", "a failed order stays failed");
      t.equal((await call(page)).status, 200);
      t.equal(page.url(), visitor.url("/"), "without signing in again");
      t.same(await formOf(page), ADDRESS);
      await page.locator("#place-order").click();
      await page.locator("#ordered").waitFor();
      await page.locator("#order-again").click();
      t.equal(await page.evaluate("document.activeElement.id"), "checkout-title", "the focus is where the form begins");
      t.equal(await page.locator("#order-failed").textContent(), "", "until it is sent again");
    });
  }
});
