import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import t, { type Test } from "tap";
import { ClientApp, shows } from "../browser/client-app.js";
import { browserSuite } from "../support/chromium.js";

/** What a bundler makes of the recipe for browsers, where axios calls by XMLHttpRequest. */
async function bundled(): Promise<string> {
  const input = fileURLToPath(new URL("../../examples/recipes/axios.js", import.meta.url));
  const bundle = await rolldown({ input, platform: "browser", logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm" });
  return output[0].code;
}

/** An API that answers a POST with 303, as after a form. */
async function startRedirectingApi(t: Test) {
  const arrived: string[] = [];
  const api = createServer((request, response) => {
    arrived.push(`${request.method} ${request.url}`);
    response.writeHead(request.method === "POST" ? 303 : 200, { location: "/api/orders/1", "content-type": "application/json" });
    response.end("{}");
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  t.teardown(() => api.close());
  return { url: `http://127.0.0.1:${(api.address() as AddressInfo).port}`, arrived, api };
}

/** What became of a call of axios in the page. */
const call = (code: string) => `(async () => {
  const { createApi } = await import("/axios.js");
  return ${code}.then(({ status }) => status, ({ name }) => name);
})()`;

await browserSuite(t, "the axios recipe in a real browser", async (t, browser) => {
  t.test("a write that met the session's end arrives once after the sign-in, wherever the API's redirect leads then", async (t) => {
    const { url, arrived } = await startRedirectingApi(t);
    const settings = { proxyRoutes: [{ prefix: "/api", target: url }] };
    const app = await ClientApp.start(t, browser, { settings, files: { "axios.js": await bundled() } });
    const page = await app.signedIn();

    app.demo.advance("31d");
    const order = page.evaluate(call(`createApi(client).post("/orders?a=b c", { pens: 2 }, { replay: true })`));
    await shows(page, "expired expired refresh_token_expired");
    await app.signIn(page);
    t.equal(await order, 200);
    t.same(arrived.splice(0), ["POST /api/orders?a=b%20c", "GET /api/orders/1"]);
  });

  t.test("a write that was redirected to a page which met the session's end has arrived, and is not sent again", async (t) => {
    const { url, arrived, api } = await startRedirectingApi(t);
    const settings = { proxyRoutes: [{ prefix: "/api", target: url }], sessionIdleTimeout: "50s" };
    const app = await ClientApp.start(t, browser, { settings, files: { "axios.js": await bundled() } });
    const page = await app.signedIn();

    // Past the idle limit when the browser follows, and not past what a call that is under way may take.
    api.once("request", () => app.demo.advance("55s"));
    t.equal(await page.evaluate(call(`createApi(client).post("/orders", { pens: 2 }, { replay: true })`)), "SessionEndedError");
    await shows(page, "expired expired idle_timeout");
    await app.signIn(page);
    t.same(arrived, ["POST /api/orders"]);
  });
});
