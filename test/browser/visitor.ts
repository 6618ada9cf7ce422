import type { Browser, BrowserContext, Cookie, Page, WebError } from "playwright-core";
import type { Test } from "tap";
import type { RunningDemo } from "../support/running-demo.js";
import { countCoverage } from "./coverage.js";

/** An answer as the page's script sees it. */
export interface PageAnswer {
  readonly status: number;
  /** The header BFF-Problem; null on answers that are not ours. */
  readonly problem: string | null;
  readonly retryAfter: string | null;
  readonly body: PageBody;
}

/** What these tests read of a body: the echo's members, or a problem's. */
export interface PageBody {
  readonly headers?: Readonly<Record<string, string>>;
  readonly reason?: string;
  readonly cause?: string;
}

/** The checkout form's fields, by name. */
export type Fields = Readonly<Record<"name" | "street" | "postcode" | "town" | "note", string>>;

export const ADDRESS: Fields = {
  name: "Ada Lindgren",
  street: "Harbour Street 12",
  postcode: "2100",
  town: "Copenhagen",
  note: "Please leave it with the neighbour.",
};

/** Long enough for a slow machine, far below tap's own limit. */
const PATIENCE_MS = 30_000;

/**
 * A person with a browser profile of their own, in front of the demo. An error in one of the pages fails the test, and says what and where it
 * was. Whatever the pages talk to has to be there before them: teardowns run backwards, and so it outlives them.
 */
export class Visitor {
  readonly context: BrowserContext;
  readonly #demo: RunningDemo;

  private constructor(context: BrowserContext, demo: RunningDemo) {
    this.context = context;
    this.#demo = demo;
  }

  static async arrive(t: Test, browser: Browser, demo: RunningDemo): Promise<Visitor> {
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE_MS);
    const onError = (failure: WebError) => {
      const { message, stack } = failure.error();
      t.fail(`a page's script failed: ${message}`, { page: failure.page()?.url(), thrown: stack });
    };
    context.on("weberror", onError);
    const keepCoverage = await countCoverage(context);
    t.teardown(async () => {
      // The test is over, and an answer under way would be reported as an error while its page closes.
      context.off("weberror", onError);
      await keepCoverage();
      await context.close();
    });
    return new Visitor(context, demo);
  }

  /** A new tab. */
  async open(path = "/"): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.url(path));
    return page;
  }

  url(path: string): string {
    return new URL(path, this.#demo.url).href;
  }

  /** A new tab in which the person has signed in at the shop and sees the checkout. */
  async signedIn(): Promise<Page> {
    const page = await this.open();
    await page.locator("#sign-in").click();
    await this.passManagedLogin(page);
    await page
      .locator("#checkout")
      .waitFor()
      .catch(async (error: Error) => {
        // Where it stopped instead, or nobody could say why.
        throw new Error(
          `${error.message}\nat ${page.url()}:\n${await page.locator("body").ariaSnapshot()}\n${this.#demo.logLines.join("")}`,
        );
      });
    return page;
  }

  /** Fills in and sends managed login's form, wherever it leads. */
  async passManagedLogin(page: Page, { email, password } = this.#demo.user): Promise<void> {
    await page.locator("#username").fill(email);
    await page.locator("#password").fill(password);
    await page.locator("form button[type=submit]").click();
  }

  /** Our cookies as Chromium keeps them. */
  async cookies(): Promise<Cookie[]> {
    return (await this.context.cookies(this.#demo.url)).filter(({ name }) => name.startsWith("bff-"));
  }

  /** The bytes our cookies' pairs take in a Cookie header, separators included. */
  async cookieBytes(): Promise<number> {
    const pairs = (await this.cookies()).map(({ name, value }) => `${name}=${value}`);
    return Buffer.byteLength(pairs.join("; "));
  }

  /**
   * Moves the browser's clock along with the demo's: `Date` in its pages, and the age of its cookies. Chromium's cookie jar reads the
   * machine's clock, which no test may move, so every cookie's end comes nearer by as much instead; Chromium drops those that are over.
   */
  async advance(text: string): Promise<void> {
    const before = this.#demo.clock.now();
    this.#demo.advance(text);
    const after = this.#demo.clock.now();
    const kept = await this.context.cookies();
    const aged = kept.map((cookie) => (cookie.expires === -1 ? cookie : { ...cookie, expires: cookie.expires - (after - before) / 1_000 }));
    await this.context.clearCookies();
    await this.context.addCookies(aged);
    await this.context.clock.setSystemTime(after);
  }
}

/** What the app's own script does with fetch, in this tab. */
export function call(page: Page, path = "/api/echo"): Promise<PageAnswer> {
  return page.evaluate(async (url) => {
    const response = await fetch(url);
    const { status, headers } = response;
    const body = (await response.json()) as PageBody;
    return { status, problem: headers.get("BFF-Problem"), retryAfter: headers.get("Retry-After"), body };
  }, path);
}

export async function fillForm(page: Page, fields: Fields = ADDRESS): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
}

export async function formOf(page: Page): Promise<Fields> {
  const value = (name: keyof Fields) => page.locator(`#${name}`).inputValue();
  return {
    name: await value("name"),
    street: await value("street"),
    postcode: await value("postcode"),
    town: await value("town"),
    note: await value("note"),
  };
}

export const EMPTY_FORM: Fields = { name: "", street: "", postcode: "", town: "", note: "" };
