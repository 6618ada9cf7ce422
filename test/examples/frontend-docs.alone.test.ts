import { readFileSync } from "node:fs";
import t from "tap";
import { ClientApp } from "../browser/client-app.js";
import { browserSuite } from "../support/chromium.js";

const DOCUMENT = readFileSync(new URL("../../../docs/frontend.md", import.meta.url), "utf8");
const [, html = "", script = ""] = /^## In ten lines\n\n```html\n([\s\S]*?)^```\n```js\n([\s\S]*?)^```$/m.exec(DOCUMENT) ?? [];

await browserSuite(t, "the ten lines of docs/frontend.md in a real browser", async (t, browser) => {
  t.test("a POST that meets the session's end says so, and arrives once after the sign-in", async (t) => {
    const app = await ClientApp.start(t, browser, { files: { "index.html": html, "app.js": script } });
    const page = await app.visitor.open("/auth/login?return_to=/");
    await app.visitor.passManagedLogin(page);
    // The client has its first answer, and would tell of the end by itself otherwise.
    await page.waitForLoadState("networkidle");
    await page.getByLabel("Note").fill("two pens");
    app.demo.advance("31d");
    await page.getByRole("button", { name: "Order" }).click();
    await page.getByText("Your session has ended").waitFor();
    t.equal(await page.getByLabel("Note").inputValue(), "two pens");
    const popup = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Sign in" }).click();
    const answered = page.waitForResponse((response) => response.url().endsWith("/api/orders") && response.status() === 200);
    await app.visitor.passManagedLogin(await popup);
    await answered;
    t.match(app.api.arrived, [{ method: "POST", body: "note=two+pens" }]);
    t.equal(app.api.arrived.length, 1);
    await page.getByText("Your session has ended").waitFor({ state: "hidden" });
  });
});
