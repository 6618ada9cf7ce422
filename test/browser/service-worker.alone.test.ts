import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { type PageBody, Visitor } from "./visitor.js";

/** The worker of many an app: it passes on whatever it has not kept. */
const WORKER = `
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));
`;

/** Resolves once the page's requests go through the worker. */
const REGISTER = `(async () => {
  const { serviceWorker } = navigator;
  const controlled = new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  await serviceWorker.register("/worker.js");
  if (!serviceWorker.controller) await controlled;
})()`;

await browserSuite(t, "an app with a service worker, in a real browser", async (t, browser) => {
  t.test("signing in and out works through a worker that passes every request on", async (t) => {
    const page = `<!doctype html><title>app</title><a id="sign-in" href="/auth/login?return_to=/orders">Sign in</a>`;
    const spaDir = t.testdir({ "index.html": page, "worker.js": WORKER });
    const demo = await runDemo(t, { spaDir });
    const visitor = await Visitor.arrive(t, browser, demo);
    const tab = await visitor.open();
    await tab.evaluate(REGISTER);

    await tab.goto(visitor.url("/api/echo"));
    await tab.getByText("anonymous").waitFor();
    await tab.goto(visitor.url("/"));
    await tab.locator("#sign-in").click();
    await visitor.passManagedLogin(tab);
    await tab.waitForURL(visitor.url("/orders"));
    t.equal((await visitor.cookies()).length, 1, "there is a session");

    await tab.goto(visitor.url("/api/echo"));
    const { headers } = JSON.parse((await tab.locator("body").textContent()) ?? "") as PageBody;
    t.match(headers, { "sec-fetch-mode": "navigate", "sec-fetch-dest": "empty" }, "the worker did stand in between");
    t.match(headers?.["authorization"], /^Bearer ey/);

    // And so is a callback that cannot be completed, which finds the living session.
    await tab.goto(visitor.url("/auth/callback?code=x"));
    await tab.waitForURL(visitor.url("/"));
  });
});
