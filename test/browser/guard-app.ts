import type { Browser, Locator, Page } from "playwright-core";
import type { Test } from "tap";
import type { BffOptions } from "../../src/config/options.js";
import { ClientApp } from "./client-app.js";

/** The strictest policy that leaves a script, a style sheet and the app's own server. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 0; margin-inline: auto; padding: 2rem 1.5rem }
label { display: block; margin-block: 1rem }
input, textarea { box-sizing: border-box; display: block; width: 100%; margin-block-start: .25rem; padding: .5rem .75rem; font: inherit }
button { padding: .5rem 1.25rem; font: inherit }
`;

/** What makes an app's page one with a guard. */
const GUARD = `<script type="module" src="/auth/element.js"></script>`;

/** As its author wrote it: nothing of it knows of sessions. */
const SCRIPT = `
const find = (id) => document.getElementById(id);
addEventListener("securitypolicyviolation", ({ violatedDirective }) => { find("violated").textContent += violatedDirective; });
const show = ({ status }) => { find("state").textContent = status; };
document.addEventListener("session-change", ({ detail }) => show(detail));
// The answer may have been there before this script was.
show(document.querySelector("session-guard").client.session());
find("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("answer").textContent = "sending";
  const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  const body = JSON.stringify(Object.fromEntries(new FormData(find("form"))));
  const answer = await fetch("/api/notes", { method: "POST", headers, body });
  find("answer").textContent = answer.status;
});
`;

export interface Language {
  readonly lang: string;
  readonly dir?: "ltr" | "rtl";
  readonly title: string;
  readonly note: string;
  readonly send: string;
}

export const ENGLISH: Language = { lang: "en", title: "A note to the board", note: "Your note", send: "Send" };

const pageIn = ({ lang, dir = "ltr", title, note, send }: Language, attributes: string) => `<!doctype html>
<html lang="${lang}" dir="${dir}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<link rel="stylesheet" href="/style.css">${GUARD}<script type="module" src="/app.js"></script>
<main><h1>${title}</h1><form id="form"><label>${note} <textarea name="note" rows="4"></textarea></label><button>${send}</button></form>
<p id="answer" role="status"></p><p id="violated"></p><p id="state" hidden></p></main>
<session-guard ${attributes}></session-guard></html>`;

export interface GuardAppOptions {
  readonly settings?: Partial<BffOptions>;
  readonly language?: Language;
  /** Of the tag. */
  readonly attributes?: string;
}

/** A person with an app before the real proxy, which knows nothing of sessions but the guard's script and its tag. */
export class GuardApp {
  readonly app: ClientApp;

  private constructor(app: ClientApp) {
    this.app = app;
  }

  static async start(
    t: Test,
    browser: Browser,
    { settings = {}, language = ENGLISH, attributes = "" }: GuardAppOptions = {},
  ): Promise<GuardApp> {
    const files = { "index.html": pageIn(language, attributes), "app.js": SCRIPT, "style.css": STYLE };
    return new GuardApp(await ClientApp.start(t, browser, { settings: { spaCsp: CSP, ...settings }, files }));
  }

  /** A tab whose person has signed in by the app's link. */
  async signedIn(): Promise<Page> {
    const { visitor } = this.app;
    const page = await visitor.open("/auth/login?return_to=/");
    await visitor.passManagedLogin(page);
    await page.locator("#form").waitFor();
    await statusOf(page, "active");
    return page;
  }

  /** A tab whose session has ended while a note was written, which has been sent. */
  async interrupted(): Promise<Page> {
    const page = await this.signedIn();
    this.app.demo.advance("31d");
    await send(page);
    await dialogOf(page).waitFor();
    return page;
  }

  /** The window that this button opens. */
  async popup(page: Page, name: string): Promise<Page> {
    const popup = page.waitForEvent("popup");
    await button(page, name).click();
    return popup;
  }
}

export const dialogOf = (page: Page): Locator => page.locator("session-guard dialog");
export const button = (page: Page, name: string): Locator => dialogOf(page).getByRole("button", { name, exact: true });

export async function send(page: Page, note = "Bread, salt, paper"): Promise<void> {
  await page.locator("textarea").fill(note);
  await page.locator("form button").click();
}

/** Waits until the page has heard so from the element. */
export async function statusOf(page: Page, status: string): Promise<void> {
  await page.locator("#state", { hasText: new RegExp(`^${status}$`) }).waitFor({ state: "attached" });
}

export async function answers(page: Page, status: number): Promise<void> {
  await page.locator("#answer", { hasText: new RegExp(`^${status}$`) }).waitFor();
}
