import { createServer as createNetServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { eventually, listen, rawClient, startFront, startRawApi } from "./support.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const call = (method: string, body = "") =>
  `${method} /api HTTP/1.1\r\nHost: app\r\n${body === "" ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`;

/** How an API lets go of a kept connection the moment a further call comes on it. */
type LetGo = (socket: Socket) => void;

/** An API whose connections carry `answers` calls each and then break; it counts what it was sent. */
async function startForgetfulApi(
  t: Test,
  letGo: LetGo,
  answers: number,
): Promise<{ target: URL; heads: string[]; connections: () => number }> {
  const heads: string[] = [];
  let connections = 0;
  const server = createNetServer((socket) => {
    connections++;
    let left = answers;
    socket.on("data", (bytes) => {
      heads.push(bytes.toString("latin1").split(" ")[0] ?? "");
      if (left-- > 0) socket.write(OK);
      else letGo(socket);
    });
  });
  const target = new URL(`http://127.0.0.1:${await listen(t, server)}`);
  return { target, heads, connections: () => connections };
}

/** A first call that leaves a kept connection behind, then the call in question: its outcome and what the API saw. */
async function secondCall(
  t: Test,
  message: string,
  letGo: LetGo,
  answers = 1,
): Promise<{ kind: string; heads: string[]; connections: number }> {
  const api = await startForgetfulApi(t, letGo, answers);
  const front = await startFront(t, { route: { target: api.target } });
  const client = await rawClient(t, front.port);
  for (let done = 0; done < answers; done++) {
    client.socket.write(call("GET"));
    t.same(await front.outcome(), { kind: "answered", status: 200 });
  }
  client.socket.write(message);
  const { kind } = await front.outcome();
  t.equal(front.leftListeners(), 0);
  t.equal(front.clock.running, 0);
  return { kind, heads: api.heads, connections: api.connections() };
}

const CLOSES: LetGo = (socket) => socket.end();
const RESETS: LetGo = (socket) => socket.resetAndDestroy();

/** Safe calls are sent again over a fresh connection. */
const AGAIN: readonly (readonly [promise: string, message: string, letGo: LetGo])[] = [
  ["a GET on a kept connection that the API had just closed is sent again", call("GET"), CLOSES],
  ["a GET on a kept connection that the API had just reset is sent again", call("GET"), RESETS],
];

for (const [promise, message, letGo] of AGAIN) {
  t.test(promise, async (t) => {
    const seen = await secondCall(t, message, letGo);
    t.same(seen, { kind: "answered", heads: ["GET", "GET", "GET"], connections: 2 });
  });
}

t.test("a HEAD is sent again too", async (t) => {
  const seen = await secondCall(t, call("HEAD"), CLOSES);
  t.same(seen, { kind: "answered", heads: ["GET", "HEAD", "HEAD"], connections: 2 });
});

/** Everything else is told as it is. */
const NEVER: readonly (readonly [promise: string, message: string, letGo: LetGo])[] = [
  ["a POST is never sent again", call("POST", "x"), CLOSES],
  ["a POST without a body is never sent again", call("POST"), RESETS],
  ["a PUT is never sent again", call("PUT", "x"), RESETS],
  ["a DELETE is never sent again", call("DELETE"), CLOSES],
  ["OPTIONS are never sent again", call("OPTIONS"), CLOSES],
  ["a GET with a body is never sent again", call("GET", "x"), CLOSES],
  ["a GET of whose answer one byte came is never sent again", call("GET"), (socket) => socket.end("H")],
  ["a GET that was told to wait is never sent again", call("GET"), (socket) => socket.end("HTTP/1.1 100 Continue\r\n\r\n")],
];

for (const [promise, message, letGo] of NEVER) {
  t.test(promise, async (t) => {
    const seen = await secondCall(t, message, letGo);
    t.equal(seen.kind, "unreachable");
    t.same(seen.heads, ["GET", message.split(" ")[0]]);
  });
}

t.test("a GET on a fresh connection is never sent again", async (t) => {
  const seen = await secondCall(t, call("GET"), CLOSES, 0);
  t.same(seen, { kind: "unreachable", heads: ["GET"], connections: 1 });
});

t.test("a GET is never sent a third time", async (t) => {
  let connections = 0;
  let calls = 0;
  const server = createNetServer((socket) => {
    const first = connections++ === 0;
    let answered = false;
    socket.on("data", () => {
      calls++;
      if (first && !answered) socket.write(OK);
      else socket.end();
      answered = true;
    });
  });
  const target = new URL(`http://127.0.0.1:${await listen(t, server)}`);
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  client.socket.write(call("GET"));
  t.equal((await front.outcome()).kind, "answered");
  client.socket.write(call("GET"));
  t.equal((await front.outcome()).kind, "unreachable");
  t.same([connections, calls], [2, 3]);
});

t.test("a browser that leaves before the second sending causes none", async (t) => {
  let calls = 0;
  const server = createNetServer((socket) => {
    socket.on("data", () => {
      calls++;
      if (calls === 1) socket.write(OK);
      else socket.end(() => client.socket.destroy());
    });
  });
  const target = new URL(`http://127.0.0.1:${await listen(t, server)}`);
  const front = await startFront(t, { route: { target, responseHeaderTimeoutMs: 1_000 } });
  const client = await rawClient(t, front.port);
  client.socket.write(call("GET"));
  await front.outcome();
  client.socket.write(call("GET"));
  t.match((await front.outcome()).kind, /^(?:client_gone|unreachable)$/);
  t.equal(front.clock.running, 0);
  t.ok(calls <= 3);
});

/** 100 (Continue) that nobody asked for, in the ways it may be cut. */
const CONTINUES: readonly (readonly [promise: string, parts: readonly string[]])[] = [
  ["in front of the answer", [`HTTP/1.1 100 Continue\r\n\r\n${OK}`]],
  ["on its own", ["HTTP/1.1 100 Continue\r\n\r\n", OK]],
  ["with headers, twice", [`HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 100 Go on\r\n\r\n${OK}`]],
  ["byte by byte", [...`HTTP/1.1 100 Continue\r\n\r\n${OK}`]],
  ["not at all, and the answer byte by byte", [...OK]],
];

for (const [how, parts] of CONTINUES) {
  t.test(`an API that says 100 (Continue) unasked is understood: ${how}`, async (t) => {
    const say = async (socket: Socket) => {
      socket.setNoDelay(true);
      for (const part of parts) {
        socket.write(part);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const target = await startRawApi(t, (socket) => void say(socket));
    const front = await startFront(t, { route: { target } });
    const client = await rawClient(t, front.port);
    client.socket.write(call("POST", "x"));
    t.same(await front.outcome(), { kind: "answered", status: 200 });
    t.match(await client.until(/ok$/), /^HTTP\/1\.1 200 OK\r\n/);
  });
}

t.test("what looks like 100 (Continue) within a body is a body", async (t) => {
  const body = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
  let api: Socket | undefined;
  const target = await startRawApi(t, (socket) => {
    api = socket;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
  });
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  client.socket.write(call("GET"));
  await client.until(/\r\n\r\n$/);
  api?.write(body);
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  await eventually(() => client.text().endsWith(`\r\n\r\n${body}`), "the body arrives");
});
