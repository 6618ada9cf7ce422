import t from "tap";
import { browserSuite } from "../support/chromium.js";
import type { Person } from "../support/person.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { runSharedDemo } from "../support/shared-demo.js";
import { isAccessible } from "./axe.js";
import { fillForm, formOf, Visitor } from "./visitor.js";

const PHONE = {
  "user-agent":
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
};

async function signInByPhone(demo: RunningDemo): Promise<Person> {
  const phone = demo.person();
  phone.hints = PHONE;
  await phone.signIn(demo.user);
  return phone;
}

await browserSuite(t, "where a person is signed in, in a real browser", async (t, browser) => {
  t.test(
    "the shop lists it, and signs another device out; after a quarter of an hour with a new sign-in, and what was typed is kept",
    async (t) => {
      const demo = await runSharedDemo(t);
      const phone = await signInByPhone(demo);
      const visitor = await Visitor.arrive(t, browser, demo);
      const page = await visitor.signedIn();
      await fillForm(page);
      const typed = await formOf(page);
      const list = page.locator("#devices-list li");
      await list.nth(1).waitFor();
      t.match(await list.allTextContents(), [/Chrome on Linux This deviceSigned in/, /Safari on iOSSigned in .* · last used .*Sign out/]);
      t.equal(await list.locator("button").count(), 1, "this one has its own button above");
      await page.setViewportSize({ width: 320, height: 800 });
      t.equal(await page.evaluate("document.documentElement.scrollWidth"), 320, "nothing sticks out on a narrow phone");

      await visitor.advance("20m");
      const button = page.getByRole("button", { name: "Sign out Safari on iOS" });
      await button.click();
      const again = page.locator("#devices-again");
      await again.waitFor();
      await isAccessible(t, page, "sign in first");
      t.equal((await phone.call("/api/echo")).status, 200);
      await again.click();
      await visitor.passManagedLogin(page);

      await button.click();
      await page.getByText("Safari on iOS is signed out.").waitFor();
      t.equal(await list.count(), 1);
      t.equal(await page.evaluate("document.activeElement?.id"), "devices-title", "the focus has not been lost");
      t.match((await phone.call("/api/echo")).json(), { reason: "signed_out", cause: "logout_elsewhere" });
      t.same(await formOf(page), typed);
    },
  );

  t.test("without a shared store the shop does not ask for it", async (t) => {
    const config = await fetch(`${(await runDemo(t)).url}/demo/config.json`);
    t.match(await config.json(), { lists_sessions: false });
  });
});
