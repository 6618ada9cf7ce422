import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { WebSocketServer } from "ws";
import { ConfigError, createServer as createBff, parseConfig } from "../../src/index.js";
import { Person } from "../support/person.js";
import { rawExchange, statusOf } from "../support/raw-http.js";
import { memoryLogger, runDemo } from "../support/running-demo.js";
import { dial, echoOf, openSocket, refusalOf, startSocketApi } from "../support/sockets.js";

/** What stands at SPA_URL: answers with what it was asked. */
async function startDevelopmentServer(t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => stop(server));
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The demo without its own app. */
const withoutDirectory = (settings: object) => ({ spaDir: undefined, spaCsp: undefined, ...settings }) as object;

t.test("with SPA_URL a development server stands behind everything else, and sees none of our cookies", async (t) => {
  const seen: IncomingMessage[] = [];
  const development = await startDevelopmentServer(t, (request, response) => {
    seen.push(request);
    response.end(`${request.method} ${request.url}`);
  });
  const demo = await runDemo(t, withoutDirectory({ spaUrl: urlOf(development) }));
  const person = await demo.signedIn();
  t.equal((await person.visit("/src/main.ts?t=1")).text, "GET /src/main.ts?t=1");
  t.equal((await person.call("/orders")).text, "GET /orders", "what is missing is its own to say");
  t.match((await person.call("/api/echo")).json(), { url: "/api/echo" }, "an API stays an API's");
  t.equal((await person.call("/auth/other")).headers["bff-problem"], "not_found", "and AUTH_PREFIX ours");
  t.equal(
    seen.find(({ headers }) => headers.cookie !== undefined),
    undefined,
  );
  t.equal(seen[0]?.headers.host, new URL(urlOf(development)).host, "development servers refuse hosts they do not know");
});

/** webpack-dev-server 5, Server.js: isValidHost for Host and Origin, and isSameOrigin, with `allowedHosts: "auto"` on 127.0.0.1. */
function passesWebpack({ headers }: IncomingMessage): boolean {
  const nameIn = (value = "") => new URL(value.includes("//") ? value : `http://${value}`).hostname;
  const isLocal = (name: string) => /^[\d.]+$/.test(name) || name === "localhost" || name.endsWith(".localhost");
  if (headers.host === undefined || headers.origin === undefined) return false;
  const [host, origin] = [nameIn(headers.host), nameIn(headers.origin)];
  return isLocal(host) && isLocal(origin) && host === origin;
}

t.test("the hot reloading of a development server under another name than ours lets the app's page in", async (t) => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, verifyClient: ({ req }: { req: IncomingMessage }) => passesWebpack(req) });
  t.teardown(() => sockets.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => stop(server));
  const demo = await runDemo(t, withoutDirectory({ spaUrl: urlOf(server) }));
  t.equal((await openSocket(t, demo, null, "/ws")).readyState, 1);
});

t.test(
  "a development server finds its own name wherever it compares Origin with another, and a stranger's Origin as it came",
  async (t) => {
    const seen: IncomingMessage[] = [];
    const development = await startDevelopmentServer(t, (request, response) => {
      seen.push(request);
      response.end();
    });
    const demo = await runDemo(t, withoutDirectory({ spaUrl: urlOf(development) }));
    const own = new URL(urlOf(development));
    await demo.person().call("/form", { method: "POST" });
    t.match(seen.pop()?.headers, { origin: own.origin, host: own.host, "x-forwarded-host": own.host, "x-forwarded-proto": "http" });
    for (const origin of ["https://evil.example", "null", `${demo.url}.evil.example`]) {
      await demo.person().call("/form", { method: "POST", headers: { origin } });
      t.equal(seen.pop()?.headers.origin, origin);
    }
  },
);

t.test("where one server is the app's and the API's, no other spelling of the API's paths goes round its route by the app's", async (t) => {
  const development = await startDevelopmentServer(t, ({ url }, response) => response.end(url));
  const [spaUrl, proxyRoutes] = [urlOf(development), [{ prefix: "/api", target: urlOf(development) }]];
  const person = (await runDemo(t, withoutDirectory({ spaUrl, proxyRoutes }))).person();
  for (const path of ["/API/x", "/;/api/x", "/api;v=1/x", "/api%2fx", "/Api?x=1"]) t.equal((await person.call(path)).status, 400, path);
  for (const path of ["/Apis", "/src//Main.ts?x=/API/", "/@id/api"]) t.equal((await person.call(path)).text, path);
  t.equal((await person.call("/api/x")).status, 401);
});

t.test("a redirect of the development server to itself leads to PUBLIC_URL", async (t) => {
  const development = await startDevelopmentServer(t, ({ headers, url }, response) => {
    response.writeHead(308, { location: url === "/own/" ? `http://${headers.host}/own` : "/plain" }).end();
  });
  const demo = await runDemo(t, withoutDirectory({ spaUrl: urlOf(development) }));
  t.equal((await demo.person().call("/own/")).headers["location"], `${demo.url}/own`);
  t.equal((await demo.person().call("/plain/")).headers["location"], "/plain");
});

t.test("what a page posts to the development server arrives whole, whatever its type", async (t) => {
  const development = await startDevelopmentServer(t, (request, response) => void request.pipe(response));
  const demo = await runDemo(t, withoutDirectory({ spaUrl: urlOf(development) }));
  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded", "application/made-up"]) {
    const answer = await demo.person().call("/__open-in-editor", { method: "POST", headers: { "content-type": type }, body: '{"a":1}' });
    t.equal(answer.text, '{"a":1}', type);
  }
});

t.test("a development server that is down is a 502 that says what to start, and is found again once it is up", async (t) => {
  const development = await startDevelopmentServer(t, (_request, response) => void response.end("up"));
  const spaUrl = urlOf(development);
  const demo = await runDemo(t, withoutDirectory({ spaUrl, spaCsp: "report-only: default-src 'self'" }));
  const person = demo.person();
  const up = await person.visit("/");
  t.equal(up.text, "up");
  t.equal(up.headers["content-security-policy-report-only"], "default-src 'self'", "SPA_CSP is tried in development too");
  t.equal(up.headers["cross-origin-opener-policy"], undefined, "all else is what the development server says");
  await stop(development);
  const page = await person.visit("/");
  t.equal(page.status, 502);
  t.match(page.headers["content-type"], /^text\/html/);
  t.match(page.text, `Nothing answers at ${spaUrl}, where SPA_URL says the app&#39;s development server is`);
  t.match(page.text, "npm run dev");
  t.equal(page.headers["content-security-policy-report-only"], undefined);
  const call = await person.call("/x.js");
  t.equal(call.headers["bff-problem"], "upstream_unreachable");
  t.match(call.json<{ detail: string }>().detail, "npm run dev");
  t.equal((await refusalOf(dial(demo, null, "/?token=x"))).status, 502, "its socket as well");
  await new Promise<void>((resolve) => development.listen(Number(new URL(spaUrl).port), "127.0.0.1", resolve));
  t.equal((await person.visit("/")).text, "up");
});

t.test("another site's page cannot listen in to hot reloading", async (t) => {
  const { url } = await startSocketApi(t);
  const demo = await runDemo(t, withoutDirectory({ spaUrl: url }));
  t.equal((await refusalOf(dial(demo, null, "/?token=x", { origin: "https://evil.example" }))).status, 403);
  const socket = await openSocket(t, demo, null, "/?token=x");
  t.equal((await echoOf(socket, "update")).data.toString(), "update");
});

t.test("the development server answers under PUBLIC_URL's name alone, whatever else a page elsewhere lets lead here", async (t) => {
  const { url } = await startSocketApi(t);
  const seen: string[] = [];
  const development = await startDevelopmentServer(t, (request, response) => {
    seen.push(request.url ?? "");
    response.end("source");
  });
  const demo = await runDemo(t, withoutDirectory({ spaUrl: urlOf(development) }));
  const { host, port } = new URL(demo.url);
  const statusFor = async (named: string, path = "/main.js") =>
    statusOf(await rawExchange(demo.url, `GET ${path} HTTP/1.1\r\nHost: ${named}\r\nConnection: close\r\n\r\n`));
  for (const named of [`evil.example:${port}`, `127.0.0.1:${port}`, "localhost", `${host.split(":")[0]}.evil.example:${port}`])
    t.equal(await statusFor(named), 403, named);
  for (const named of [`${host}.evil.example`, `x@${host}`, ""]) t.equal(await statusFor(named), 400, named);
  t.same(seen, []);
  t.equal(await statusFor(host), 200);
  t.equal(await statusFor(host.toUpperCase()), 200);
  t.equal(await statusFor(`127.0.0.1:${port}`, "/auth/session"), 401, "what is ours looks at more than a name");

  const sockets = await runDemo(t, withoutDirectory({ spaUrl: url }));
  const elsewhere = { host: `evil.example:${new URL(sockets.url).port}` };
  t.equal((await refusalOf(dial(sockets, null, "/?token=x", { headers: elsewhere }))).status, 403, "its socket as well");
});

t.test("a PUBLIC_URL without a port is also meant where its scheme's port is named", async (t) => {
  const development = await startDevelopmentServer(t, (_request, response) => void response.end("source"));
  const demo = await runDemo(t, withoutDirectory({ spaUrl: urlOf(development), publicUrl: "http://localhost" }));
  for (const [named, status] of Object.entries({ localhost: 200, "localhost:80": 200, "localhost:443": 403 })) {
    const answer = await rawExchange(demo.url, `GET / HTTP/1.1\r\nHost: ${named}\r\nConnection: close\r\n\r\n`);
    t.equal(statusOf(answer), status, named);
  }
});

const OPTIONS = {
  publicUrl: "http://localhost:3000",
  host: "127.0.0.1",
  port: 0,
  managementPort: 0,
  cognitoUserPoolId: "us-east-1_Local0001",
  cognitoClientId: "client",
  cognitoPublicClient: true,
  sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
};

t.test("without an app and without managed login, what is not there is a problem document", async (t) => {
  const server = await createBff({ ...OPTIONS, publicHealthPath: "/healthz" }, { logger: memoryLogger([]) });
  t.teardown(() => server.close());
  const { url } = await server.listen();
  const person = new Person(url);
  t.equal((await person.call("/")).headers["bff-problem"], "not_found");
  t.equal((await person.call("/healthz")).status, 200);
  t.equal((await person.visit("/auth/login")).headers["bff-problem"], "not_found");
  const logout = await person.call("/auth/logout", { method: "POST", headers: { origin: OPTIONS.publicUrl } });
  t.equal(logout.json<{ logout_url: string }>().logout_url, "/");
});

t.test("options that cannot be used are refused with every fault at once", async (t) => {
  const refused: unknown = await createBff({ ...OPTIONS, publicUrl: "ftp://x", sessionKeys: [] }).catch((error: unknown) => error);
  t.ok(refused instanceof ConfigError);
  t.match((refused as ConfigError).message, /publicUrl[\s\S]*sessionKeys/);
  t.equal(parseConfig({}).kind, "faults");
});
