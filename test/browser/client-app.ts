import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import type { Test } from "tap";
import { type WebSocket, WebSocketServer } from "ws";
import type { BffOptions } from "../../src/config/options.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { Visitor } from "./visitor.js";

/** The strictest policy that leaves a script and the app's own server. */
const CSP =
  "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const PAGE = `<!doctype html>
<html lang="en"><title>app</title><script type="module" src="/app.js"></script>
<p id="state"></p><button id="sign-in">Sign in</button><p id="login"></p><p id="said"></p><form id="note"><label>Note <input name="note"></label></form></html>`;

/** An app that does nothing but show its state; the rest is asked of its client by the tests. */
const SCRIPT = `
import { createSessionClient } from "/auth/client.js";
const show = (id, text) => { document.getElementById(id).textContent = text; };
addEventListener("securitypolicyviolation", ({ violatedDirective }) => show("login", "violated: " + violatedDirective));
const client = createSessionClient(JSON.parse(new URLSearchParams(location.search).get("options") ?? "{}"));
globalThis.client = client;
globalThis.history_ = [];
client.subscribe((state) => {
  globalThis.history_.push(state.status);
  show("state", [state.status, state.reason, state.cause, state.limit].filter(Boolean).join(" "));
});
document.getElementById("sign-in").addEventListener("click", async () => {
  show("login", "waiting");
  show("login", await client.login({ mode: "popup" }));
});
`;

/** A call as it reached the API. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The API behind the app: it keeps what arrives, streams events at `/api/events` and echoes sockets. */
export interface KeepingApi {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  /** Called before a call is answered. */
  onArrival: () => void;
  /** Where `/api/moved` is. */
  movedTo: string;
  readonly sockets: ReadonlySet<WebSocket>;
}

async function startKeepingApi(t: Test): Promise<KeepingApi> {
  const arrived: Arrived[] = [];

  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    arrived.push({ method, path, headers, body });
    api.onArrival();
    if (path === "/api/moved") {
      response.writeHead(303, { location: api.movedTo }).end();
    } else if (path === "/api/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: number\ndata: ${arrived.length}\n\n`);
    } else {
      // As an API of anybody's origin, whose own 401 pretends to be of the proxy.
      const open = { "access-control-allow-origin": "*", "access-control-expose-headers": "*" };
      const headers = { "content-type": "application/json", "bff-problem": "expired", ...open };
      response.writeHead(path === "/api/unauthorized" ? 401 : 200, headers);
      response.end(JSON.stringify({ arrived: arrived.length }));
    }
  });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on("error", () => {});
      opened.on("message", (data, isBinary) => opened.send(data, { binary: isBinary }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const api: KeepingApi = {
    url: `http://127.0.0.1:${port}`,
    arrived,
    onArrival: () => {},
    movedTo: "/api/there",
    sockets: sockets.clients,
  };
  return api;
}

export interface ClientAppOptions {
  readonly settings?: Partial<BffOptions>;
  /** Further files of the app. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A person with the app of a page, whose script is the client alone, before the real proxy. */
export class ClientApp {
  readonly demo: RunningDemo;
  readonly api: KeepingApi;
  readonly visitor: Visitor;

  private constructor(demo: RunningDemo, api: KeepingApi, visitor: Visitor) {
    this.demo = demo;
    this.api = api;
    this.visitor = visitor;
  }

  static async start(t: Test, browser: Browser, { settings = {}, files = {} }: ClientAppOptions = {}): Promise<ClientApp> {
    const api = await startKeepingApi(t);
    const spaDir = t.testdir({ "index.html": PAGE, "app.js": SCRIPT, ...files });
    const demo = await runDemo(t, { spaDir, spaCsp: CSP, proxyRoutes: [{ prefix: "/api", target: api.url }], ...settings });
    return new ClientApp(demo, api, await Visitor.arrive(t, browser, demo));
  }

  /** A tab with the app, whose client was given these options. */
  async open(options: object = {}): Promise<Page> {
    return this.visitor.open(`/?options=${encodeURIComponent(JSON.stringify(options))}`);
  }

  /** A tab whose person has signed in through the client. */
  async signedIn(options: object = {}): Promise<Page> {
    const page = await this.open(options);
    await shows(page, "anonymous");
    await this.signIn(page);
    return page;
  }

  /** Signs in in a window of its own. */
  async signIn(page: Page): Promise<void> {
    const popup = page.waitForEvent("popup");
    await page.locator("#sign-in").click();
    await this.visitor.passManagedLogin(await popup);
    await page.locator("#login", { hasText: /^signed_in$/ }).waitFor();
  }
}

/** Waits until the page says that its client's state is this one. */
export async function shows(page: Page, state: string): Promise<void> {
  await page.locator("#state", { hasText: new RegExp(`^${state}$`) }).waitFor();
}

/** Every state there has been, in order. */
export function historyOf(page: Page): Promise<string[]> {
  return page.evaluate("globalThis.history_");
}
