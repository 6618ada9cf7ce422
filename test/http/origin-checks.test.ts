import { createServer, type IncomingMessage } from "node:http";
import t, { type Test } from "tap";
import { WebSocketServer } from "ws";
import { listen } from "../support/listener.js";
import { runDemo } from "../support/running-demo.js";
import { dial, openSocket, refusalOf } from "../support/sockets.js";

/** What frameworks do with Origin and Host, each in its own words; true: the request is let in. */
const CHECKS: Readonly<Record<string, (request: IncomingMessage) => boolean>> = {
  // gorilla/websocket, checkSameOrigin: equalASCIIFold(u.Host, r.Host)
  gorilla: ({ headers }) => headers.origin === undefined || new URL(headers.origin).host === headers.host?.toLowerCase(),
  // Tornado, WebSocketHandler.check_origin: the Origin's netloc, lower-cased, is the Host header.
  tornado: ({ headers }) => /^\w+:\/\/([^/]*)/.exec(headers.origin ?? "")?.[1]?.toLowerCase() === headers.host,
  // Django, CsrfViewMiddleware._origin_verified, with SECURE_PROXY_SSL_HEADER on X-Forwarded-Proto.
  django: ({ headers }) => headers.origin === `${headers["x-forwarded-proto"]}://${headers.host}`,
};

/** An API that answers calls and takes sockets when the check that its first path segment names is content. */
async function startCheckingApi(t: Test): Promise<string> {
  const passes = (request: IncomingMessage) => CHECKS[request.url?.split("/")[1] ?? ""]?.(request) ?? false;
  const server = createServer((request, response) => void response.writeHead(passes(request) ? 200 : 403).end());
  const sockets = new WebSocketServer({ server, verifyClient: ({ req }: { req: IncomingMessage }) => passes(req) });
  t.teardown(() => sockets.close());
  return `http://127.0.0.1:${await listen(t, server)}`;
}

t.test("frameworks that compare Origin with Host let the app's own page in, with calls and with sockets", async (t) => {
  const target = await startCheckingApi(t);
  const demo = await runDemo(t, { proxyRoutes: Object.keys(CHECKS).map((name) => ({ prefix: `/${name}`, target })) });
  const person = await demo.signedIn();
  for (const name of Object.keys(CHECKS)) {
    t.equal((await person.call(`/${name}/form`, { method: "POST" })).status, 200, name);
    t.equal((await openSocket(t, demo, person, `/${name}/socket`)).readyState, 1, name);
  }
});

t.test("a route that says so shows the target's own Host over plain http, to calls and to sockets", async (t) => {
  const target = await startCheckingApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/tornado", target, host: "target" }] });
  const person = await demo.signedIn();
  t.equal((await person.call("/tornado/form", { method: "POST" })).status, 403);
  t.equal((await refusalOf(dial(demo, person, "/tornado/socket"))).status, 401, "ws answers 401 for its verifyClient");
});
