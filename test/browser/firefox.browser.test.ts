import type { Page } from "puppeteer-core";
import t from "tap";
import { until } from "../support/condition.js";
import { firefoxSuite } from "../support/firefox.js";
import { runDemo } from "../support/running-demo.js";
import { ADDRESS } from "./visitor.js";

await firefoxSuite(t, "an order that meets the end of its session, in a real Firefox", async (t, browser) => {
  t.test("it waits for the sign-in in a window of its own, and is placed then: the same body, once", async (t) => {
    const demo = await runDemo(t);
    const page = await browser.newPage();
    const answers: { readonly status: number; readonly text: string }[] = [];
    page.on("response", (response) => {
      if (!response.url().endsWith("/api/orders")) return;
      const status = response.status();
      const body = status === 201 ? response.text() : Promise.resolve("");
      void body.then((text) => answers.push({ status, text }));
    });
    await page.goto(demo.url);
    await click(page, "#sign-in");
    await passManagedLogin(page, demo.user);
    await page.locator("#checkout").wait();
    for (const [name, value] of Object.entries(ADDRESS)) await page.type(`#${name}`, value);

    demo.advance("31d");
    await click(page, "#place-order");
    await page.locator("session-guard >>> dialog[open]").wait();
    const before = new Set(await browser.pages());
    await click(page, "session-guard >>> [part~=primary]");
    const opened = async () => (await browser.pages()).find((candidate) => !before.has(candidate));
    await until(async () => (await opened()) !== undefined, "a window");
    await passManagedLogin(await opened(), demo.user);
    await page.locator("#ordered").wait();
    t.equal(page.url(), `${demo.url}/`, "the page was never left");
    // Its section is there, hidden, from the start.
    await until(async () => (await orderNumber(page)) === "FC-1001", "the order's number");
    await until(() => answers.length === 2, "both answers");
    t.same(
      answers.map(({ status }) => status),
      [401, 201],
    );
    t.match(JSON.parse(answers[1]?.text ?? ""), { address: ADDRESS });
    await until(async () => (await opened()) === undefined, "the window has closed itself");

    await click(page, "#order-again");
    await page.locator("#checkout").wait();
    for (const [name, value] of Object.entries(ADDRESS)) await page.type(`#${name}`, value);
    await click(page, "#place-order");
    await page.locator("#ordered").wait();
    await until(async () => (await orderNumber(page)) === "FC-1002", "the next number: the API has seen each order once");
  });
});

async function click(page: Page, selector: string): Promise<void> {
  await page.locator(selector).click();
}

async function passManagedLogin(
  page: Page | undefined,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<void> {
  if (page === undefined) throw new Error("there is no window");
  await page.locator("#username").fill(email);
  await page.locator("#password").fill(password);
  await click(page, "form button[type=submit]");
}

function orderNumber(page: Page): Promise<unknown> {
  return page.evaluate("document.querySelector('#order-number').textContent");
}
