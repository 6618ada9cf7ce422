import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import { build, createServer, type InlineConfig, type ViteDevServer } from "vite";
import { checkConfig } from "../../src/commands/check-config.js";
import { freePort } from "../../src/demo/free-port.js";
import { VALID } from "../config/valid-environment.js";
import { updateClient } from "../support/administration.js";
import { browserSuite } from "../support/chromium.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { call, Visitor } from "./visitor.js";

// Compiled to <out dir>/test/browser; the app is not compiled, only copied.
const APP = fileURLToPath(new URL("../../../test/vite-app", import.meta.url));

/** Settings that take the demo's own app away. */
const NO_DIRECTORY = { spaDir: undefined, spaCsp: undefined } as object;

await browserSuite(t, "a Vite app, in a real browser", async (t, browser) => {
  t.test("with SPA_URL a Vite app works behind us: signing in, calls, sockets, hot reloading, and a Vite that starts again", async (t) => {
    const folder = await copyOfTheApp(t);
    const port = await freePort();
    const inline = { configFile: false, server: { port, strictPort: true } } as const;
    const vite = await startVite(t, folder, inline);
    const demo = await runDemo(t, { spaUrl: `http://localhost:${port}`, ...NO_DIRECTORY });
    const arrival = await arrive(t, browser, demo);
    const { visitor, page, sockets } = arrival;
    await signInAndCall(t, visitor, page);
    await editAndSee(t, folder, arrival, { greeting: "Good afternoon", colour: "rgb(128, 0, 0)" });
    t.ok(sockets.length > 0);
    for (const url of sockets) t.equal(new URL(url).host, new URL(demo.url).host, "the socket of hot reloading comes through us");

    await vite.stop();
    const down = await visitor.open("/");
    await down.getByText(`Nothing answers at http://localhost:${port}`).waitFor();
    await Promise.all([page.waitForEvent("load"), vite.start()]);
    await page.getByText(visitor.email).waitFor();
    await editAndSee(t, folder, arrival, { greeting: "Good evening", colour: "rgb(0, 128, 0)" });
  });

  t.test("behind Vite, with the block that check-config prints, the same app does all the same", async (t) => {
    const folder = await copyOfTheApp(t);
    const port = await freePort();
    const publicUrl = `http://localhost:${port}`;
    const demo = await runDemo(t, { publicUrl, ...NO_DIRECTORY });
    await updateClient(demo, { CallbackURLs: [`${publicUrl}/auth/callback`], LogoutURLs: [`${publicUrl}/`] });
    await writeFile(join(folder, "vite.config.js"), printedBlock(demo));
    const vite = await startVite(t, folder, { configFile: join(folder, "vite.config.js") });
    t.equal(vite.port, port);
    const arrival = await arrive(t, browser, { ...demo, url: publicUrl });
    const { visitor, page, sockets } = arrival;
    await signInAndCall(t, visitor, page);
    await editAndSee(t, folder, arrival, { greeting: "Good afternoon", colour: "rgb(128, 0, 0)" });
    for (const url of sockets) t.equal(new URL(url).host, `localhost:${port}`);
    t.equal((await page.goto(`${publicUrl}/apiary`))?.status(), 200, "what only begins like a prefix stays the app's");
    await page.locator("#greeting").waitFor();
  });

  t.test("built by Vite and served from SPA_DIR, the app works under an enforced CSP, and only its hashed files are kept", async (t) => {
    const folder = await copyOfTheApp(t);
    await build({ root: folder, configFile: false, logLevel: "silent" });
    const demo = await runDemo(t, { spaDir: join(folder, "dist") });
    const { visitor, page } = await arrive(t, browser, demo);
    const kept = new Map<string, string | undefined>();
    page.on("response", (answer) =>
      kept.set(new URL(answer.url()).pathname.replace(/-.{8}\./, "-HASH."), answer.headers()["cache-control"]),
    );
    await page.reload();
    await page.locator("#greeting", { hasText: "Good morning" }).waitFor();
    t.equal(await colourOf(page), "rgb(0, 0, 128)");
    t.equal(kept.get("/orders"), "no-cache");
    for (const path of ["/assets/index-HASH.js", "/assets/index-HASH.css"]) t.match(kept.get(path), /immutable/, path);
    await signInAndCall(t, visitor, page);
  });
});

async function copyOfTheApp(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vite-app-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp(APP, folder, { recursive: true });
  return folder;
}

interface Vite {
  readonly port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Vite, running; it ends after whatever the test begins later, the pages that hear from it among them. */
async function startVite(t: Test, folder: string, inline: InlineConfig): Promise<Vite> {
  let vite: ViteDevServer | null = null;
  const running: Vite = {
    get port() {
      return vite?.config.server.port ?? 0;
    },
    async start() {
      vite = await createServer({ root: folder, logLevel: "silent", ...inline });
      await vite.listen();
      await watching(vite, folder);
    },
    async stop() {
      await vite?.close();
      vite = null;
    },
  };
  t.teardown(() => running.stop());
  await running.start();
  return running;
}

/** Waits until Vite would see a change: its watcher walks through the folder while the server serves already. */
async function watching({ watcher }: ViteDevServer, folder: string): Promise<void> {
  const isWatched = (name: string) => watcher.getWatched()[folder]?.includes(name) ?? false;
  while (!["greeting.js", "style.css"].every(isWatched)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What check-config prints for `vite.config.js`, to the letter. */
function printedBlock({ config }: RunningDemo): string {
  const { publicUrl, port, host, proxyRoutes } = config;
  const routes = proxyRoutes.map(({ prefix, target }) => `${prefix}=${target.origin}`).join();
  const { text } = checkConfig({ ...VALID, PUBLIC_URL: publicUrl, PORT: String(port), HOST: host, PROXY_ROUTES: routes });
  return /^export default [\s\S]*?^};$/m.exec(text)?.[0] ?? "";
}

interface Arrival {
  readonly visitor: Visitor & { readonly email: string };
  readonly page: Page;
  /** The addresses of the sockets that the page opened. */
  readonly sockets: readonly string[];
  /** Waits until the page, as it was loaded last, hears from Vite. */
  connected(): Promise<void>;
}

async function arrive(t: Test, browser: Browser, demo: RunningDemo): Promise<Arrival> {
  const visitor = Object.assign(await Visitor.arrive(t, browser, demo), { email: demo.user.email });
  const page = await visitor.context.newPage();
  const sockets: string[] = [];
  let connected: Promise<unknown> = Promise.resolve();
  page.on("websocket", (socket) => {
    sockets.push(socket.url());
    // Vite's first word is that it is there. A socket that a page took with it when it left never hears it, and nobody asks for it then.
    if (socket.url().includes("?token=")) connected = socket.waitForEvent("framereceived").catch((error: Error) => error);
  });
  await page.goto(visitor.url("/orders?tab=2"));
  await page.locator("#greeting", { hasText: "Good morning" }).waitFor();
  return {
    visitor,
    page,
    sockets,
    async connected() {
      const heard = await connected;
      if (heard instanceof Error) throw heard;
    },
  };
}

async function signInAndCall(t: Test, visitor: Arrival["visitor"], page: Page): Promise<void> {
  t.match(await call(page), { status: 401, problem: "anonymous" });
  await page.locator("#sign-in").click();
  await visitor.passManagedLogin(page);
  await page.locator("#account", { hasText: visitor.email }).waitFor();
  t.equal(page.url(), visitor.url("/orders?tab=2"));
  const { status, body } = await call(page);
  t.equal(status, 200);
  t.match(body.headers?.["authorization"], /^Bearer ey/);
  t.equal(await page.evaluate(echoOverSocket, "hello"), "hello");
}

/** Runs in the page. */
function echoOverSocket(message: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket("/api/socket");
    socket.onopen = () => socket.send(message);
    socket.onmessage = ({ data }) => {
      resolve(data);
      socket.close();
    };
    socket.onerror = () => reject(new Error("the socket failed"));
  });
}

interface Edit {
  readonly greeting: string;
  readonly colour: string;
}

/** Changes a module and a style sheet on disk, to what they were not, and sees both in the page, which was not loaded again. */
async function editAndSee(t: Test, folder: string, { page, connected }: Arrival, { greeting, colour }: Edit): Promise<void> {
  await connected();
  t.not(await page.locator("#greeting").textContent(), greeting);
  t.not(await colourOf(page), colour);
  const before = Number(await page.locator("#count").textContent());
  await page.locator("#count").click();
  await change(folder, "greeting.js", /Good \w+/, greeting);
  await page.locator("#greeting", { hasText: greeting }).waitFor();
  await change(folder, "style.css", /rgb\(.*\)/, colour);
  await page.waitForFunction(`getComputedStyle(document.querySelector('h1')).color === '${colour}'`);
  t.equal(await page.locator("#count").textContent(), String(before + 1), "the page's state is kept");
}

async function change(folder: string, name: string, from: RegExp, to: string): Promise<void> {
  const text = await readFile(join(folder, name), "utf8");
  await writeFile(join(folder, name), text.replace(from, to));
}

function colourOf(page: Page): Promise<unknown> {
  return page.evaluate("getComputedStyle(document.querySelector('h1')).color");
}
