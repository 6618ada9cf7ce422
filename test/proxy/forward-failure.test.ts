import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import t from "tap";
import { until } from "../support/condition.js";
import { listen, startApi, startRawApi } from "../support/listener.js";
import { rawCall, rawClient } from "../support/raw-client.js";
import { startFront } from "./front.js";

const GET = "GET /api HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n";

t.test("an API that nobody listens for is unreachable, and the caller answers", async (t) => {
  const server = createServer();
  const port = await listen(t, server);
  server.close();
  await once(server, "close");
  const front = await startFront(t, { route: { target: new URL(`http://127.0.0.1:${port}`) } });
  t.match(await rawCall(t, front.port, GET), /^HTTP\/1\.1 502 /);
  const outcome = await front.outcome();
  t.match(outcome, { kind: "unreachable", error: { message: /ECONNREFUSED/, code: "ECONNREFUSED" } });
  t.equal(front.leftListeners(), 0);
  t.equal(front.clock.pending(), 0);
});

/** What an API writes before it closes, none of it an answer. */
const NO_ANSWERS: readonly (readonly [promise: string, bytes: string])[] = [
  ["an API that closes without a word is unreachable", ""],
  ["half a head is no answer", "HTTP/1.1 200 OK\r\nX-A: "],
  ["something else than HTTP is no answer", "sEcReT garbage\r\n\r\n"],
  ["two lengths are no answer", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nsEcReT"],
  ["an upgrade nobody asked for is no answer", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
];

for (const [promise, bytes] of NO_ANSWERS) {
  t.test(promise, async (t) => {
    let calls = 0;
    const target = await startRawApi(t, (socket) => {
      calls++;
      socket.end(bytes);
    });
    const front = await startFront(t, { route: { target } });
    t.match(await rawCall(t, front.port, GET), /^HTTP\/1\.1 502 /);
    const outcome = await front.outcome();
    t.equal(outcome.kind, "unreachable");
    if (outcome.kind === "unreachable") t.notMatch(JSON.stringify(Object.getOwnPropertyDescriptors(outcome.error)), /sEcReT|the-token/);
    t.equal(calls, 1, "nothing is tried again");
  });
}

t.test("a POST whose answer was lost is not tried again", async (t) => {
  let calls = 0;
  const target = await startRawApi(t, (socket) => {
    calls++;
    socket.resetAndDestroy();
  });
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  client.socket.write("POST /api HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nok");
  t.equal((await front.outcome()).kind, "unreachable");
  await client.until(/^HTTP\/1\.1 502 /);
  t.equal(calls, 1);
});

t.test("an API that does not answer in time is a timeout, and its connection is cut", async (t) => {
  let closed = false;
  let asked = false;
  const target = await startRawApi(t, (socket) => {
    asked = true;
    socket.on("close", () => {
      closed = true;
    });
  });
  const front = await startFront(t, { route: { target, responseHeaderTimeoutMs: 5_000 } });
  const answer = rawCall(t, front.port, GET);
  await until(() => asked, "the call arrives");
  front.clock.advance(4_999);
  t.equal(front.clock.pending(), 1);
  front.clock.advance(1);
  t.same(await front.outcome(), { kind: "timeout" });
  t.match(await answer, /^HTTP\/1\.1 504 /);
  t.equal(front.leftListeners(), 0);
  await until(() => closed, "the API's connection closes");
});

t.test("an API that falls silent within a body is cut after the route's limit, and the browser sees the cut", async (t) => {
  const target = await startApi(t, (_request, response) => {
    response.write("some");
  });
  const front = await startFront(t, { route: { target, bodyIdleTimeoutMs: 3_000 } });
  const client = await rawClient(t, front.port);
  client.socket.write(GET);
  await client.until(/some/);
  front.clock.advance(3_000);
  t.same(await front.outcome(), { kind: "cut_short", status: 200, cause: "upstream_silent" });
  t.notMatch(await client.closed(), /\r\n0\r\n\r\n$/);
});

t.test("every part of a body starts the silence anew", async (t) => {
  let send: (text: string) => void = () => {};
  const target = await startApi(t, (_request, response) => {
    send = (text) => (text === "" ? response.end() : response.write(text));
    send("first");
  });
  const front = await startFront(t, { route: { target, bodyIdleTimeoutMs: 3_000 } });
  const client = await rawClient(t, front.port);
  client.socket.write(GET);
  await client.until(/first/);
  for (const part of ["second", "third"]) {
    front.clock.advance(2_000);
    send(part);
    await client.until(new RegExp(part));
  }
  send("");
  t.same(await front.outcome(), { kind: "answered", status: 200 });
});

/** An answer that breaks within its body. */
const BROKEN: readonly (readonly [promise: string, bytes: string])[] = [
  ["a body shorter than its length is seen as cut", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"],
  ["a chunked body without its end is seen as cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ["a chunk that makes no sense is seen as cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"],
];

for (const [promise, bytes] of BROKEN) {
  t.test(promise, async (t) => {
    const target = await startRawApi(t, (socket) => socket.write(bytes, () => setTimeout(() => socket.destroy(), 10)));
    const front = await startFront(t, { route: { target } });
    const answer = await rawCall(t, front.port, GET);
    t.same(await front.outcome(), { kind: "cut_short", status: 200, cause: "upstream_broke" });
    t.match(answer, /half/);
    t.notMatch(answer, /\r\n0\r\n\r\n$/);
    t.equal(front.leftListeners(), 0);
  });
}

t.test("a browser that leaves before the answer cuts the call to the API", async (t) => {
  let closed = false;
  let asked = false;
  const target = await startRawApi(t, (socket) => {
    asked = true;
    socket.on("close", () => {
      closed = true;
    });
  });
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  client.socket.write(GET);
  await until(() => asked, "the call arrives");
  client.socket.destroy();
  t.same(await front.outcome(), { kind: "client_gone" });
  await until(() => closed, "the API's connection closes");
  t.equal(front.leftListeners(), 0);
  t.equal(front.clock.pending(), 0);
});

t.test("a browser that leaves within a stream cuts it at the API", async (t) => {
  let closed = false;
  const target = await startApi(t, (_request, response) => {
    response.write("data: 1\n\n");
    response.on("close", () => {
      closed = true;
    });
  });
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  client.socket.write(GET);
  await client.until(/data: 1/);
  client.socket.destroy();
  t.same(await front.outcome(), { kind: "cut_short", status: 200, cause: "client_gone" });
  await until(() => closed, "the API hears of it");
});

t.test(
  "a browser that leaves before it has its answer's last bytes cuts no other call, which has the API's connection by then",
  async (t) => {
    const connections = new Set<unknown>();
    const held: ServerResponse[] = [];
    const target = await startApi(t, (request, response) => {
      connections.add(request.socket);
      if (request.url === "/slow") held.push(response);
      else response.end("whole");
    });
    let written = false;
    // As where a client does not read: its packets stay here.
    const keep = () => {
      written = true;
    };
    const front = await startFront(t, {
      route: { target },
      prepare({ request }) {
        if (request.url === "/first") Object.assign(request.socket, { _write: keep, _writev: keep });
      },
    });
    const leaving = await rawClient(t, front.port);
    leaving.socket.write("GET /first HTTP/1.1\r\nHost: app\r\n\r\n");
    await until(() => written, "the first answer is on its way");
    const other = await rawClient(t, front.port);
    other.socket.write("POST /slow HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nok");
    await until(() => held.length > 0, "the other call arrives");
    t.equal(connections.size, 1, "on the connection of the first");
    leaving.socket.resetAndDestroy();
    t.same(await front.outcome(), { kind: "cut_short", status: 200, cause: "client_gone" });
    for (const response of held) response.end("the other's");
    t.same(await front.outcome(), { kind: "answered", status: 200 });
    await other.until(/the other's/);
  },
);

t.test("a browser that is gone already makes no call", async (t) => {
  let asked = 0;
  const target = await startApi(t, (_request, response) => {
    asked++;
    response.end();
  });
  const front = await startFront(t, { route: { target }, prepare: ({ response }) => response.destroy() });
  const client = await rawClient(t, front.port);
  client.socket.write(GET);
  t.same(await front.outcome(), { kind: "client_gone" });
  t.equal(asked, 0);
});

t.test("a browser that leaves while the connection to the API is made causes no call", async (t) => {
  let bytes = "";
  // A TLS handshake that never ends keeps the call waiting for its connection.
  const target = await startRawApi(t, (_socket, first) => {
    bytes = first;
  });
  const front = await startFront(t, { route: { target: new URL(`https://127.0.0.1:${target.port}`) } });
  const client = await rawClient(t, front.port);
  client.socket.write("POST /api HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\nhalf");
  await until(() => bytes !== "", "the handshake begins");
  client.socket.destroy();
  t.same(await front.outcome(), { kind: "client_gone" });
  t.equal(front.leftListeners(), 0);
});

t.test("a fault in our own part before the head leaves the answer to the caller", async (t) => {
  const target = await startApi(t, (_request, response) => response.end("ok"));
  const setCookies = () => {
    throw new Error("no cookies today");
  };
  const front = await startFront(t, { route: { target }, exchange: { setCookies } });
  t.match(await rawCall(t, front.port, GET), /^HTTP\/1\.1 502 /);
  t.match(await front.outcome(), { kind: "unreachable", error: { message: "no cookies today" } });
});
