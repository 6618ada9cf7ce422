import type { Page, Response } from "playwright-core";
import t, { type Test } from "tap";
import { administer } from "../support/administration.js";
import { browserSuite } from "../support/chromium.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { ADDRESS, EMPTY_FORM, type Fields, fillForm, formOf, Visitor } from "./visitor.js";

interface OrderAnswer {
  readonly status: number;
  /** Of the order that the API has placed. */
  readonly address?: Fields;
}

const ENDED: OrderAnswer = { status: 401 };
const PLACED: OrderAnswer = { status: 201, address: ADDRESS };

const OTHER = { email: "grace@example.com", password: "Different-1" };

await browserSuite(t, "an order that meets the end of its session, in a real browser", async (t, browser) => {
  t.test("it waits for the sign-in in a window of its own, and is placed then: the same body, once", async (t) => {
    const { visitor, page, popup, answers } = await interrupted(t, browser, await runDemo(t));
    t.match(await page.locator("session-guard dialog").textContent(), /as long as the shop allows/);
    await visitor.passManagedLogin(await popup());
    await page.locator("#ordered").waitFor();
    t.equal(page.url(), visitor.url("/"), "the page was never left");
    t.same(await answers(), [ENDED, PLACED]);
    t.equal(await page.locator("#order-number").textContent(), "FC-1001");
    t.equal(await nextOrderNumber(page), "FC-1002", "the API has seen it once");
    t.equal(visitor.context.pages().length, 1, "and the window is closed");
  });

  t.test(
    "where the browser opens no window, the sign-in is on this page, what was typed comes back, and nothing is sent by itself",
    async (t) => {
      const { visitor, page, answers } = await interrupted(t, browser, await runDemo(t), "window.open = () => null");
      await page.locator("session-guard [part~=primary]").click();
      await page.getByRole("button", { name: "Use this window" }).click();
      await visitor.passManagedLogin(page);
      await page.locator("#checkout").waitFor();
      t.same(await formOf(page), ADDRESS);
      t.same(await answers(), [ENDED], "whoever reads the form again may have changed their mind");
      await page.locator("#place-order").click();
      await page.locator("#ordered").waitFor();
      t.equal(await page.locator("#order-number").textContent(), "FC-1001");
    },
  );

  t.test("a sign-in window that was closed can be opened again, and then the order is placed", async (t) => {
    const { visitor, page, popup, answers } = await interrupted(t, browser, await runDemo(t));
    await (await popup()).close();
    await visitor.passManagedLogin(await popup());
    await page.locator("#ordered").waitFor();
    t.same(await answers(), [ENDED, PLACED]);
    t.equal(await nextOrderNumber(page), "FC-1002");
  });

  t.test("the person may leave the sign-in for later: what was typed stays, nothing is sent, and another try waits again", async (t) => {
    const { visitor, page, popup, answers } = await interrupted(t, browser, await runDemo(t));
    await page.keyboard.press("Escape");
    await page.locator("#place-order[aria-disabled=false]").waitFor({ state: "attached" });
    t.same(await formOf(page), ADDRESS);
    await page.locator("#town").fill("Aarhus");
    await page.locator("#town").press("Enter");
    await page.locator("session-guard dialog").waitFor();
    const opened = await popup();
    t.same(await answers(), [ENDED, ENDED]);
    await visitor.passManagedLogin(opened);
    await page.locator("#ordered").waitFor();
    t.same(
      await answers(),
      [ENDED, ENDED, { ...PLACED, address: { ...ADDRESS, town: "Aarhus" } }],
      "what was given up is not sent after all",
    );
  });

  t.test("two tabs wait for one sign-in, and each order is placed once", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const tabs = [await visitor.signedIn(), await visitor.open()];
    for (const page of tabs) await fillForm(page);
    demo.advance("31d");
    for (const page of tabs) {
      await page.bringToFront();
      await page.locator("#place-order").dispatchEvent("click");
      await page.locator("session-guard dialog").waitFor();
    }
    const [first, second] = tabs as [Page, Page];
    await first.bringToFront();
    const opened = first.waitForEvent("popup");
    await first.locator("session-guard [part~=primary]").click();
    await visitor.passManagedLogin(await opened);
    for (const page of tabs) await page.locator("#ordered").waitFor();
    const numbers = await Promise.all(tabs.map((page) => page.locator("#order-number").textContent()));
    t.same(numbers.sort(), ["FC-1001", "FC-1002"]);
    t.equal(await nextOrderNumber(second), "FC-1003");
  });

  t.test("another person signs in: the order is not placed in their name, and what was typed is gone", async (t) => {
    const demo = await runDemo(t);
    await administer(demo, "AdminCreateUser", { Username: OTHER.email, MessageAction: "SUPPRESS" });
    await administer(demo, "AdminSetUserPassword", { Username: OTHER.email, Password: OTHER.password, Permanent: true });
    const { visitor, page, popup, answers } = await interrupted(t, browser, demo);
    await visitor.passManagedLogin(await popup(), OTHER);
    await page.locator("session-guard dialog").waitFor({ state: "hidden" });
    t.same(await formOf(page), EMPTY_FORM);
    t.notMatch(await page.evaluate<string>("JSON.stringify({ ...sessionStorage })"), ADDRESS.name);
    t.same(await answers(), [ENDED]);
    t.equal(await nextOrderNumber(page), "FC-1001", "the API has seen no order");
  });

  t.test("offline, nobody is signed out and nothing is sent twice; back online the shop goes on by itself", async (t) => {
    const demo = await runDemo(t);
    const visitor = await Visitor.arrive(t, browser, demo);
    const page = await visitor.signedIn();
    await fillForm(page);
    await visitor.context.setOffline(true);
    await page.locator("#place-order").click();
    await page.getByText("We cannot tell whether your order arrived.").waitFor();
    t.equal(await page.locator("session-guard dialog").isVisible(), false);
    t.same(await formOf(page), ADDRESS);
    await visitor.context.setOffline(false);
    await page.getByText("All is well again").waitFor();
    t.equal(await nextOrderNumber(page), "FC-1001", "no order was sent by itself");
  });
});

interface Interrupted {
  readonly visitor: Visitor;
  readonly page: Page;
  /** Clicks on signing in again, and waits for the window. */
  popup(): Promise<Page>;
  /** What the page's orders were answered, in order. */
  answers(): Promise<readonly OrderAnswer[]>;
}

/** A person who has sent an order after the end of the refresh token, and is told so. */
async function interrupted(
  t: Test,
  browser: Parameters<typeof Visitor.arrive>[1],
  demo: RunningDemo,
  initScript = "",
): Promise<Interrupted> {
  const visitor = await Visitor.arrive(t, browser, demo);
  await visitor.context.addInitScript(initScript);
  const page = await visitor.signedIn();
  const answers: Promise<OrderAnswer>[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith("/api/orders")) answers.push(readAnswer(response));
  });
  await fillForm(page);
  demo.advance("31d");
  await page.locator("#place-order").click();
  await page.locator("session-guard dialog").waitFor();
  return {
    visitor,
    page,
    answers: () => Promise.all(answers),
    async popup() {
      const opened = page.waitForEvent("popup");
      await page.locator("session-guard [part~=primary]").click();
      return opened;
    },
  };
}

async function readAnswer(response: Response): Promise<OrderAnswer> {
  const status = response.status();
  return status === 201 ? { status, address: ((await response.json()) as { address: Fields }).address } : { status };
}

/** The sample API counts its orders: places one more, and says its number. */
function nextOrderNumber(page: Page): Promise<string> {
  return page.evaluate(
    async (body) => {
      const response = await fetch("/api/orders", { method: "POST", body });
      return ((await response.json()) as { order_number: string }).order_number;
    },
    JSON.stringify({ items: [{ id: "ink", quantity: 1 }], address: {} }),
  );
}
