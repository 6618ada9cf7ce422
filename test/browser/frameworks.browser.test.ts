import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import { administer } from "../support/administration.js";
import { browserSuite } from "../support/chromium.js";
import { ClientApp, shows } from "./client-app.js";
import { bundle } from "./framework-bundles.js";

/** What each app shows while nobody is known, as a server that renders it sends it. */
const RENDERED =
  '<main><p id="state">unknown</p><button id="sign-in" type="button">Sign in</button><p id="login"></p><p id="fallback">Nobody is here</p></main>';
const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPED = "Please leave it with the neighbour.";
const OTHER = { email: "grace@example.com", password: "Different-1" };

async function startApp(t: Test, browser: Browser, script: string, rendered = ""): Promise<ClientApp> {
  const page = `<!doctype html><html lang="en"><title>app</title><script type="module" src="/app.js"></script><div id="app">${rendered}</div></html>`;
  // Svelte fills its templates through innerHTML.
  return ClientApp.start(t, browser, { files: { "index.html": page, "app.js": script }, settings: { spaCsp: CSP } });
}

/** A person who has signed in and typed something. */
async function typing(app: ClientApp, path = "/"): Promise<Page> {
  const page = await app.visitor.open(path);
  await shows(page, "anonymous");
  await app.signIn(page);
  await page.locator("#note").fill(TYPED);
  // To know it again: a field that was taken out and put back is another one.
  await page.evaluate("globalThis.field = document.getElementById('note')");
  return page;
}

const check = (page: Page) => page.evaluate<string>("globalThis.session.check().then(({ status }) => status)");
const channels = (page: Page) => page.evaluate("globalThis.channels");
const complaints = (page: Page) => page.evaluate("globalThis.complaints");
const fieldOf = (page: Page) => page.evaluate("[globalThis.field === document.getElementById('note'), globalThis.field.value]");
const KEPT = [true, TYPED];

await browserSuite(t, "apps of frameworks, in a real browser", async (t, browser) => {
  for (const framework of ["react", "vue", "svelte"] as const) {
    const script = await bundle(framework);

    t.test(`${framework}: what is typed stays through failed checks, the session's end and the sign-in after it`, async (t) => {
      const app = await startApp(t, browser, script);
      const page = await typing(app);
      await page.route("**/auth/session", (route) => route.abort());
      t.equal(await check(page), "active");
      t.same(await fieldOf(page), KEPT, "without a network");
      await page.unroute("**/auth/session");
      app.demo.advance("31d");
      t.equal(await check(page), "expired");
      await shows(page, "expired");
      t.same(await fieldOf(page), KEPT, "with a session that has ended");
      await app.signIn(page);
      await shows(page, "active");
      t.same(await fieldOf(page), KEPT, "with the next session");
      t.same(await complaints(page), []);
    });

    t.test(`${framework}: what is private goes with the sign-out of another tab`, async (t) => {
      const app = await startApp(t, browser, script);
      const page = await typing(app);
      const other = await app.visitor.open();
      await shows(other, "active");
      await other.evaluate("void globalThis.session.logout()");
      await page.locator("#fallback").waitFor();
      t.equal(await page.locator("#note").count(), 0);
    });

    t.test(`${framework}: an app has one client, which asks once and goes with the app`, async (t) => {
      const app = await startApp(t, browser, script);
      let asked = 0;
      app.visitor.context.on("request", (request) => {
        if (request.url() === app.visitor.url("/auth/session")) asked += 1;
      });
      const page = await app.visitor.open();
      await shows(page, "anonymous");
      t.same(await channels(page), { opened: 1, closed: 0 });
      t.equal(asked, 1);
      await page.evaluate("globalThis.unmount()");
      t.same(await channels(page), { opened: 1, closed: 1 });
    });
  }

  for (const framework of ["react", "vue"] as const)
    t.test(`${framework}: a page that a server has rendered is taken over as it stands, whatever its client knows by then`, async (t) => {
      const app = await startApp(t, browser, await bundle(framework), RENDERED);
      await typing(app);
      const page = await app.visitor.open("/?hydrated&given");
      await shows(page, "active");
      await page.locator("#note").waitFor();
      t.same(await complaints(page), []);
      await page.evaluate("globalThis.unmount()");
      t.same(await channels(page), { opened: 1, closed: 0 }, "a client that was given is its giver's");
    });

  t.test("react: a rendering that is given up makes no client", async (t) => {
    const app = await startApp(t, browser, await bundle("react"));
    const page = await app.visitor.open("/?suspended");
    await shows(page, "anonymous");
    t.same(await channels(page), { opened: 1, closed: 0 });
    t.same(await complaints(page), []);
  });

  t.test("react: another person gets the page anew, with nothing of what was typed", async (t) => {
    const app = await startApp(t, browser, await bundle("react"));
    await administer(app.demo, "AdminCreateUser", { Username: OTHER.email, MessageAction: "SUPPRESS" });
    await administer(app.demo, "AdminSetUserPassword", { Username: OTHER.email, Password: OTHER.password, Permanent: true });
    const page = await typing(app);
    app.demo.advance("31d");
    t.equal(await check(page), "expired");
    const popup = page.waitForEvent("popup");
    await page.locator("#sign-in").click();
    await app.visitor.passManagedLogin(await popup, OTHER);
    await shows(page, "active");
    t.equal(await page.locator("#note").inputValue(), "");
  });
});
