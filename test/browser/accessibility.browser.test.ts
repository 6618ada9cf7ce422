import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import { CAUSES } from "../../src/http/problem/causes.js";
import { REASONS } from "../../src/wire/reasons.js";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { isAccessible, isAccessibleInTurn, violationsOf } from "./axe.js";
import { fillForm, Visitor } from "./visitor.js";

await browserSuite(t, "accessibility as axe-core sees it, light and dark, in a real browser", async (t, browser) => {
  t.test("the demo: before the sign-in, its form, a lever pulled, trouble, the end of the session, the order placed", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.open();
    await page.locator("#signed-out").waitFor();
    await page.locator("#backstage").waitFor();
    await isAccessible(t, page, "before the sign-in");
    await page.locator("#sign-in").click();
    await visitor.passManagedLogin(page);
    await page.locator("#checkout").waitFor();
    await fillForm(page);
    await page.getByRole("button", { name: "Throttle Cognito" }).click();
    await page.locator("#offer").waitFor();
    await isAccessible(t, page, "the form, and a lever pulled");
    demo.localCognito.faults.clear();
    await visitor.context.setOffline(true);
    await page.locator("#place-order").click();
    await page.locator("#notice").waitFor();
    await isAccessible(t, page, "trouble");
    await visitor.context.setOffline(false);
    await page.getByText("All is well again").waitFor();
    demo.advance("31d");
    await page.locator("#place-order").click();
    await page.locator("session-guard dialog").waitFor();
    await isAccessible(t, page, "the dialog");
    const popup = page.waitForEvent("popup");
    await page.locator("session-guard [part~=primary]").click();
    await isAccessible(t, page, "the dialog, while it waits");
    await visitor.passManagedLogin(await popup);
    await page.locator("#ordered").waitFor();
    await isAccessible(t, page, "the order placed");
  });

  t.test("the sign-in page of local Cognito, and what it says of a wrong password", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.open("/auth/login");
    await page.locator("#username").waitFor();
    t.match(await page.locator("main").textContent(), `Demo account: ${demo.user.email} with ${demo.user.password}`);
    await isAccessible(t, page, "the form");
    await visitor.passManagedLogin(page, { ...demo.user, password: "Wrong-Password-1" });
    await page.getByText("Incorrect email address or password.").waitFor();
    await isAccessible(t, page, "refused");
  });

  t.test("every page that explains a problem", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.context.newPage();
    for (const name of [...Object.keys(REASONS), ...Object.keys(CAUSES)]) {
      await page.goto(visitor.url(`/auth/problems/${name}`));
      await isAccessibleInTurn(t, page, name);
    }
    await isAccessible(t, page, "the last of them");
    await page.goto(visitor.url("/auth/problems/expired"));
    await isAccessible(t, page, "the one with the most causes");
  });

  t.test("problems as somebody meets them who navigates", async (t) => {
    const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: "http://127.0.0.1:1" }], sessionIdleTimeout: "10m" });
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.context.newPage();
    await meets(t, page, visitor, "/api/page", "anonymous");
    await meets(t, page, visitor, "/auth/problems/nothing", "not_found");
    await meets(t, page, visitor, "/auth/logout", "method_not_allowed");
    await meets(t, page, visitor, "/api/%zz", "bad_request");
    await meets(t, page, visitor, "/auth/callback", "state_missing");
    await meets(t, page, visitor, "/auth/callback?error=access_denied&state=x", "sign_in_failed");
    await (await visitor.signedIn()).close();
    await meets(t, page, visitor, "/api/page", "upstream_unreachable");
    demo.advance("11m");
    await meets(t, page, visitor, "/api/page", "idle_timeout");
    await (await visitor.signedIn()).close();
    await visitor.context.request.post(visitor.url("/auth/logout"), { headers: { origin: demo.url } });
    await meets(t, page, visitor, "/api/page", "signed_out");
  });

  for (const [fault, reason] of [
    ["html_503", "cognito_unavailable"],
    ["throttle", "cognito_throttled"],
  ] as const) {
    t.test(`${reason} as somebody meets it who navigates`, async (t) => {
      const demo = await runDemo(t);
      const visitor = await Visitor.arrive(t, browser, demo);
      const page = await visitor.signedIn();
      demo.localCognito.faults.add({ operation: "InitiateAuth", fault });
      demo.advance("2h");
      await meets(t, page, visitor, "/api/echo", reason);
    });
  }

  t.test("axe-core does look: text without contrast and a field without a label are found", async (t) => {
    const page = await browser.newPage();
    t.teardown(() => page.close());
    await page.setContent(
      `<html lang="en"><title>x</title><main><h1>x</h1><p style="color: #ccc; background: #fff">hardly to be read</p><input></main>`,
    );
    const found = await violationsOf(page);
    t.same(found.map((violation) => violation.split(":")[0]).sort(), ["color-contrast", "label"]);
  });
});

/** Goes there, and meets a problem of this reason or cause. */
async function meets(t: Test, page: Page, visitor: Visitor, path: string, reason: string): Promise<void> {
  await page.goto(visitor.url(path));
  t.match(await page.locator("main").textContent(), reason);
  await isAccessibleInTurn(t, page, `${path}: ${reason}`);
}
