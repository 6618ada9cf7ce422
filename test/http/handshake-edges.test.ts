import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import fastifyWebsocket from "@fastify/websocket";
import fastify from "fastify";
import t, { type Test } from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { cognitoBff } from "../../src/index.js";
import { rawExchange, statusOf } from "../support/raw-http.js";
import { runDemo } from "../support/running-demo.js";

const HANDSHAKE =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** An API over bare TCP that answers every head with the same bytes, or never. */
async function rawApi(t: Test, answer: string | null): Promise<{ url: string; heads: string[] }> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      heads.push(chunk.toString("latin1"));
      if (answer !== null) socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`, heads };
}

async function connections(server: { getConnections(callback: (error: Error | null, count: number) => void): void }): Promise<number> {
  return new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
}

t.test("malformed input crash: whatever status an API answers a handshake with, the process goes on", async (t) => {
  for (const status of ["000", "099", "100", "101", "199", "999"]) {
    const api = await rawApi(t, `HTTP/1.1 ${status} X\r\n\r\n`);
    const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url, session: "none" }] });
    const answer = await rawExchange(demo.url, `GET /api/x HTTP/1.1\r\nHost: x\r\nOrigin: ${demo.url}\r\n${HANDSHAKE}\r\n`, (text) =>
      text.includes("\r\n\r\n"),
    );
    t.equal(statusOf(answer), status === "999" ? 999 : 502, status);
    t.equal((await demo.person().call("/auth/session")).status, 401, "and it answers the next one");
  }
});

t.test("a browser that leaves before the API has answered its handshake leaves no connection behind", async (t) => {
  const api = await rawApi(t, null);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url, session: "none" }] });
  const { port } = new URL(demo.url);
  for (let round = 0; round < 20; round++) {
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(`GET /api/x HTTP/1.1\r\nHost: x\r\nOrigin: ${demo.url}\r\n${HANDSHAKE}\r\n`);
    while (api.heads.length <= round) await new Promise((resolve) => setImmediate(resolve));
    const closed = once(socket, "close");
    // A FIN, not a reset.
    socket.end();
    socket.resume();
    await closed;
  }
  t.equal(await connections(demo.server.app.server), 0);
});

t.test("an event stream that says so twice is watched all the same", async (t) => {
  const api = await rawApi(
    t,
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\ndata: 1\n\n",
  );
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  t.equal((await (await demo.signedIn()).call("/api/x").catch(() => ({ status: "cut" }))).status, "cut");
});

t.test("in an app with @fastify/websocket an upgrade to something else is served once, and broken messages are refused", async (t) => {
  const api = await rawApi(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  const app = fastify();
  t.teardown(() => app.close());
  await app.register(fastifyWebsocket);
  await app.register(cognitoBff, {
    publicUrl,
    cognitoUserPoolId: "us-east-1_Local0001",
    cognitoClientId: "client",
    cognitoPublicClient: true,
    sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
    proxyRoutes: [{ prefix: "/api", target: api.url, session: "none" }],
  });
  app.get("/own", { websocket: true, onRequest: app.bff.requireSession }, (socket) => socket.close());
  await app.listen({ host: "127.0.0.1", port });

  const h2c = `POST /api/e HTTP/1.1\r\nHost: x\r\nOrigin: ${publicUrl}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n\r\nhello`;
  t.equal(statusOf(await rawExchange(publicUrl, h2c)), 200);
  t.equal(api.heads.filter((head) => head.startsWith("POST /api/e")).length, 1);
  t.match(api.heads.join(""), /hello/);

  for (const head of [
    "Host: a\r\nHost: b\r\n",
    "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
    `Host: a\r\n${"x: y\r\n".repeat(1_200)}`,
  ]) {
    const answer = await rawExchange(publicUrl, `GET /api/e HTTP/1.1\r\n${head}Connection: close\r\n\r\n0\r\n\r\n`);
    t.ok([400, 431].includes(statusOf(answer)), `${statusOf(answer)} ${head.slice(0, 40)}`);
  }
  const withoutOrigin = await rawExchange(publicUrl, `GET /own HTTP/1.1\r\nHost: x\r\n${HANDSHAKE}\r\n`, (text) =>
    text.includes("\r\n\r\n"),
  );
  t.equal(statusOf(withoutOrigin), 403);
});
