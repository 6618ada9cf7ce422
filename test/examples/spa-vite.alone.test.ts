import { fileURLToPath } from "node:url";
import t from "tap";
import { build, createServer } from "vite";
import { freePort } from "../../src/demo/free-port.js";
import { Visitor } from "../browser/visitor.js";
import { browserSuite } from "../support/chromium.js";
import { compilerSays } from "../support/compiler.js";
import { runDemo } from "../support/running-demo.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const APP = `${ROOT}examples/spa-vite`;

t.test("the example app has no type error, and Vite builds it", async (t) => {
  t.equal(await compilerSays(APP), "");
  const built = await build({ root: APP, configFile: `${APP}/vite.config.ts`, logLevel: "silent", build: { write: false } });
  const names = [built].flat().flatMap((one) => ("output" in one ? one.output.map(({ fileName }) => fileName) : []));
  t.ok(names.includes("index.html"));
  t.ok(names.some((name) => name.endsWith(".js")));
});

await browserSuite(t, "the example app in a real browser", async (t, browser) => {
  t.test("it keeps what was typed when the session ends, and says why", async (t) => {
    const port = await freePort();
    const vite = await createServer({
      root: APP,
      configFile: `${APP}/vite.config.ts`,
      logLevel: "silent",
      server: { port, strictPort: true },
    });
    t.teardown(() => vite.close());
    await vite.listen();
    const noDirectory = { spaDir: undefined, spaCsp: undefined };
    const demo = await runDemo(t, { spaUrl: `http://localhost:${port}`, ...noDirectory });
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.open("/");
    await page.locator("#sign-in").click();
    await visitor.passManagedLogin(page);
    await page.locator("#account", { hasText: demo.user.email }).waitFor();

    await page.locator("#note").fill("without onions");
    await page.locator("#order button").click();
    await page.locator("#result", { hasText: "Ordered: without onions" }).waitFor();

    await visitor.advance("31d");
    await page.locator("#note").fill("with onions after all");
    await page.locator("#order button").click();
    await page.locator("#why", { hasText: "Cognito rejected the refresh token" }).waitFor();
    t.equal(await page.locator("#note").inputValue(), "with onions after all");

    await page.locator("#again").click();
    await visitor.passManagedLogin(page);
    await page.locator("#account", { hasText: demo.user.email }).waitFor();
    await page.locator("#sign-out").click();
    await page.locator("#sign-in").waitFor();
  });
});
