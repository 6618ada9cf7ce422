import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { ADDRESS, call, EMPTY_FORM, fillForm, formOf, Visitor } from "./visitor.js";

await browserSuite(t, "signing out, in a real browser", async (t, browser) => {
  t.test("signing out ends it in both tabs and at Cognito, and nothing private is left on either page", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    const other = await visitor.open();
    await other.locator("#checkout").waitFor();
    await fillForm(other);
    await page.bringToFront();
    await page.locator("#sign-out").click();
    await page.locator("#signed-out").waitFor();
    t.equal(page.url(), visitor.url("/"), "by way of Cognito's logout, back at the shop");
    t.match(await page.locator("#signed-out").textContent(), /You are signed out/);

    await other.locator("session-guard dialog").waitFor();
    t.match(await other.locator("session-guard dialog").textContent(), /signed out in this browser/);
    await showsNothingPrivate(t, other);
    t.match(await call(other), { status: 401, problem: "signed_out", body: { cause: "logout" } });
    t.ok(
      demo.localCognito.calls.list("RevokeToken").some(({ outcome }) => outcome === "ok"),
      "the refresh token is revoked",
    );
    await page.locator("#sign-in").click();
    await page.locator("#password").waitFor();
    t.pass("the next sign-in asks for the password");
  });

  t.test("after signing out the back button shows nothing private", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    await fillForm(page);
    await page.locator("#sign-out").click();
    await page.locator("#signed-out").waitFor();
    await page.goBack();
    await page.locator("#signed-out").waitFor();
    await showsNothingPrivate(t, page);
    t.match(await call(page), { status: 401, problem: "signed_out" });
  });
});

await browserSuite(
  t,
  "pages that come back out of the back/forward cache",
  async (t, browser) => {
    t.test("a page kept from before the sign-out is shown again without anything private", async (t) => {
      const demo = await runDemo(t);
      const visitor = await Visitor.arrive(t, browser, demo);
      await visitor.context.addInitScript('addEventListener("pageshow", ({ persisted }) => { globalThis.cameBack = persisted; });');
      const page = await visitor.signedIn();
      await fillForm(page);
      await page.goto(visitor.url("/auth/problems/session-ended"));
      // Not in another tab of the shop: its broadcast would wake the kept page up before anybody goes back to it.
      const answer = await visitor.context.request.post(visitor.url("/auth/logout"), { headers: { origin: demo.url } });
      t.equal(answer.status(), 200);
      // page.goBack waits for a load event, which a kept page does not have.
      await page.evaluate("history.back()");
      await page.locator("#signed-out").waitFor();
      t.equal(await page.evaluate("globalThis.cameBack"), true, "Chromium had kept the page");
      await showsNothingPrivate(t, page);
    });

    t.test("without a network it shows nothing private either, until the server has spoken", async (t) => {
      const demo = await runDemo(t);
      const visitor = await Visitor.arrive(t, browser, demo);
      const page = await visitor.signedIn();
      await fillForm(page);
      await page.goto(visitor.url("/auth/problems/session-ended"));
      await visitor.context.setOffline(true);
      await page.evaluate("history.back()");
      await page.getByText("There is no connection.").waitFor();
      t.equal(await page.locator("#checkout").isVisible(), false);
      t.same(await formOf(page), EMPTY_FORM);
      t.equal(await page.locator("#account-name").textContent(), "");
      await visitor.context.setOffline(false);
      await page.locator("#checkout").waitFor();
      t.same(await formOf(page), ADDRESS, "and the person whose session lives finds what was typed");
    });
  },
  { keepsPages: true },
);

async function showsNothingPrivate(t: Test, page: Page): Promise<void> {
  t.same(await formOf(page), EMPTY_FORM, "the form is empty");
  t.equal(await page.locator("#checkout").isVisible(), false);
  t.equal(await page.locator("#account-name").textContent(), "");
  const stored = await page.evaluate<string>("JSON.stringify({ ...sessionStorage })");
  t.notMatch(stored, ADDRESS.name, "and the draft is gone");
}
