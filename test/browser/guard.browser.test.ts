import type { Page } from "playwright-core";
import t from "tap";
import { administer } from "../support/administration.js";
import { browserSuite } from "../support/chromium.js";
import { isAccessible } from "./axe.js";
import { answers, button, dialogOf, ENGLISH, GuardApp, send, statusOf } from "./guard-app.js";

const OTHER = { email: "grace@example.com", password: "Different-1" };

/** The text of what has the focus, shadow roots looked into; nothing where nothing has it. */
const FOCUSED = `(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element === document.body ? "" : element.textContent.trim();
})()`;
const focused = (page: Page) => page.evaluate<string>(FOCUSED);

/** Of the dialog, or what is in it. */
const styleOf = (page: Page, property: string, inner = "", pseudo = "") =>
  page.evaluate<string>(`(() => {
    const dialog = document.querySelector("session-guard").shadowRoot.querySelector("dialog");
    const element = ${JSON.stringify(inner)} ? dialog.querySelector(${JSON.stringify(inner)}) : dialog;
    return getComputedStyle(element, ${JSON.stringify(pseudo)} || null)[${JSON.stringify(property)}];
  })()`);

const check = (page: Page) => page.evaluate("document.querySelector('session-guard').client.check()");

await browserSuite(t, "<session-guard>: one script, one tag, a strict policy, in a real browser", async (t, browser) => {
  t.test(
    "a note that meets the end of its session waits for the sign-in, and arrives once; the focus goes in, stays in and comes back",
    async (t) => {
      const guard = await GuardApp.start(t, browser);
      const page = await guard.interrupted();
      const dialog = dialogOf(page);
      t.equal(await page.getByRole("dialog", { name: "Your session has ended" }).count(), 1, "it has its role and name");
      t.match(await dialog.textContent(), "What you typed is still here.");
      t.equal(await focused(page), "Your session has ended", "no button is pressed by whoever was just typing");
      await isAccessible(t, page, "ended");
      const seen: string[] = [];
      for (let presses = 0; presses < 5; presses++) {
        await page.keyboard.press("Tab");
        seen.push(await focused(page));
      }
      t.notMatch(seen.join(), "Send", "the page behind it is out of reach");
      t.same([seen.includes("Sign in"), seen.includes("Not now")], [true, true]);
      const popup = await guard.popup(page, "Sign in");
      await page.getByRole("dialog", { name: "Waiting for you to sign in" }).waitFor();
      await isAccessible(t, page, "waiting");
      await guard.app.visitor.passManagedLogin(popup);
      await answers(page, 200);
      await dialog.waitFor({ state: "hidden" });
      t.equal(await focused(page), "Send");
      t.equal(await page.locator("session-guard [role=status]").textContent(), "You are signed in.", "which is said");
      t.same(
        guard.app.api.arrived.map(({ method, body }) => [method, body]),
        [["POST", '{"note":"Bread, salt, paper"}']],
      );
      t.equal(await page.locator("#violated").textContent(), "", "the policy was kept");
    },
  );

  t.test("Escape puts it away and nothing is sent; the next try asks again", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.interrupted();
    await page.keyboard.press("Escape");
    await dialogOf(page).waitFor({ state: "hidden" });
    await answers(page, 401);
    t.equal(await page.locator("textarea").inputValue(), "Bread, salt, paper");
    await send(page, "And ink");
    await guard.app.visitor.passManagedLogin(await guard.popup(page, "Sign in"));
    await answers(page, 200);
    t.same(
      guard.app.api.arrived.map(({ body }) => body),
      ['{"note":"And ink"}'],
    );
  });

  t.test("a sign-in window that was closed is opened again by Try again; Not now ends the wait", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.interrupted();
    await (await guard.popup(page, "Sign in")).close();
    await (await guard.popup(page, "Try again")).close();
    await button(page, "Not now").click();
    await answers(page, 401);
    await send(page, "Later");
    await guard.app.visitor.passManagedLogin(await guard.popup(page, "Sign in"));
    await answers(page, 200);
  });

  t.test("where the browser opens no window it says so, and signing in in this one is a choice", async (t) => {
    const guard = await GuardApp.start(t, browser);
    await guard.app.visitor.context.addInitScript("window.open = () => null");
    const page = await guard.interrupted();
    await button(page, "Sign in").click();
    await page.getByRole("dialog", { name: "The sign-in window did not open" }).waitFor();
    t.match(await dialogOf(page).textContent(), "what is not saved may be lost");
    await isAccessible(t, page, "blocked");
    await button(page, "Use this window").click();
    await guard.app.visitor.passManagedLogin(page);
    await page.locator("#form").waitFor();
    await statusOf(page, "active");
    t.equal(await dialogOf(page).isVisible(), false);
  });

  t.test("ahead of the idle limit it asks and counts down; Stay signed in moves the limit, and so does Escape", async (t) => {
    const guard = await GuardApp.start(t, browser, { settings: { sessionIdleTimeout: "10m" } });
    const page = await guard.signedIn();
    for (const stay of [() => button(page, "Stay signed in").click(), () => page.keyboard.press("Escape")]) {
      guard.app.demo.advance("570s");
      await check(page);
      await page.getByRole("dialog", { name: "Are you still there?" }).waitFor();
      t.match(await page.getByRole("timer").textContent(), /^0:[123]\d$/);
      await isAccessible(t, page, "idle");
      await stay();
      await dialogOf(page).waitFor({ state: "hidden" });
      await statusOf(page, "active");
    }
  });

  t.test(
    "ahead of the session's own end a notice stands beside the page and takes no focus; signing in again goes on without a break",
    async (t) => {
      const guard = await GuardApp.start(t, browser, { settings: { sessionMaxAge: "1h" } });
      const page = await guard.signedIn();
      await page.locator("textarea").focus();
      guard.app.demo.advance("57m");
      await check(page);
      await page.getByRole("dialog", { name: "Your session ends soon" }).waitFor();
      await page.keyboard.type("still typing");
      t.equal(await page.locator("textarea").inputValue(), "still typing");
      t.match(await page.locator("session-guard [role=status]").textContent(), "Your session ends soon", "which is said");
      await isAccessible(t, page, "limit");
      await button(page, "Later").focus();
      await page.keyboard.press("Enter");
      await dialogOf(page).waitFor({ state: "hidden" });
      t.equal(await page.evaluate("document.activeElement.tagName"), "TEXTAREA", "and the focus is back");
    },
  );

  t.test("a sign-out in another tab puts the page out of sight; whoever signs in then is told whose it is", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.signedIn();
    const other = await guard.app.visitor.open();
    await statusOf(other, "active");
    await other.evaluate("document.querySelector('session-guard').client.logout()");
    await page.getByRole("dialog", { name: "You signed out in this browser" }).waitFor();
    const cover = await styleOf(page, "backgroundColor", "", "::backdrop");
    t.match(cover, /^rgb\(/, "opaque");
    await isAccessible(t, page, "signed out");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    t.equal(await dialogOf(page).isVisible(), true, "there is nothing to put away");
    await administer(guard.app.demo, "AdminCreateUser", { Username: OTHER.email, MessageAction: "SUPPRESS" });
    await administer(guard.app.demo, "AdminSetUserPassword", { Username: OTHER.email, Password: OTHER.password, Permanent: true });
    await guard.app.visitor.passManagedLogin(await guard.popup(page, "Sign in"), OTHER);
    await page.getByRole("dialog", { name: "Somebody else has signed in" }).waitFor();
    await isAccessible(t, page, "somebody else");
    await page.locator("textarea").fill("What the first person typed", { force: true });
    await button(page, "Load again").click();
    await page.waitForEvent("load");
    await statusOf(page, "active");
    t.equal(await page.locator("textarea").inputValue(), "");
    t.equal(await dialogOf(page).isVisible(), false);
  });

  t.test("with keep-page the app takes away what is private itself, and the page goes on for whoever signs in", async (t) => {
    const guard = await GuardApp.start(t, browser, { attributes: "keep-page" });
    const page = await guard.signedIn();
    const other = await guard.app.visitor.open();
    await statusOf(other, "active");
    await other.evaluate("document.querySelector('session-guard').client.logout()");
    await page.getByRole("dialog", { name: "You signed out in this browser" }).waitFor();
    await page.keyboard.press("Escape");
    await dialogOf(page).waitFor({ state: "hidden" });
  });

  t.test("it speaks the page's language, loads only that, and English where it has no words", async (t) => {
    for (const [lang, loaded, title, signIn] of [
      ["de-AT", "de", "Ihre Sitzung ist beendet", "Anmelden"],
      ["fr-CA", "fr", "Votre session est terminée", "Se connecter"],
      ["es", "es", "Tu sesión ha terminado", "Iniciar sesión"],
      ["JA", "ja", "セッションが終了しました", "サインイン"],
      ["nl", "en", "Your session has ended", "Sign in"],
      ["constructor", "en", "Your session has ended", "Sign in"],
    ] as const) {
      const guard = await GuardApp.start(t, browser, { language: { ...ENGLISH, lang } });
      const files: string[] = [];
      guard.app.visitor.context.on("request", (request) => files.push(/\/words[./](\w+)\.js$/.exec(request.url())?.[1] ?? ""));
      const page = await guard.interrupted();
      await page.getByRole("dialog", { name: title }).waitFor();
      t.equal(await button(page, signIn).count(), 1, lang);
      t.equal(await dialogOf(page).getAttribute("lang"), loaded, "so that it is spoken right");
      t.same([...new Set(files.filter(Boolean))], [loaded]);
    }
  });

  t.test("an app says it in its own words, set before or after the element is known", async (t) => {
    const guard = await GuardApp.start(t, browser, { language: { ...ENGLISH, lang: "nl" } });
    await guard.app.visitor.context.addInitScript(`document.addEventListener("DOMContentLoaded", () => {
      if (location.port === "${new URL(guard.app.demo.url).port}") document.querySelector("session-guard").words = {
        refresh_token_expired: ["Even opnieuw inloggen"],
        expired: ["Sessie voorbij", "Log opnieuw in."],
        signIn: "Inloggen",
      };
    })`);
    const page = await guard.interrupted();
    await page.getByRole("dialog", { name: "Even opnieuw inloggen" }).waitFor();
    t.match(await dialogOf(page).textContent(), "Log opnieuw in.");
    t.equal(await dialogOf(page).getAttribute("lang"), "nl");
    await page.evaluate("document.querySelector('session-guard').words = { signIn: 'Aanmelden' }");
    await button(page, "Aanmelden").waitFor();
  });

  t.test("from right to left it starts on the right, and the notice stands at the left", async (t) => {
    const language = { lang: "he", dir: "rtl", title: "הודעה ללוח", note: "ההודעה שלך", send: "שליחה" } as const;
    const guard = await GuardApp.start(t, browser, { settings: { sessionMaxAge: "1h" }, language });
    const page = await guard.signedIn();
    guard.app.demo.advance("57m");
    await check(page);
    await button(page, "Later").waitFor();
    const [notice, later, signIn] = await Promise.all([
      dialogOf(page).boundingBox(),
      button(page, "Later").boundingBox(),
      button(page, "Sign in").boundingBox(),
    ]);
    t.ok((notice?.x ?? 999) < 100);
    t.ok((signIn?.x ?? 0) > (later?.x ?? 999), "the button that is meant comes first");
    await isAccessible(t, page, "right to left");
  });

  t.test("words that cannot be loaded are asked for again", async (t) => {
    const guard = await GuardApp.start(t, browser);
    let times = 0;
    await guard.app.visitor.context.route(/\/words[./]\w+\.js$/, (route) => (++times === 1 ? route.abort() : route.fallback()));
    const page = await guard.interrupted();
    await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
  });

  t.test("whoever wants no motion gets none, and the looks can be changed from outside", async (t) => {
    const guard = await GuardApp.start(t, browser);
    const page = await guard.interrupted();
    await page.emulateMedia({ reducedMotion: "no-preference" });
    t.equal(await styleOf(page, "animationName"), "arrive");
    await page.emulateMedia({ reducedMotion: "reduce" });
    t.equal(await styleOf(page, "animationName"), "none");
    await page.evaluate(`{
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("session-guard { --session-guard-accent: rgb(1, 2, 3) } session-guard::part(title) { color: rgb(4, 5, 6) }");
      document.adoptedStyleSheets = [sheet];
    }`);
    t.equal(await styleOf(page, "backgroundColor", "[part~=primary]"), "rgb(1, 2, 3)");
    t.equal(await styleOf(page, "color", "h2"), "rgb(4, 5, 6)");
  });

  t.test(
    "taken off the page it gives fetch back; put back it goes on; with no-fetch it never took it; our own routes answer as they are",
    async (t) => {
      const guard = await GuardApp.start(t, browser);
      const page = await guard.signedIn();
      const isNative = () => page.evaluate("fetch.toString().includes('[native code]')");
      t.equal(await isNative(), false);
      await page.evaluate("globalThis.guard = document.querySelector('session-guard'); guard.remove()");
      t.equal(await isNative(), true);
      await page.evaluate("document.body.append(guard)");
      t.equal(await isNative(), false);
      guard.app.demo.advance("31d");
      t.equal(await page.evaluate("fetch('/auth/session').then(({ status }) => status)"), 401, "whoever asks for the session is answered");
      await send(page);
      await button(page, "Not now").click();
      await answers(page, 401);
      const changes = await page.evaluate<string[]>(`new Promise((resolve) => {
      const seen = [];
      document.addEventListener("session-change", ({ detail }) => seen.push(detail.status));
      guard.setAttribute("no-fetch", "");
      guard.remove();
      document.body.append(guard);
      resolve([fetch.toString().includes("[native code]"), guard.client.session().status]);
    })`);
      t.same(changes, [true, "expired"]);
    },
  );
});
