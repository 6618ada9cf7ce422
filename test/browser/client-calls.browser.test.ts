import type { Page } from "playwright-core";
import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { ClientApp, historyOf, shows } from "./client-app.js";
import { REGISTER, WORKER } from "./passing-worker.js";

const ENDED = "expired refresh_token_expired";

await browserSuite(t, "calls of the client, in a real browser", async (t, browser) => {
  t.test("a write that waits for the sign-in arrives once, with its body and headers, under the strictest policy", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.signedIn();
    app.demo.advance("31d");
    const answer = send(page, "/api/orders", {
      method: "POST",
      body: "two pens",
      headers: { "x-shop": "7", "content-type": "text/plain" },
      replay: true,
    });
    await shows(page, `expired ${ENDED}`);
    await app.signIn(page);
    t.match(await answer, { status: 200, body: { arrived: 1 } });
    t.match(app.api.arrived, [
      {
        method: "POST",
        path: "/api/orders",
        body: "two pens",
        headers: { "x-shop": "7", "content-type": "text/plain", "content-length": "8" },
      },
    ]);
    t.same(await historyOf(page), ["anonymous", "active", "expired", "active"]);
  });

  t.test("reads wait by themselves, a write with an Idempotency-Key too, any other write gets its 401 at once", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.signedIn();
    app.demo.advance("31d");
    const waiting = [
      ...Array.from({ length: 5 }, (_, number) => send(page, `/api/read/${number}`)),
      send(page, "/api/pay", { method: "POST", body: "1", headers: { "idempotency-key": "k" } }),
    ];
    t.match(await send(page, "/api/plain", { method: "POST", body: "1" }), { status: 401, body: { reason: "expired" } });
    await shows(page, `expired ${ENDED}`);
    t.equal(app.api.arrived.length, 0);
    await app.signIn(page);
    for (const answer of await Promise.all(waiting)) t.match(answer, { status: 200 });
    t.same(
      app.api.arrived.map(({ path }) => path).sort(),
      [...Array.from({ length: 5 }, (_, number) => `/api/read/${number}`), "/api/pay"].sort(),
    );
    t.equal(app.demo.refreshes(), 1, "Cognito was asked once");
  });

  t.test("a write that the API has redirected is not sent again for the session that ended before the next page", async (t) => {
    const app = await ClientApp.start(t, browser, { settings: { sessionIdleTimeout: "50s" } });
    const page = await app.signedIn();
    // Past the idle limit, and not past what a call that is under way may take.
    app.api.onArrival = () => app.demo.advance("55s");
    t.match(await send(page, "/api/moved", { method: "POST", body: "two pens", replay: true }), {
      status: 401,
      body: { reason: "expired" },
    });
    await shows(page, "expired expired idle_timeout");
    await app.signIn(page);
    t.match(app.api.arrived, [{ method: "POST", path: "/api/moved" }]);
    t.equal(app.api.arrived.length, 1);
  });

  t.test("where a service worker answers every request with fetch(event.request), all of it works as well", async (t) => {
    const app = await ClientApp.start(t, browser, {
      files: { "worker.js": WORKER },
      settings: { spaCsp: "script-src 'self'; connect-src 'self'" },
    });
    const page = await app.open();
    await page.evaluate(REGISTER);
    await page.reload();
    await shows(page, "anonymous");
    t.equal(await page.evaluate("navigator.serviceWorker.controller !== null"), true);
    await app.signIn(page);
    t.match(await send(page, "/api/read"), { status: 200 });
    app.demo.advance("31d");
    const answer = send(page, "/api/orders", { method: "POST", body: "two pens", replay: true });
    await shows(page, `expired ${ENDED}`);
    await app.signIn(page);
    t.match(await answer, { status: 200 });
    t.match(app.api.arrived, [{ path: "/api/read" }, { method: "POST", path: "/api/orders", body: "two pens" }]);
    t.equal(app.api.arrived.length, 2);
    await page.evaluate("client.logout()");
    await page.waitForURL(app.visitor.url("/"));
    await shows(page, "signed_out logout");
  });

  t.test(
    "a read that the API redirects to another origin goes there as fetch alone would send it, where it may go without x-bff-csrf",
    async (t) => {
      const elsewhere = await ClientApp.start(t, browser);
      const app = await ClientApp.start(t, browser, { settings: { spaCsp: "" } });
      const page = await app.signedIn();
      app.api.movedTo = `${elsewhere.api.url}/presigned`;
      t.match(await send(page, "/api/moved", { csrfHeader: false }), { status: 200 });
      t.match(elsewhere.api.arrived, [{ method: "GET", path: "/presigned" }], "and nothing had to be asked beforehand");
      t.equal(elsewhere.api.arrived.length, 1);
      t.equal(app.api.arrived[0]?.headers["x-bff-csrf"], undefined);
    },
  );

  t.test("sign-in pages that send no Cross-Origin-Opener-Policy get no hold of the page that opened them", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.open();
    await shows(page, "anonymous");
    await app.visitor.context.route(/\/auth\/login/, (route) =>
      route.fulfill({ contentType: "text/html", body: "<p>another provider</p>" }),
    );
    const opened = page.waitForEvent("popup");
    await page.locator("#sign-in").click();
    const popup = await opened;
    await popup.getByText("another provider").waitFor();
    t.equal(await popup.evaluate("opener"), null);
    const closed = popup.waitForEvent("close");
    await popup.evaluate("window.close()");
    await closed;
    t.pass("and the window can close itself all the same");
  });

  t.test("the API's own 401 says nothing of the session, and neither does another origin, which never sees x-bff-csrf", async (t) => {
    const elsewhere = await ClientApp.start(t, browser);
    const app = await ClientApp.start(t, browser, { settings: { spaCsp: `script-src 'self'; connect-src 'self' ${elsewhere.api.url}` } });
    const page = await app.signedIn();
    t.match(await send(page, "/api/unauthorized"), { status: 401 });
    t.match(await send(page, `${elsewhere.api.url}/api/unauthorized`), { status: 401 });
    t.equal(elsewhere.api.arrived[0]?.headers["x-bff-csrf"], undefined);
    t.same(await historyOf(page), ["anonymous", "active"]);
  });
});

/** What the app does with its client's fetch. */
function send(page: Page, path: string, init: object = {}): Promise<unknown> {
  const answer = "async (response) => ({ status: response.status, body: await response.json() })";
  return page.evaluate(`client.fetch(${JSON.stringify(path)}, ${JSON.stringify(init)}).then(${answer})`);
}
