import type { Locator, Page } from "playwright-core";
import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { ADDRESS, fillForm, Visitor } from "./visitor.js";

const PHONE = { width: 390, height: 780 };

const lever = (page: Page, name: string): Locator => page.getByRole("button", { name });

/** Gives the focus to one after the other, where the notice would be in front of it; names those that it covers then, and how many there are. */
const FOCUS_ALL = `(() => {
  const stops = [...document.querySelectorAll("#order-form :is(input, textarea), #place-order, .lever, summary")].filter((each) => each.offsetParent);
  const covered = stops.filter((element) => {
    scrollBy(0, element.getBoundingClientRect().bottom - innerHeight);
    element.focus({ preventScroll: true });
    const [field, notice] = [element, document.querySelector("#notice")].map((each) => each.getBoundingClientRect());
    return field.bottom > notice.top && field.top < notice.bottom;
  });
  return { count: stops.length, covered: covered.map(({ id, textContent }) => id || textContent) };
})()`;

/** What the dialog says beside title and text, and its buttons in order. */
async function dialogOf(page: Page): Promise<{ note: string | null; buttons: string[] }> {
  const dialog = page.locator("session-guard dialog");
  await dialog.waitFor();
  return { note: await dialog.locator("[part=note]").textContent(), buttons: await dialog.locator("button").allTextContents() };
}

await browserSuite(t, "the demo's page, in a real browser", async (t, browser) => {
  t.test(
    "levers say what they will do now; one that shows nothing yet offers to let time pass; the log outlives the sign-in",
    async (t) => {
      const demo = await runDemo(t);
      const visitor = await Visitor.arrive(t, browser, demo);
      const page = await visitor.open();
      await lever(page, "Throttle Cognito felt when signing in").waitFor();
      await lever(page, "One call is told why not").waitFor();
      await page.locator("#sign-in").click();
      await visitor.passManagedLogin(page);
      await lever(page, "Throttle Cognito felt in 55 min").click();
      await page.getByText("Nothing to see yet: the ID token is good for 60 more minutes").waitFor();
      await page.locator("#offer-button").click();
      await page.locator("#log").getByText("cognito_throttled", { exact: true }).waitFor();
      await lever(page, "Throttle Cognito felt by the next call").waitFor();
      t.equal(await page.locator("#offer").isVisible(), false, "what was offered has been taken");
      t.match(await page.evaluate("document.activeElement.textContent"), /^Throttle Cognito/, "and the focus is where it came from");
      await lever(page, "Lift all faults Cognito is well again").click();
      await lever(page, "Lift all faults there are none").waitFor();

      await lever(page, "31 days pass the refresh token too").click();
      t.same(await dialogOf(page), { note: "", buttons: ["Sign in", "Not now"] }, "nothing was typed, and nothing is said to be kept");
      t.match(await page.locator(".entry").first().locator(".meaning").textContent(), /^The person is told why\. /);
      await page.reload();
      await page.locator("#sign-in").click();
      await visitor.passManagedLogin(page);
      await page.locator("#checkout").waitFor();
      const markers = page.locator(".marker");
      await markers.nth(3).waitFor();
      t.same(await markers.allTextContents(), ["31 days pass", "Lift all faults", "2 hours pass", "Throttle Cognito"]);
      t.match(await page.locator("#log").textContent(), "refresh_token_expired");
      t.notMatch(await page.evaluate("JSON.stringify({ ...sessionStorage })"), /eyJ/, "without a token");
    },
  );

  t.test("what was typed is said to be kept where it is, and an order once placed leaves no address in the tab", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    await fillForm(page);
    await page.locator("#place-order").click();
    await page.locator("#ordered").waitFor();
    await page.locator(".entry").first().waitFor();
    t.notMatch(await page.evaluate("JSON.stringify({ ...sessionStorage })"), ADDRESS.street);
    await page.locator("#order-again").click();
    await fillForm(page);
    demo.advance("31d");
    await page.locator("#place-order").click();
    t.equal((await dialogOf(page)).note, "What you typed is still here.");
    await page.getByText("The person is told why, and keeps what was typed.").waitFor();
    await page.getByRole("button", { name: "Not now" }).click();
    await page.getByText("Your order has not been placed yet. Once you are signed in, send it again.").waitFor();
    t.equal(await page.evaluate("document.activeElement.id"), "sign-in-form", "and the focus is not lost");
  });

  t.test("a disabled account is not sent to sign in first, wherever it is told", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    await lever(page, "Disable user").click();
    await page.locator("#offer-button").click();
    t.same((await dialogOf(page)).buttons, ["Not now", "Sign in"]);
    await page.getByRole("button", { name: "Not now" }).click();
    t.match(await page.locator("#sign-in-form").getAttribute("class"), "quiet");
    t.match(await page.locator("#form-hint").textContent(), "Your account is on hold.");
    await page.reload();
    await page.locator("#signed-out").waitFor();
    t.equal(await page.locator("#signed-out-title").textContent(), "Your account is on hold");
    t.match(await page.locator("#sign-in").getAttribute("class"), "quiet");
  });

  t.test("on a phone the dialog stands in front of the panel and not of the form; the notice covers no field with the focus", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    await page.setViewportSize(PHONE);
    await fillForm(page);
    await visitor.context.setOffline(true);
    await page.locator("#place-order").click();
    await page.locator("#notice").waitFor();
    const { count, covered } = await page.evaluate<{ count: number; covered: string[] }>(FOCUS_ALL);
    t.ok(count > 15, `${count} places for the focus`);
    t.same(covered, []);
    await visitor.context.setOffline(false);
    await page.getByText("All is well again").waitFor();
    demo.advance("31d");
    await page.locator("#place-order").click();
    const dialog = page.locator("session-guard dialog");
    await dialog.waitFor();
    const [form, shown] = [await page.locator("#order-form").boundingBox(), await dialog.boundingBox()];
    t.ok(form && shown && form.y + form.height <= shown.y, "the form ends above the dialog");
    t.ok(form && form.y + form.height > 0, "in sight");
  });
});
