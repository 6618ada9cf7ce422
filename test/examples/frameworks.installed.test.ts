import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import { assembleClient, FRAMEWORKS, type Framework, folderOf, install, run } from "../../examples/run.js";
import { freePort } from "../../src/demo/free-port.js";
import { isAccessible } from "../browser/axe.js";
import { Visitor } from "../browser/visitor.js";
import { browserSuite } from "../support/chromium.js";
import { compilerSays } from "../support/compiler.js";
import { until } from "../support/condition.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const STREET = "Harbour Street 12";
/** Of calls that are refused, which is what these tests are about. */
const REFUSED_CALL = /^Failed to load resource/;

async function build(framework: Framework): Promise<void> {
  await install(framework);
  await run("npm", ["run", "build"], folderOf(framework));
}

await assembleClient();
const builds = FRAMEWORKS.map((framework) => ({ framework, built: build(framework).catch((error: Error) => error) }));
for (const { framework, built } of builds) {
  t.test(`${framework}: npm ci installs what its lockfile says, with the client as it is published, and Vite builds it`, async (t) => {
    const failure = await built;
    t.equal(failure?.message, undefined);
  });
}

t.test("react: its types are right with the published package's", async (t) => {
  await builds[0]?.built;
  t.equal(await compilerSays(folderOf("react")), "");
});

t.test("npm run example starts the one that is named, in front of Vite, and ends all of it when it is told", async (t) => {
  await builds[0]?.built;
  const [port, vitePort, cognitoPort] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(process.execPath, ["--no-warnings", fileURLToPath(new URL("../../examples/run.js", import.meta.url)), "react"], {
    env: { ...process.env, PORT: `${port}`, VITE_PORT: `${vitePort}`, LOCAL_COGNITO_PORT: `${cognitoPort}` },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  t.teardown(() => child.kill("SIGKILL"));
  for await (const chunk of child.stdout.setEncoding("utf8")) if (String(chunk).includes("Ctrl+C")) break;
  const addresses = [`http://localhost:${port}/`, `http://localhost:${vitePort}/`, `http://127.0.0.1:${cognitoPort}/_local/clock`];
  await until(async () => (await (await fetch(`http://localhost:${port}/`)).text()).includes("/@vite/client"));
  child.kill("SIGTERM");
  await ended;
  await until(async () => (await Promise.all(addresses.map((url) => fetch(url).catch(() => null)))).every((answer) => answer === null));
  t.pass("nothing answers any more");
});

/** The built app behind the proxy, and somebody who has it open. */
interface Stage {
  readonly demo: RunningDemo;
  readonly visitor: Visitor;
  readonly page: Page;
  /** What browser and framework complained of. */
  readonly complaints: readonly string[];
}

async function stage(t: Test, browser: Browser, framework: Framework): Promise<Stage> {
  const demo = await runDemo(t, { spaDir: `${folderOf(framework)}/dist`, spaCsp: CSP });
  const visitor = await Visitor.arrive(t, browser, demo);
  const complaints: string[] = [];
  visitor.context.on("console", (message) => {
    const isComplaint = ["warning", "error"].includes(message.type()) && !REFUSED_CALL.test(message.text());
    if (isComplaint) complaints.push(message.text());
  });
  const page = await visitor.open("/");
  await button(page, "Sign in").click();
  await visitor.passManagedLogin(page);
  await page.getByText(demo.user.email).waitFor();
  return { demo, visitor, page, complaints };
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });
const streetOf = (page: Page) => page.getByLabel("Street and number").inputValue();
const says = (page: Page, text: string | RegExp) => page.locator("output", { hasText: text }).waitFor();
const numbersOf = async (page: Page) => (await page.locator("li").allTextContents()).map((text) => text.split(":")[0]);

async function order(page: Page): Promise<void> {
  await page.getByLabel("Street and number").fill(STREET);
  await button(page, "Order").click();
}

await browserSuite(t, "the examples with frameworks, in a real browser", async (t, browser) => {
  for (const framework of FRAMEWORKS) {
    t.test(`${framework}: an order that meets the end of its session waits for the sign-in, and is placed once`, async (t) => {
      const { visitor, page, complaints } = await stage(t, browser, framework);
      await order(page);
      await says(page, "Ordered: FC-1001");
      t.equal(await streetOf(page), "", "what was ordered is out of the form");

      await visitor.advance("31d");
      await page.evaluate("globalThis.isSamePage = true");
      await order(page);
      await dialog(page, "Your session has ended").waitFor();
      t.equal(await streetOf(page), STREET);
      await isAccessible(t, page, "the end of a session");
      const [popup] = await Promise.all([page.waitForEvent("popup"), dialog(page, "Your session has ended").getByText("Sign in").click()]);
      await visitor.passManagedLogin(popup);
      await says(page, "Ordered: FC-1002");
      await page.getByText("FC-1002: 1 × coffee").waitFor();
      t.same(await numbersOf(page), ["FC-1002", "FC-1001"]);
      t.equal(await page.evaluate("globalThis.isSamePage"), true);
      t.notMatch(await page.evaluate("JSON.stringify([localStorage, sessionStorage])"), /ey[\w-]{20}/, "no token is kept in the page");
      await isAccessible(t, page, "the orders");
      t.same(complaints, [], "nor is anything against the policy, or a framework's rules");
    });

    t.test(`${framework}: "Not now" sends nothing, and what was typed goes through later, in the page's own language`, async (t) => {
      const { visitor, page } = await stage(t, browser, framework);
      await page.evaluate("document.documentElement.lang = 'de'");
      await visitor.advance("31d");
      await order(page);
      await dialog(page, "Ihre Sitzung ist beendet").waitFor();
      await button(page, "Nicht jetzt").click();
      await says(page, "Not sent: your session has ended.");
      t.equal(await streetOf(page), STREET);
      await button(page, "Order").click();
      const [popup] = await Promise.all([page.waitForEvent("popup"), button(page, "Anmelden").click()]);
      await visitor.passManagedLogin(popup);
      await says(page, "Ordered: FC-1001");
    });

    t.test(`${framework}: an outage of Cognito costs nobody the session or the form`, async (t) => {
      const { demo, visitor, page } = await stage(t, browser, framework);
      await visitor.advance("61m");
      demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "internal_error" });
      await order(page);
      await says(page, "The shop answered 503.");
      t.equal(await streetOf(page), STREET);
      t.equal(await page.getByRole("dialog").count(), 0);
      demo.localCognito.faults.clear();
      await visitor.advance("1m");
      await button(page, "Order").click();
      await says(page, "Ordered: FC-1001");
    });

    t.test(`${framework}: a sign-out in one tab takes the orders out of sight in the other`, async (t) => {
      const { demo, visitor, page } = await stage(t, browser, framework);
      const other = await visitor.open("/");
      await other.getByText(demo.user.email).waitFor();
      await button(other, "Sign out").click();
      // The page's own: the element has one in the second before the tab has left for Cognito.
      await other.getByRole("main").getByRole("button", { name: "Sign in", exact: true }).waitFor();
      await page.getByLabel("Street and number").waitFor({ state: "detached" });
      t.equal(await page.getByText(demo.user.email).count(), 0);
    });
  }
});
