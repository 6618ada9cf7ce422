import { readFileSync } from "node:fs";
import t from "tap";
import { ClientApp, shows } from "../browser/client-app.js";
import { browserSuite } from "../support/chromium.js";

const WORKER = readFileSync(new URL("../../../examples/recipes/service-worker.js", import.meta.url), "utf8");

/** Resolves once the page's requests go by the worker. */
const REGISTER = `(async () => {
  const { serviceWorker } = navigator;
  const controlled = new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  await serviceWorker.register("/worker.js");
  if (!serviceWorker.controller) await controlled;
})()`;

/** An event of a stream, and an echo through a socket. */
const STREAMS = `(async () => {
  const source = new EventSource("/api/events");
  const { data } = await new Promise((resolve) => source.addEventListener("number", resolve));
  source.close();
  const socket = new WebSocket("/api/socket");
  socket.onopen = () => socket.send("hello");
  const { data: echo } = await new Promise((resolve) => { socket.onmessage = resolve; });
  socket.close();
  return [data, echo];
})()`;

const ORDER = `client.fetch("/api/orders", { method: "POST", body: "two pens", replay: true }).then((answer) => answer.status)`;

const KEPT = `(async () => {
  const kept = await caches.open("app-1");
  return (await kept.keys()).map(({ url }) => new URL(url).pathname).sort();
})()`;

await browserSuite(t, "the recipe's service worker in a real browser", async (t, browser) => {
  t.test("sign-ins, calls and streams go past it, and the app's own files are there without a network", async (t) => {
    const app = await ClientApp.start(t, browser, { settings: { spaCsp: "default-src 'self'" }, files: { "worker.js": WORKER } });
    const page = await app.open();
    await page.evaluate(REGISTER);
    await page.reload();
    await shows(page, "anonymous");

    await page.goto(app.visitor.url("/auth/login?return_to=/orders"));
    await app.visitor.passManagedLogin(page);
    await page.waitForURL(app.visitor.url("/orders"));
    await shows(page, "active");
    t.same(await page.evaluate(STREAMS), ["1", "hello"]);

    app.demo.advance("31d");
    const order = page.evaluate(ORDER);
    await shows(page, "expired expired refresh_token_expired");
    await app.signIn(page);
    t.equal(await order, 200);

    await page.goto(app.visitor.url("/api/page"));
    t.match(app.api.arrived.at(-1), {
      path: "/api/page",
      headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    });

    await page.goto(app.visitor.url("/"));
    await shows(page, "active");
    t.same(await page.evaluate(KEPT), ["/", "/app.js"], "nothing of the session's and nothing of the API's is kept");
    await app.visitor.context.setOffline(true);
    await page.goto(app.visitor.url("/orders/5"));
    t.equal(await page.title(), "app");
    await app.visitor.context.setOffline(false);
  });
});
