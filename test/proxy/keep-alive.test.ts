import { createServer as createNetServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { until } from "../support/condition.js";
import { listen, startRawApi } from "../support/listener.js";
import { rawClient } from "../support/raw-client.js";
import { startFront } from "./front.js";

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
  t.equal(front.clock.pending(), 0);
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
  t.equal(front.clock.pending(), 0);
  t.ok(calls <= 3);
});

/** An API that keeps its connections; `reset` resets those that are idle. */
async function startResettingApi(t: Test): Promise<{ target: URL; seen: string[]; reset: () => void; connections: () => number }> {
  const seen: string[] = [];
  const idle = new Set<Socket>();
  let connections = 0;
  const server = createNetServer((socket) => {
    connections++;
    let text = "";
    socket.on("data", (bytes) => {
      idle.delete(socket);
      text += bytes.toString("latin1");
      const [head = "", body] = text.split("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (body === undefined || body.length < length) return;
      text = "";
      seen.push(`${head.split(" ")[0]} ${body}`.trim());
      idle.add(socket);
      socket.write(OK);
    });
    socket.on("close", () => idle.delete(socket));
  });
  const target = new URL(`http://127.0.0.1:${await listen(t, server)}`);
  const reset = () => {
    for (const socket of idle) socket.resetAndDestroy();
  };
  return { target, seen, reset, connections: () => connections };
}

const METHODS_AND_BODIES = [
  ["GET", ""],
  ["POST", ""],
  ["POST", "x"],
  ["PUT", "xyz"],
  ["PATCH", "x"],
  ["DELETE", ""],
] as const;

for (const [method, body] of METHODS_AND_BODIES) {
  const what = `${method} ${body === "" ? "without" : "with"} a body`;

  t.test(`a ${what} that never started, because its kept connection was reset, goes out over a fresh one`, async (t) => {
    const api = await startResettingApi(t);
    const front = await startFront(t, { route: { target: api.target } });
    const client = await rawClient(t, front.port);
    for (let call_ = 0; call_ < 3; call_++) {
      // In one turn of the event loop: the call is taken first, the reset seen next, and undici, which waits for just that, writes last.
      client.socket.write(call(method, body));
      api.reset();
      t.same(await front.outcome(), { kind: "answered", status: 200 });
    }
    t.same(api.seen, Array(3).fill(`${method} ${body}`.trim()), "each arrived once");
    t.equal(api.connections(), 3);
  });
}

for (const [method, body] of METHODS_AND_BODIES.filter(([, body]) => body === "")) {
  t.test(`a ${method} of which the system took no byte goes out over a fresh connection`, async (t) => {
    const api = await startResettingApi(t);
    // Behind the look that undici takes at an idle connection, and before it writes.
    const front = await startFront(t, { route: { target: api.target }, prepare: () => void setImmediate(() => api.reset()) });
    const client = await rawClient(t, front.port);
    for (let call_ = 0; call_ < 3; call_++) {
      client.socket.write(call(method, body));
      t.same(await front.outcome(), { kind: "answered", status: 200 });
    }
    t.same(api.seen, Array(3).fill(method), "each arrived once");
  });
}

t.test("what goes out again does not take another kept connection that is dead too", async (t) => {
  const api = await startResettingApi(t);
  const front = await startFront(t, { route: { target: api.target } });
  const clients = await Promise.all(Array.from({ length: 8 }, () => rawClient(t, front.port)));
  for (const client of clients) client.socket.write(call("GET"));
  for (const _ of clients) t.same(await front.outcome(), { kind: "answered", status: 200 });
  const before = api.connections();
  t.ok(before > 1, `${before} connections are kept`);
  clients[0]?.socket.write(call("POST", "x"));
  api.reset();
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  t.equal(api.connections(), before + 1);
});

t.test("a call that never started and finds nobody on a fresh connection either is unreachable", async (t) => {
  let connections = 0;
  const server = createNetServer((socket) => {
    if (connections++ > 0) socket.resetAndDestroy();
    else socket.once("data", () => socket.write(OK, () => kept.push(socket)));
  });
  const kept: Socket[] = [];
  const target = new URL(`http://127.0.0.1:${await listen(t, server)}`);
  const front = await startFront(t, { route: { target }, prepare: () => kept.pop()?.resetAndDestroy() });
  const client = await rawClient(t, front.port);
  client.socket.write(call("GET"));
  t.equal((await front.outcome()).kind, "answered");
  client.socket.write(call("DELETE"));
  t.equal((await front.outcome()).kind, "unreachable");
  t.equal(connections, 2);
});

t.test("bytes that waited on a kept connection which takes no call answer none", async (t) => {
  const kept: Socket[] = [];
  const server = createNetServer((socket) => {
    socket.once("data", () => socket.write(OK, () => kept.push(socket)));
  });
  const target = new URL(`http://127.0.0.1:${await listen(t, server)}`);
  const leave = () => {
    const [socket] = kept.splice(0);
    socket?.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", () => socket.resetAndDestroy());
  };
  const front = await startFront(t, { route: { target }, prepare: () => void setImmediate(leave) });
  const client = await rawClient(t, front.port);
  client.socket.write(call("GET"));
  t.equal((await front.outcome()).kind, "answered");
  client.socket.write(call("POST"));
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  t.notMatch(client.text(), /408/);
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
  await until(() => client.text().endsWith(`\r\n\r\n${body}`), "the body arrives");
});
