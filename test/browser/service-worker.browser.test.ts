import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { runDemo } from "../support/running-demo.js";
import { REGISTER, WORKER } from "./passing-worker.js";
import { type PageBody, Visitor } from "./visitor.js";

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
