import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import t from "tap";
import WebSocket, { WebSocketServer } from "ws";
import { freePort } from "../../src/demo/free-port.js";
import { administer } from "../support/administration.js";
import { until } from "../support/condition.js";
import { bodyOf, rawExchange, statusOf } from "../support/raw-http.js";
import { runDemo } from "../support/running-demo.js";
import { limitHere } from "../support/slow-machine.js";
import { closingOf, dial, echoOf, openSocket, refusalOf, startSocketApi } from "../support/sockets.js";

const handshake = (path: string, headers: readonly string[] = []) =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
    "",
    "",
  ].join("\r\n");

t.test("a signed-in person's socket echoes text, bytes and a large message", async (t) => {
  const demo = await runDemo(t);
  const socket = await openSocket(t, demo, await demo.signedIn());
  t.same(await echoOf(socket, "héllo"), { data: Buffer.from("héllo"), isBinary: false });
  t.same(await echoOf(socket, Buffer.from([0, 255, 128])), { data: Buffer.from([0, 255, 128]), isBinary: true });
  const large = Buffer.alloc(3_000_000, "large ");
  t.ok((await echoOf(socket, large)).data.equals(large));
});

t.test("permessage-deflate is agreed between the browser and the API", async (t) => {
  const demo = await runDemo(t);
  const socket = await openSocket(t, demo, await demo.signedIn(), "/api/socket", { perMessageDeflate: { threshold: 0 } });
  t.match(socket.extensions, /permessage-deflate/);
  const text = "again and again ".repeat(10_000);
  t.equal((await echoOf(socket, text)).data.toString(), text);
});

t.test("a socket without a session is refused with a plain 401 and the problem", async (t) => {
  const demo = await runDemo(t);
  const refusal = await refusalOf(dial(demo, null));
  t.equal(refusal.status, 401);
  t.match(refusal.headers, { "bff-problem": "anonymous", connection: "close", "content-type": /^application\/problem\+json/ });
  t.match(JSON.parse(refusal.text), { reason: "anonymous", login_url: "/auth/login" });
});

t.test("a socket from anywhere but the app's own origin is refused with a plain 403, however good its cookies", async (t) => {
  const demo = await runDemo(t);
  const cookie = `Cookie: ${(await demo.signedIn()).cookiesOf("localhost")}`;
  const origins = [[], ["Origin: https://evil.example"], ["Origin: null"], [`Origin: ${demo.url}.evil.example`]];
  for (const origin of origins) {
    const answer = await rawExchange(demo.url, handshake("/api/socket", [cookie, ...origin]));
    t.equal(statusOf(answer), 403, String(origin));
    t.match(answer, /\r\nconnection: close\r\n/i);
    t.match(JSON.parse(bodyOf(answer)), { reason: "csrf" });
  }
  t.equal(await demo.metric("bff_open_sockets"), 0);
});

t.test("what is no path, no route or no GET is refused with a plain 400 or 404", async (t) => {
  const demo = await runDemo(t);
  const origin = `Origin: ${demo.url}`;
  const status = async (message: string) => statusOf(await rawExchange(demo.url, message));
  t.equal(await status(handshake("/api/%2e%2e/x", [origin])), 400);
  t.equal(await status(handshake("http://localhost/api/socket", [origin])), 400);
  t.equal(await status(handshake("/elsewhere", [origin])), 404);
  t.equal(await status(handshake("/", [origin])), 404);
  t.equal(await status(handshake("/auth/session", [origin])), 404);
  t.equal(await status(handshake("/api/socket", [origin]).replace("GET", "POST")), 400);
  t.equal(await status(`${handshake("/api/socket", [origin, "Content-Length: 5"])}hello`), 400);
});

t.test("an Upgrade that is not known here is ignored, body and all", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const ask = (method: string, body: string, protocol: string) =>
    rawExchange(
      demo.url,
      [
        `${method} /api/echo HTTP/1.1`,
        "Host: localhost",
        `Cookie: ${person.cookiesOf("localhost")}`,
        `Origin: ${demo.url}`,
        "Connection: Upgrade, HTTP2-Settings, X-Hop",
        "X-Hop: for this hop",
        `Upgrade: ${protocol}`,
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
      (text) => text.endsWith("}"),
    );
  for (const [method, body] of [
    ["GET", ""],
    ["POST", "x".repeat(100_000)],
  ] as const) {
    const answer = await ask(method, body, "h2c");
    t.equal(statusOf(answer), 200, method);
    t.match(answer, /\r\nconnection: close\r\n/i);
    const echo = JSON.parse(bodyOf(answer)) as { headers: Record<string, string> };
    t.match(echo, { method, body });
    for (const name of ["upgrade", "http2-settings", "x-hop"]) t.equal(echo.headers[name], undefined, name);
  }
});

t.test("the API gets the person's token and none of our cookies", async (t) => {
  const api = await startSocketApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  const person = await demo.signedIn();
  person.plant("theirs", "kept");
  const seen = once(api.server, "connection");
  const headers = { authorization: "Bearer forged", "x-forwarded-for": "6.6.6.6" };
  const socket = await openSocket(t, demo, person, "/api/live?x=1", { headers });
  const [, request] = (await seen) as [WebSocket, IncomingMessage];
  t.equal(request.url, "/api/live?x=1");
  t.equal(request.headers.cookie, "theirs=kept");
  t.match(request.headers.authorization, /^Bearer eyJ/);
  t.match(request.headers, { "x-forwarded-host": new URL(demo.url).host, "x-forwarded-proto": "http", origin: demo.url });
  t.notMatch(request.headers["x-forwarded-for"], "6.6.6.6");
  t.equal(socket.readyState, WebSocket.OPEN);
});

t.test("a sign-out in another tab closes the socket with 4401 and the reason, within a second", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const socket = await openSocket(t, demo, person);
  const bystander = await openSocket(t, demo, await demo.signedIn());
  const closing = closingOf(socket);
  const limitMs = await limitHere(1_000, person);
  const startedAtMs = performance.now();
  await person.call("/auth/logout", { method: "POST" });
  t.same(await closing, { code: 4401, reason: "signed_out logout" });
  t.ok(performance.now() - startedAtMs < limitMs);
  t.equal((await echoOf(bystander, "still here")).data.toString(), "still here");
});

t.test("a new sign-in in the same browser closes the sockets of the session it replaces", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const closing = closingOf(await openSocket(t, demo, person));
  await person.signIn(demo.user);
  t.same(await closing, { code: 4401, reason: "signed_out logout" });
});

t.test("at its token's end the socket of a revoked session closes with 4401", async (t) => {
  const demo = await runDemo(t);
  const socket = await openSocket(t, demo, await demo.signedIn());
  await administer(demo, "AdminDisableUser", { Username: demo.user.email });
  const closing = closingOf(socket);
  demo.advance("30m");
  t.equal((await echoOf(socket, "its token lives")).data.toString(), "its token lives");
  demo.advance("31m");
  t.same(await closing, { code: 4401, reason: "expired user_disabled" });
});

t.test("a refresh keeps the socket open, and one refresh serves all sockets of a session", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const sockets = await Promise.all([1, 2, 3].map(() => openSocket(t, demo, person)));
  demo.advance("61m");
  await until(() => demo.refreshes() === 1);
  for (const socket of sockets) t.equal((await echoOf(socket, "on")).data.toString(), "on");
  demo.advance("61m");
  await until(() => demo.refreshes() === 2);
  t.equal(demo.refreshes(), 2);
  t.equal(await demo.metric("bff_watched_sessions"), 1);
});

t.test("an outage at the token's end is no verdict: the socket stays, and closes when the verdict comes", async (t) => {
  const demo = await runDemo(t);
  const socket = await openSocket(t, demo, await demo.signedIn());
  const closing = closingOf(socket);
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "internal_error" });
  await administer(demo, "AdminUserGlobalSignOut", { Username: demo.user.email });
  demo.advance("61m");
  await until(() => demo.refreshes() >= 3);
  t.equal((await echoOf(socket, "kept")).data.toString(), "kept");
  demo.localCognito.faults.clear();
  await new Promise((resolve) => setImmediate(resolve));
  demo.advance("1m");
  t.same(await closing, { code: 4401, reason: "expired refresh_token_revoked" });
});

t.test("the idle limit closes a socket, and activity elsewhere keeps it", async (t) => {
  const demo = await runDemo(t, { sessionIdleTimeout: "20m" });
  const person = await demo.signedIn();
  const socket = await openSocket(t, demo, person);
  const closing = closingOf(socket);
  demo.advance("15m");
  t.equal((await person.call("/api/echo")).status, 200);
  demo.advance("15m");
  t.equal((await echoOf(socket, "kept")).data.toString(), "kept");
  demo.advance("6m");
  t.same(await closing, { code: 4401, reason: "expired idle_timeout" });
  t.match((await person.call("/api/echo")).json(), { reason: "expired", cause: "idle_timeout" });
});

t.test("a socket opened with a dead token is refreshed first, and the new ticket comes with the 101", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("61m");
  const socket = dial(demo, person);
  const [answer] = (await once(socket, "upgrade")) as [IncomingMessage];
  t.teardown(() => socket.terminate());
  t.match(answer.headers["set-cookie"]?.join(), /^bff-session-\d+=/);
  t.equal(demo.refreshes(), 1);
});

t.test("a socket of an ended session is refused with its reason", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const copy = person.copy();
  await person.call("/auth/logout", { method: "POST" });
  const refusal = await refusalOf(dial(demo, copy));
  t.equal(refusal.status, 401);
  t.match(JSON.parse(refusal.text), { reason: "signed_out", cause: "logout" });
});

t.test("an optional route's socket needs nobody, an open route's looks at no session", async (t) => {
  const { url: target } = await startSocketApi(t);
  const demo = await runDemo(t, {
    proxyRoutes: [
      { prefix: "/optional", target, session: "optional" },
      { prefix: "/open", target, session: "none", token: "none" },
    ],
  });
  await openSocket(t, demo, null, "/optional");
  const person = await demo.signedIn();
  const closing = closingOf(await openSocket(t, demo, person, "/optional"));
  const open = await openSocket(t, demo, person, "/open");
  await person.call("/auth/logout", { method: "POST" });
  t.match(await closing, { code: 4401 });
  t.equal(open.readyState, WebSocket.OPEN);
});

t.test("a server that closes tells its sockets to come back: 1012", async (t) => {
  const demo = await runDemo(t);
  const socket = await openSocket(t, demo, await demo.signedIn());
  const closing = closingOf(socket);
  await demo.server.close();
  t.same(await closing, { code: 1012, reason: "restarting" });
});

t.test("the development server's own socket passes through without a session, from the app's origin only", async (t) => {
  const vite = await startSocketApi(t);
  const demo = await runDemo(t, { spaDir: undefined, spaUrl: vite.url });
  const socket = await openSocket(t, demo, null, "/?token=hmr");
  t.equal(socket.readyState, WebSocket.OPEN);
  t.equal((await refusalOf(dial(demo, null, "/", { origin: "https://evil.example" }))).status, 403);
});

t.test("a handshake behind an answer still under way loses its connection and harms nobody", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const slow = ["GET /api/slow?ms=200 HTTP/1.1", "Host: localhost", `Cookie: ${person.cookiesOf("localhost")}`, "", ""].join("\r\n");
  const answer = await rawExchange(demo.url, slow + handshake("/api/socket", [`Origin: ${demo.url}`]), () => false);
  t.equal(answer, "");
  t.equal((await person.call("/api/echo")).status, 200);
});

t.test("the API's refusal of a handshake is relayed as the plain answer it is", async (t) => {
  const demo = await runDemo(t);
  const refusal = await refusalOf(dial(demo, await demo.signedIn(), "/api/nothing"));
  t.equal(refusal.status, 404);
  t.same(JSON.parse(refusal.text), { error: "not_found" });
  t.equal(refusal.headers["bff-problem"], undefined);
  t.equal(refusal.headers["connection"], "close");
});

t.test("an API that cannot be reached is a plain 502, one that says nothing a plain 504", async (t) => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const held: Socket[] = [];
  silent.on("connection", (socket: Socket) => held.push(socket));
  t.teardown(() => {
    for (const socket of held) socket.destroy();
    silent.close();
  });
  const port = await freePort();
  const demo = await runDemo(t, {
    proxyRoutes: [
      { prefix: "/nobody", target: `http://127.0.0.1:${port}` },
      { prefix: "/silent", target: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, responseHeaderTimeout: "5s" },
    ],
  });
  const person = await demo.signedIn();
  const nobody = await refusalOf(dial(demo, person, "/nobody"));
  t.equal(nobody.status, 502);
  t.match(nobody.headers, { "bff-problem": "upstream_unreachable" });
  const pending = refusalOf(dial(demo, person, "/silent"));
  await until(() => held.length > 0);
  demo.advance("5s");
  t.match(await pending, { status: 504, headers: { "bff-problem": "upstream_timeout" } });
});

t.test("an API that dies takes its socket along: 1006", async (t) => {
  const api = await startSocketApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  const closing = closingOf(await openSocket(t, demo, await demo.signedIn()));
  for (const client of api.server.clients) client.terminate();
  t.match(await closing, { code: 1006 });
});

t.test("close codes of the API's and the browser's own pass through", async (t) => {
  const api = await startSocketApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  const person = await demo.signedIn();
  const ofApi = closingOf(await openSocket(t, demo, person));
  for (const client of api.server.clients) client.close(4000, "theirs");
  t.same(await ofApi, { code: 4000, reason: "theirs" });
  const connected = once(api.server, "connection");
  const socket = await openSocket(t, demo, person);
  const [served] = (await connected) as [WebSocket];
  const ofBrowser = closingOf(served);
  socket.close(4001, "mine");
  t.same(await ofBrowser, { code: 4001, reason: "mine" });
});

t.test("a session that ends while the API is still shaking hands closes the socket right after", async (t) => {
  const api = new WebSocketServer({ noServer: true });
  const server = createHttpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const demo = await runDemo(t, {
    proxyRoutes: [{ prefix: "/api", target: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }],
  });
  const person = await demo.signedIn();
  const asked = once(server, "upgrade") as Promise<[IncomingMessage, Socket, Buffer]>;
  const closing = closingOf(dial(demo, person));
  const [request, socket, head] = await asked;
  await person.call("/auth/logout", { method: "POST" });
  api.handleUpgrade(request, socket, head, (client) => client.on("error", () => {}));
  t.same(await closing, { code: 4401, reason: "signed_out logout" });
});

t.test("after 300 sockets opened and closed nothing is left of them", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const connections = () => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCPSocket")).length;
  const listeners = () => ["upgrade", "connection", "close"].map((name) => demo.server.app.server.listenerCount(name));
  // So that the connection that asks for metrics is one of those before.
  t.equal(await demo.metric("bff_watched_sessions"), 0);
  const before = { connections: connections(), listeners: listeners() };
  for (let batch = 0; batch < 6; batch++) {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => openSocket(t, demo, person)));
    t.equal(await demo.metric("bff_watched_sessions"), 1);
    const closed = sockets.map(closingOf);
    for (const [index, socket] of sockets.entries()) index % 2 === 0 ? socket.close() : socket.terminate();
    await Promise.all(closed);
  }
  while ((await demo.metric("bff_open_sockets")) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(await demo.metric("bff_watched_sessions"), 0);
  await until(() => connections() <= before.connections);
  t.same(listeners(), before.listeners);
});
