import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import t from "tap";
import { until } from "../support/condition.js";
import { startApi, startRawApi } from "../support/listener.js";
import { rawCall, rawClient } from "../support/raw-client.js";
import { startFront } from "./front.js";

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk.toString("latin1");
  return text;
}

/** A request as the browser frames it, and the framing and body that the API gets. */
const FRAMINGS: readonly (readonly [promise: string, method: string, framing: string, length: string, coding: string, body: string])[] = [
  ["a body with a length keeps its length", "POST", "Content-Length: 5\r\n\r\nhello", "5", "", "hello"],
  ["a chunked body stays chunked", "POST", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "", "chunked", "hello"],
  ["a POST without a body has length 0", "POST", "\r\n", "0", "", ""],
  ["a POST of length 0 has length 0", "POST", "Content-Length: 0\r\n\r\n", "0", "", ""],
  ["a chunked POST without a body has an end", "POST", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "0", "", ""],
  ["a GET without a body has no length", "GET", "\r\n", "", "", ""],
  ["a GET with a body is framed", "GET", "Content-Length: 5\r\n\r\nhello", "5", "", "hello"],
  ["a chunked GET is framed", "GET", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "", "chunked", "hello"],
  ["a DELETE with a body is framed", "DELETE", "Content-Length: 2\r\n\r\nok", "2", "", "ok"],
  ["a PUT keeps its length when Connection lists it", "PUT", "Connection: content-length\r\nContent-Length: 2\r\n\r\nok", "2", "", "ok"],
  ["Expect is answered here", "POST", "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok", "2", "", "ok"],
];

for (const [promise, method, framing, length, coding, body] of FRAMINGS) {
  t.test(promise, async (t) => {
    const target = await startApi(t, async (request, response) => {
      const { "content-length": length, "transfer-encoding": coding, expect } = request.headers;
      response.end(`[${length ?? ""}|${coding ?? ""}|${expect ?? ""}|${await bodyOf(request)}]`);
    });
    const front = await startFront(t, { route: { target } });
    const client = await rawClient(t, front.port);
    for (const round of ["first", "second"]) {
      client.socket.write(`${method} /api HTTP/1.1\r\nHost: app\r\n${framing}`);
      t.same(await front.outcome(), { kind: "answered", status: 200 }, `the ${round} on one connection`);
    }
    await until(() => client.text().split(`[${length}|${coding}||${body}]`).length === 3, `${promise}: ${client.text()}`);
  });
}

t.test("a message framed in two ways reaches nobody", async (t) => {
  let reached = 0;
  const target = await startApi(t, (_request, response) => {
    reached++;
    response.end();
  });
  const front = await startFront(t, { route: { target } });
  const answer = await rawCall(
    t,
    front.port,
    "POST /api HTTP/1.1\r\nHost: app\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
  );
  t.match(answer, /^HTTP\/1\.1 400 /);
  t.equal(reached, 0);
});

t.test("a body is handed on while it comes, not when it is whole", async (t) => {
  const target = await startApi(t, (request, response) => {
    response.writeHead(200);
    request.on("data", (chunk: Buffer) => response.write(`<${chunk}>`));
    request.on("end", () => response.end());
  });
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  client.socket.write("POST /api HTTP/1.1\r\nHost: app\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  await client.until(/<one>/);
  client.socket.write("3\r\ntwo\r\n0\r\n\r\n");
  await client.until(/<two>/);
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  t.equal(front.leftListeners(), 0);
});

t.test("a slow API slows the browser down instead of filling memory, and is waited for no longer than allowed", async (t) => {
  let api: Socket | undefined;
  const target = await startRawApi(t, (socket) => {
    socket.pause();
    api = socket;
  });
  const front = await startFront(t, { route: { target, responseHeaderTimeoutMs: 1_000 } });
  const socket = connect(front.port, "127.0.0.1");
  t.teardown(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  const whole = 64 * 1024 * 1024;
  socket.write(`POST /api HTTP/1.1\r\nHost: app\r\nContent-Length: ${whole}\r\n\r\n`);
  const block = Buffer.alloc(64 * 1024);
  let written = 0;
  const more = () => {
    while (written < whole) {
      written += block.length;
      if (!socket.write(block)) return;
    }
  };
  socket.on("drain", more);
  more();
  let last = -1;
  for (let still = 0; still < 20; last = written) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    still = written === last && api !== undefined ? still + 1 : 0;
  }
  t.ok(written < whole / 2, `${written} bytes are on their way`);
  t.equal(front.clock.pending(), 1, "the API is being waited for");
  front.clock.advance(1_000);
  t.same(await front.outcome(), { kind: "timeout" });
  await until(() => written === whole, "the browser gets rid of the rest");
});

t.test("a browser that sends slowly is not taken for a slow API", async (t) => {
  const target = await startApi(t, async (request, response) => response.end(await bodyOf(request)));
  const front = await startFront(t, { route: { target, responseHeaderTimeoutMs: 1_000 } });
  const client = await rawClient(t, front.port);
  client.socket.write("POST /api HTTP/1.1\r\nHost: app\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab");
  await until(() => front.clock.pending() === 0, "waiting for the browser");
  front.clock.advance(60_000);
  client.socket.write("cd");
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  t.match(await client.closed(), /abcd/);
});

t.test("an answer that comes before the request is whole is delivered, and the connection goes on", async (t) => {
  const target = await startApi(t, (request, response) => {
    if (request.url === "/api/next") response.end("next");
    else response.writeHead(413).end("too much");
  });
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  const length = 1024 * 1024;
  client.socket.write(`POST /api HTTP/1.1\r\nHost: app\r\nContent-Length: ${length}\r\n\r\nbeginning`);
  t.same(await front.outcome(), { kind: "answered", status: 413 });
  await client.until(/413[\s\S]*too much/);
  t.equal(front.leftListeners(), 0);
  client.socket.write("x".repeat(length - "beginning".length));
  client.socket.write("GET /api/next HTTP/1.1\r\nHost: app\r\n\r\n");
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  await client.until(/next/);
});

t.test("a browser that leaves while sending is a cut for the API, not an end", async (t) => {
  let cut = "";
  let heard = false;
  const target = await startApi(t, (request) => {
    request.on("data", () => {
      heard = true;
    });
    request.on("end", () => {
      cut = "end";
    });
    request.on("aborted", () => {
      cut = "aborted";
    });
    request.on("error", () => {});
  });
  const front = await startFront(t, { route: { target } });
  const half = "POST /api HTTP/1.1\r\nHost: app\r\n";
  const leavings: readonly (readonly [how: string, bytes: string, leave: (socket: Socket) => void])[] = [
    ["within a length", `${half}Content-Length: 10\r\n\r\nhalf`, (socket) => socket.destroy()],
    ["within a chunk", `${half}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, (socket) => socket.destroy()],
    ["by closing its side", `${half}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, (socket) => socket.end()],
    ["by a chunk without sense", `${half}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, (socket) => socket.write("zz\r\n")],
  ];
  for (const [how, bytes, leave] of leavings) {
    cut = "";
    heard = false;
    const client = await rawClient(t, front.port);
    client.socket.write(bytes);
    // A call that breaks off sooner is none that the API gets to see.
    await until(() => heard && front.clock.pending() === 0, "waiting for the browser");
    leave(client.socket);
    t.same(await front.outcome(), { kind: "client_gone" }, how);
    await until(() => cut !== "", "the API hears of it");
    t.equal(cut, "aborted", how);
    t.equal(front.leftListeners(), 0, how);
  }
});

t.test("chunks that come together with the head all arrive, whatever the browser's connection holds of the first", async (t) => {
  const chunks = ["a", "b", "c"].map((letter) => letter.repeat(20_000));
  const target = await startRawApi(t, (socket) => {
    const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
    socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`);
  });
  const front = await startFront(t, { route: { target } });
  for (let call = 0; call < 5; call++) {
    const answer = await fetch(`http://127.0.0.1:${front.port}/api`);
    t.ok((await answer.text()) === chunks.join(""), "byte for byte");
    t.match(await front.outcome(), { kind: "answered", status: 200 });
  }
});
