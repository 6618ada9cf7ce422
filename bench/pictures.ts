/*
 * Takes the pictures of the demo, of <session-guard> and of the doctor that stand in docs/images, from the built files, in the distribution's Chromium:
 * `npm run build && node dist/bench/pictures.js`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { doctor } from "../src/commands/doctor/doctor.js";
import { type Demo, startDemo } from "../src/demo/demo.js";

const FOLDER = "docs/images";
const MONTH_MS = 31 * 86_400_000;
const WIDE = { viewport: { width: 1_280, height: 800 } };
const SMALL = { viewport: { width: 900, height: 620 } };
const PHONE = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2 };

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#f6f7fb, #101120) }
main { box-sizing: border-box; max-width: 42rem; margin-inline: auto; padding: 2.5rem 1.5rem }
h1 { margin: 0 0 1.5rem; font-size: 1.75rem }
label { display: block; margin-block: 1rem; color: light-dark(#3c4160, #b9bedb) }
input, textarea { box-sizing: border-box; display: block; width: 100%; margin-block-start: .25rem; padding: .6rem .75rem; border: 1px solid light-dark(#b9bdd2, #3d4265); border-radius: 8px; background: light-dark(#fff, #181a2c); color: light-dark(#17192c, #eef0fb); font: inherit }
button { padding: .6rem 1.25rem; border: 0; border-radius: 8px; background: #2f6f5e; color: #fff; font: inherit }
`;

interface Sample {
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  readonly title: string;
  readonly labels: readonly [string, string, string];
  readonly typed: readonly [string, string];
  /** In place of those that ship. */
  readonly words: object;
}

const ENGLISH: Sample = {
  lang: "en",
  dir: "ltr",
  title: "Report a broken lamp",
  labels: ["Where is it?", "What is wrong?", "Send the report"],
  typed: ["Harbour Street 12, third lamp from the bridge", "It flickers since Monday, and goes out when a tram passes."],
  words: {},
};

const ARABIC: Sample = {
  lang: "ar",
  dir: "rtl",
  title: "الإبلاغ عن مصباح معطل",
  labels: ["أين يقع؟", "ما المشكلة؟", "إرسال البلاغ"],
  typed: ["شارع الميناء 12، المصباح الثالث بعد الجسر", "يومض منذ يوم الاثنين وينطفئ عند مرور الترام."],
  words: {
    refresh_token_expired: ["حان وقت تسجيل الدخول من جديد", "مدة تسجيل الدخول هنا محدودة."],
    kept: "ما كتبته لا يزال هنا.",
    signIn: "تسجيل الدخول",
    cancel: "ليس الآن",
  },
};

/** An app of one page, which is all that <session-guard> needs. */
function appOf({ lang, dir, title, labels: [where, what, send], words }: Sample): string {
  const folder = mkdtempSync(join(tmpdir(), "session-guard-"));
  const page = `<!doctype html><html lang="${lang}" dir="${dir}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="stylesheet" href="/style.css"><script type="module" src="/app.js"></script><script type="module" src="/auth/element.js"></script>
<main><h1>${title}</h1><form><label>${where} <input name="where"></label><label>${what} <textarea rows="4"></textarea></label><button>${send}</button></form></main>
<session-guard></session-guard></html>`;
  const script = `document.querySelector("session-guard").words = ${JSON.stringify(words)};
document.querySelector("form").onsubmit = (event) => { event.preventDefault(); void fetch("/api/echo"); };`;
  for (const [name, content] of Object.entries({ "index.html": page, "app.js": script, "style.css": STYLE }))
    writeFileSync(join(folder, name), content);
  return folder;
}

async function signIn(page: Page, demo: Demo, returnTo = "/"): Promise<void> {
  await page.goto(`${demo.url}/auth/login?return_to=${returnTo}`);
  await page.locator("#username").fill(demo.user.email);
  await page.locator("#password").fill(demo.user.password);
  await page.locator("form button[type=submit]").click();
  await page.waitForURL(`${demo.url}/`);
}

async function withDemo(settings: { spaDir?: string }, take: (demo: Demo) => Promise<void>): Promise<void> {
  const demo = await startDemo({ host: "127.0.0.1", port: 0, localCognitoPort: 0, settings: { ...settings, logLevel: "silent" } });
  try {
    await take(demo);
  } finally {
    await demo.close();
  }
}

/** With a page of its own, and nothing moving. */
async function withPage(browser: Browser, options: BrowserContextOptions, take: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  try {
    await take(await context.newPage());
  } finally {
    await context.close();
  }
}

async function save(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  process.stdout.write(`${FOLDER}/${name}.png\n`);
}

async function takeDialog(browser: Browser, name: string, sample: Sample, options: BrowserContextOptions): Promise<void> {
  const spaDir = appOf(sample);
  await withDemo({ spaDir }, (demo) =>
    withPage(browser, options, async (page) => {
      await signIn(page, demo);
      for (const [index, text] of sample.typed.entries()) await page.locator("input, textarea").nth(index).fill(text);
      demo.clock.advance(MONTH_MS);
      await page.locator("form button").click();
      await page.locator("session-guard dialog").waitFor();
      await save(page, name);
    }),
  );
  rmSync(spaDir, { recursive: true });
}

async function takeShop(browser: Browser): Promise<void> {
  await withDemo({}, (demo) =>
    withPage(browser, WIDE, async (page) => {
      await signIn(page, demo);
      const fields = { name: "Ada Lindgren", street: "Harbour Street 12", postcode: "2100", town: "Copenhagen" };
      for (const [id, text] of Object.entries(fields)) await page.locator(`#${id}`).fill(text);
      for (const lever of ["One call", /at once/]) await page.getByRole("button", { name: lever }).click();
      await page.locator(".entry").nth(2).waitFor();
      await page.evaluate("scrollTo(0, 0)");
      await save(page, "demo");
      await page.getByRole("button", { name: /31 days/ }).click();
      await page.locator("session-guard dialog").waitFor();
      await save(page, "demo-expired");
    }),
  );
  await withDemo({}, (demo) =>
    withPage(browser, { ...PHONE, colorScheme: "dark" }, async (page) => {
      await signIn(page, demo);
      const fields = { name: "Ada Lindgren", street: "Harbour Street 12", postcode: "2100", town: "Copenhagen" };
      for (const [id, text] of Object.entries(fields)) await page.locator(`#${id}`).fill(text);
      demo.clock.advance(MONTH_MS);
      await page.locator("#place-order").click();
      await page.locator("session-guard dialog").waitFor();
      await save(page, "demo-phone");
      await page.goto(`${demo.url}/auth/problems/refresh_token_expired`);
      await save(page, "problem-page");
    }),
  );
}

const TERMINAL = `
body { margin: 0; padding: 28px 32px; background: #14151f; color: #dfe3f5; font: 17px/1.5 "DejaVu Sans Mono", monospace; white-space: pre }
b { color: #fff } .red { color: #ff8f85 } .yellow { color: #ffd27a } .prompt { color: #8fe3b4 }
`;

/** What a terminal makes of the colours of node:util's styleText, for a page. */
function asHtml(text: string): string {
  const tags: { readonly [code: string]: string } = {
    1: "<b>",
    22: "</b>",
    31: '<span class="red">',
    33: '<span class="yellow">',
    39: "</span>",
  };
  const escaped = text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences themselves.
  return escaped.replace(/\u001b\[(\d+)m/g, (_sequence, code: string) => tags[code] ?? "");
}

/** The doctor before an app client whose 30 days are hours. */
async function takeDoctor(browser: Browser): Promise<void> {
  await withDemo({}, async (demo) => {
    const pool = { UserPoolId: demo.config.cognitoUserPoolId };
    const target = "AWSCognitoIdentityProviderService.CreateUserPoolClient";
    const client = {
      ...pool,
      ClientName: "shop",
      GenerateSecret: true,
      RefreshTokenValidity: 30,
      TokenValidityUnits: { RefreshToken: "hours" },
      ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
      SupportedIdentityProviders: ["COGNITO"],
      CallbackURLs: ["https://app.example.com/auth/callback"],
      LogoutURLs: ["https://app.example.com/"],
      AllowedOAuthFlows: ["code"],
      AllowedOAuthScopes: ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
      AllowedOAuthFlowsUserPoolClient: true,
      PreventUserExistenceErrors: "ENABLED",
      EnablePropagateAdditionalUserContextData: true,
    };
    const answer = await fetch(demo.localCognito.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
      body: JSON.stringify(client),
    });
    const { UserPoolClient } = (await answer.json()) as { UserPoolClient: { ClientId: string } };
    let said = "";
    const env = {
      COGNITO_USER_POOL_ID: pool.UserPoolId,
      COGNITO_CLIENT_ID: UserPoolClient.ClientId,
      COGNITO_ENDPOINT: demo.localCognito.url,
    };
    const out = (text: string) => {
      said += text;
    };
    await doctor(env, {}, { out, err: out, colours: true }, async () => {});
    await withPage(browser, { viewport: { width: 900, height: 384 }, deviceScaleFactor: 2 }, async (page) => {
      await page.setContent(`<style>${TERMINAL}</style><span class="prompt">$</span> cognito-bff doctor\n${asHtml(said)}`);
      await save(page, "doctor");
    });
  });
}

mkdirSync(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  await takeShop(browser);
  await takeDoctor(browser);
  await takeDialog(browser, "session-guard-light", ENGLISH, SMALL);
  await takeDialog(browser, "session-guard-dark", ENGLISH, { ...SMALL, colorScheme: "dark" });
  await takeDialog(browser, "session-guard-phone", ENGLISH, PHONE);
  await takeDialog(browser, "session-guard-rtl", ARABIC, SMALL);
} finally {
  await browser.close();
}
