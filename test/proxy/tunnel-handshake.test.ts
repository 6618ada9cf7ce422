import { once } from "node:events";
import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import t, { type Test } from "tap";
import type { ProxyRoute } from "../../src/config/kinds/proxy-route.js";
import { STRAIGHT } from "../../src/network/way-out.js";
import type { Exchange } from "../../src/proxy/forward.js";
import { type HandshakeOutcome, shakeHands } from "../../src/proxy/tunnel/handshake.js";
import { until } from "../support/condition.js";
import { listen, startRawApi } from "../support/listener.js";
import { createManualClock, type ManualClock } from "../support/manual-clock.js";
import { type RawClient, rawClient } from "../support/raw-client.js";
import { isOurCookie, proxyRoute, translationOf } from "./route-fixtures.js";

const REQUEST = [
  "GET /live?x=1 HTTP/1.1",
  "Host: app.example.com",
  "Connection: keep-alive, Upgrade, X-Hop",
  "X-Hop: 1",
  "Upgrade: WebSocket",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Extensions: permessage-deflate",
  "Sec-WebSocket-Protocol: chat, superchat",
  "Cookie: theirs=1; __Host-Http-bff-session=secret",
  "Authorization: Bearer forged",
  "X_Real_IP: 6.6.6.6",
  "",
  "",
].join("\r\n");
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";

interface Shaking {
  readonly client: RawClient;
  readonly clock: ManualClock;
  outcome(): Promise<HandshakeOutcome>;
}

interface Given {
  readonly request?: string;
  readonly route?: Partial<ProxyRoute>;
  readonly cookies?: readonly string[];
  readonly watchStream?: Exchange["watchStream"];
}

/** A server that hands every upgrade on to the API, with a browser that has just asked for one. */
async function shaking(t: Test, target: URL, { request = REQUEST, route = {}, cookies = [], watchStream }: Given = {}): Promise<Shaking> {
  const clock = createManualClock();
  const server = createServer();
  const outcomes: HandshakeOutcome[] = [];
  server.on("upgrade", async (message: IncomingMessage, _socket, head: Buffer) => {
    const response = new ServerResponse(message);
    response.shouldKeepAlive = false;
    response.assignSocket(message.socket);
    const exchange = {
      request: message,
      response,
      route: proxyRoute({ target, ...route }),
      upstreamTarget: message.url ?? "/",
      bearer: "the-token",
      forwarded: { for: "192.0.2.7", proto: "https" as const, host: "app.example.com" },
      translation: translationOf({ target, ...route }),
      isOurCookie,
      isStripped: () => false,
      setCookies: () => cookies,
      ...(watchStream === undefined ? {} : { watchStream }),
    };
    outcomes.push(await shakeHands(exchange, head, { clock, connectTimeoutMs: 2_000, maxHeaderBytes: 65_536, wayOut: STRAIGHT }));
  });
  const client = await rawClient(t, await listen(t, server));
  client.socket.write(request, "latin1");
  return {
    client,
    clock,
    async outcome() {
      await until(() => outcomes.length > 0, "an outcome");
      return outcomes[0] ?? { kind: "client_gone" };
    },
  };
}

t.test("the handshake reaches the API with its WebSocket headers untouched, the token set and our cookies gone", async (t) => {
  let asked = "";
  const api = await startRawApi(t, (socket, bytes) => {
    asked = bytes;
    socket.write(`${SWITCHING}\r\n`);
  });
  const { outcome, clock } = await shaking(t, api);
  t.equal((await outcome()).kind, "open");
  t.equal(clock.pending(), 0);
  t.match(asked, /^GET \/live\?x=1 HTTP\/1\.1\r\n/);
  for (const line of [
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "Sec-WebSocket-Protocol: chat, superchat",
    "Cookie: theirs=1",
    "authorization: Bearer the-token",
    `host: ${api.host}`,
    "connection: Upgrade",
    "upgrade: websocket",
    "x-forwarded-host: app.example.com",
  ])
    t.ok(asked.includes(`\r\n${line}\r\n`), line);
  t.notMatch(asked, /forged|secret|X-Hop|X_Real_IP|keep-alive/i);
  t.equal(asked.match(/\r\nconnection:/gi)?.length, 1);
  t.equal(asked.match(/\r\nupgrade:/gi)?.length, 1);
});

t.test("the API's 101 loses what is ours to say, and brings the session's new cookie", async (t) => {
  const api = await startRawApi(t, (socket) => {
    const headers = [
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      "Sec-WebSocket-Protocol: chat",
      "Set-Cookie: theirs=2",
      "Set-Cookie: __Host-Http-bff-session=planted",
      "BFF-Problem: expired",
      "Content-Length: 100",
    ];
    socket.write(`${SWITCHING}${headers.join("\r\n")}\r\n\r\nfirst frames`);
  });
  const { client } = await shaking(t, api, { cookies: ["__Host-Http-bff-session=new; Secure"] });
  const answer = await client.until(/first frames$/);
  t.match(answer, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  for (const line of ["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol: chat", "Set-Cookie: theirs=2"])
    t.ok(answer.includes(`\r\n${line}\r\n`), line);
  t.match(answer, /set-cookie: __Host-Http-bff-session=new; Secure\r\n/);
  t.notMatch(answer, /planted|BFF-Problem|content-length/i);
});

t.test("any other answer is relayed as it is, and the connection closes", async (t) => {
  const api = await startRawApi(t, (socket) => {
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nBFF-Problem: x\r\nContent-Length: 2\r\n\r\nno");
  });
  const { client, outcome } = await shaking(t, api);
  const answer = await client.until(/no$/);
  t.match(answer, /^HTTP\/1\.1 403 /);
  t.match(answer, /\r\nconnection: close\r\n/i);
  t.notMatch(answer, /bff-problem/i);
  t.same(await outcome(), { kind: "answered", status: 403 });
});

t.test("a refusal whose body breaks off is cut for the browser too", async (t) => {
  const api = await startRawApi(t, (socket) => {
    socket.write("HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\nhalf", () => socket.destroy());
  });
  const { client, outcome } = await shaking(t, api);
  const { kind } = await outcome();
  t.equal(kind, "cut_short");
  await client.closed();
});

t.test("an API that switches to something else, breaks off or is not there cannot be reached", async (t) => {
  const answers: ((socket: Socket) => void)[] = [
    (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    (socket) => socket.destroy(),
    (socket) => socket.end("no HTTP at all\r\n\r\n"),
  ];
  for (const answer of answers) {
    const { outcome, clock } = await shaking(t, await startRawApi(t, answer));
    t.equal((await outcome()).kind, "unreachable");
    t.equal(clock.pending(), 0);
  }
  const gone = await startRawApi(t, () => {});
  gone.port = "1";
  t.equal((await (await shaking(t, gone)).outcome()).kind, "unreachable");
});

t.test("a refusal that is an event stream is cut when the session ends", async (t) => {
  const api = await startRawApi(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n");
  });
  let cut = () => {};
  let watched = 0;
  const watchStream = (breakOff: () => void) => {
    cut = breakOff;
    watched++;
    return () => void watched--;
  };
  const { client, outcome } = await shaking(t, api, { watchStream });
  await client.until(/: hello/);
  t.equal(watched, 1);
  cut();
  t.same(await outcome(), { kind: "cut_short", status: 200, cause: "session_ended" });
  await client.closed();
  t.equal(watched, 0);
});

t.test("the TLS server name is the target's even when the Host is public, and a TLS handshake that hangs is given up", async (t) => {
  const hello: string[] = [];
  const raw = await startRawApi(t, (_socket, bytes) => void hello.push(bytes));
  for (const host of ["localhost", "127.0.0.1"]) {
    const before = hello.length;
    const { outcome, clock } = await shaking(t, new URL(`https://${host}:${raw.port}`), { route: { host: "public" } });
    await until(() => hello.length > before, "the first flight");
    clock.advance(2_000);
    t.equal((await outcome()).kind, "unreachable");
    t.equal(clock.pending(), 0);
  }
  t.match(hello[0], /localhost/);
  t.notMatch(hello[1], /127\.0\.0\.1/, "an address is no server name");
  t.notMatch(hello.join(""), /app\.example\.com/);
});

t.test("an API that does not answer in time is given up", async (t) => {
  let closed = false;
  let asked = false;
  const api = await startRawApi(t, (socket) => {
    asked = true;
    socket.on("close", () => {
      closed = true;
    });
  });
  const { outcome, clock } = await shaking(t, api, { route: { responseHeaderTimeoutMs: 5_000 } });
  await until(() => asked, "the API was asked");
  clock.advance(5_000);
  t.same(await outcome(), { kind: "timeout" });
  await until(() => closed, "the API's connection is gone");
});

t.test("a browser that leaves during the handshake takes the API's connection with it", async (t) => {
  for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
    let asked = false;
    let closed = false;
    const api = await startRawApi(t, (socket) => {
      asked = true;
      socket.on("close", () => {
        closed = true;
      });
    });
    const { client, outcome, clock } = await shaking(t, api);
    await until(() => asked, "the API was asked");
    client.socket[leave]();
    t.same(await outcome(), { kind: "client_gone" }, leave);
    await until(() => closed, "the API's connection is gone");
    t.equal(clock.pending(), 0);
  }
});

t.test("what a hasty browser sends before the 101 reaches the API after it, in order", async (t) => {
  let shake = () => {};
  let received = "";
  const api = await startRawApi(t, (socket) => {
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
    });
    shake = () => void socket.write(`${SWITCHING}\r\n`);
  });
  const { client, outcome } = await shaking(t, api, { request: `${REQUEST}one ` });
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.socket.write("two ");
  const much = "three".repeat(100_000);
  client.socket.write(much);
  await new Promise((resolve) => setTimeout(resolve, 20));
  shake();
  t.equal((await outcome()).kind, "open");
  await until(() => received.length === 8 + much.length, "all of it arrived");
  t.equal(received, `one two ${much}`);
});

t.test("a connection that is gone before the handshake begins is not handed on", async (t) => {
  let asked = 0;
  const api = await startRawApi(t, () => {
    asked++;
  });
  const server = createServer();
  const upgraded = once(server, "upgrade") as Promise<[IncomingMessage, Socket, Buffer]>;
  const client = await rawClient(t, await listen(t, server));
  client.socket.write(REQUEST);
  const [request, , head] = await upgraded;
  request.socket.destroy();
  const exchange = {
    request,
    response: new ServerResponse(request),
    route: proxyRoute({ target: api }),
    upstreamTarget: "/",
    bearer: null,
    forwarded: { for: "192.0.2.7", proto: "https" as const, host: "app.example.com" },
    translation: translationOf(),
    isOurCookie,
    isStripped: () => false,
    setCookies: () => [],
  };
  t.same(
    await shakeHands(exchange, head, { clock: createManualClock(), connectTimeoutMs: 2_000, maxHeaderBytes: 65_536, wayOut: STRAIGHT }),
    {
      kind: "client_gone",
    },
  );
  t.equal(asked, 0);
});

t.test("the head of a handshake's answer has the limit of every other", async (t) => {
  const head = (bytes: number) => `${SWITCHING}${`X-Filler: ${"x".repeat(4_086)}\r\n`.repeat(bytes / 4_096)}\r\n`;
  const large = await startRawApi(t, (socket) => socket.write(head(40_960)));
  t.equal((await (await shaking(t, large)).outcome()).kind, "open");
  const larger = await startRawApi(t, (socket) => socket.write(head(69_632)));
  t.equal((await (await shaking(t, larger)).outcome()).kind, "headers_too_large");
});
