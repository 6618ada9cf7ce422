import type { ServerResponse } from "node:http";
import { connect, createServer } from "node:net";
import t, { type Test } from "tap";
import { until } from "../support/condition.js";
import { listen, startApi } from "../support/listener.js";
import { type RawClient, rawClient } from "../support/raw-client.js";
import { type Front, startFront } from "./front.js";

/** An API that answers when it is told to; `/events` begins an event stream at once. */
async function startSlowApi(t: Test): Promise<{ target: URL; underWay: ServerResponse[]; asked: string[] }> {
  const underWay: ServerResponse[] = [];
  const asked: string[] = [];
  const target = await startApi(t, (request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/events") response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    else underWay.push(response);
  });
  return { target, underWay, asked };
}

async function ask(t: Test, front: Front, path: string, method = "GET"): Promise<RawClient> {
  const client = await rawClient(t, front.port);
  client.socket.write(`${method} ${path} HTTP/1.1\r\nHost: app\r\n\r\n`);
  return client;
}

/** Lets what is on its way arrive: everything here is on loopback, and one connection after the other. */
async function settle(t: Test, front: Front): Promise<void> {
  const probe = await rawClient(t, front.port);
  probe.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
}

t.test("an API gets no more calls at a time than it may; the next goes out when one has ended, in turn", async (t) => {
  const { target, underWay, asked } = await startSlowApi(t);
  const front = await startFront(t, { route: { target }, forwarder: { maxCalls: 2 } });
  for (const path of ["/1", "/2"]) await ask(t, front, path);
  await until(() => asked.length === 2, "two calls arrive");
  const third = await ask(t, front, "/3");
  await until(() => front.waiting() === 1, "the third waits");
  await ask(t, front, "/4");
  await until(() => front.waiting() === 2, "the fourth waits");
  t.equal(asked.length, 2);
  underWay[0]?.end("one");
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  await until(() => asked.length === 3, "the third arrives");
  t.same(asked.slice(2), ["/3"]);
  t.equal(front.waiting(), 1);
  underWay[2]?.end("three");
  await third.until(/three/);
});

t.test("as many again wait; whoever comes then is refused at once", async (t) => {
  const { target, asked } = await startSlowApi(t);
  const front = await startFront(t, { route: { target }, forwarder: { maxCalls: 1 } });
  await ask(t, front, "/1");
  await until(() => asked.length === 1, "the first arrives");
  await ask(t, front, "/2");
  await until(() => front.waiting() === 1, "the second waits");
  const third = await ask(t, front, "/3");
  await third.until(/^HTTP\/1\.1 503 [\s\S]*busy/);
  t.same(await front.outcome(), { kind: "busy" });
  t.equal(front.leftListeners(), 0);
});

t.test("a call waits 10 seconds at most, and its responseHeaderTimeout begins afterwards", async (t) => {
  const { target, underWay, asked } = await startSlowApi(t);
  const front = await startFront(t, { route: { target, responseHeaderTimeoutMs: 30_000 }, forwarder: { maxCalls: 1 } });
  await ask(t, front, "/1");
  await until(() => asked.length === 1, "the first arrives");
  const second = await ask(t, front, "/2");
  await until(() => front.waiting() === 1, "the second waits");
  front.clock.advance(10_000);
  await second.until(/^HTTP\/1\.1 503 /);
  t.same(await front.outcome(), { kind: "busy" });
  t.equal(front.waiting(), 0);

  await ask(t, front, "/3");
  await until(() => front.waiting() === 1, "the third waits");
  front.clock.advance(9_999);
  underWay[0]?.end();
  await front.outcome();
  await until(() => asked.length === 2, "the third arrives");
  front.clock.advance(29_999);
  t.equal(front.clock.pending(), 1, "it has all of its own time");
  front.clock.advance(1);
  t.same(await front.outcome(), { kind: "timeout" });
  t.equal(front.clock.pending(), 0);
});

t.test("a browser that leaves while it waits frees its place in the row, and is never asked for", async (t) => {
  const { target, underWay, asked } = await startSlowApi(t);
  const front = await startFront(t, { route: { target }, forwarder: { maxCalls: 1 } });
  await ask(t, front, "/1");
  await until(() => asked.length === 1, "the first arrives");
  const second = await ask(t, front, "/2");
  await until(() => front.waiting() === 1, "the second waits");
  second.socket.destroy();
  t.same(await front.outcome(), { kind: "client_gone" });
  t.equal(front.waiting(), 0);
  await ask(t, front, "/3");
  await until(() => front.waiting() === 1, "the third waits in its place");
  underWay[0]?.end();
  await until(() => asked.length === 2, "the third arrives");
  t.same(asked, ["/1", "/3"]);
});

t.test("an event stream counts until its head, and no longer", async (t) => {
  const { target, underWay, asked } = await startSlowApi(t);
  const front = await startFront(t, { route: { target }, forwarder: { maxCalls: 1 } });
  for (let stream = 1; stream <= 3; stream++) {
    const client = await ask(t, front, "/events");
    await client.until(/data: 1/);
  }
  await ask(t, front, "/1");
  await until(() => asked.length === 4, "a call beside three streams arrives");
  const waiting = await ask(t, front, "/events");
  await until(() => front.waiting() === 1, "a stream that is asked for waits like any call");
  underWay[0]?.end();
  await waiting.until(/data: 1/);
});

t.test("every end gives the place back: an answer, a break, a timeout, a browser that leaves", async (t) => {
  const { target, underWay, asked } = await startSlowApi(t);
  const front = await startFront(t, { route: { target, responseHeaderTimeoutMs: 1_000 }, forwarder: { maxCalls: 1 } });
  const ends: readonly ((client: RawClient) => void)[] = [
    () => underWay.at(-1)?.end("ok"),
    () => underWay.at(-1)?.destroy(),
    () => front.clock.advance(1_000),
    (client) => client.socket.destroy(),
    () => {
      underWay.at(-1)?.write("half");
      setImmediate(() => underWay.at(-1)?.destroy());
    },
  ];
  for (const [index, end] of ends.entries()) {
    const client = await ask(t, front, `/${index}`, "POST");
    await until(() => asked.length === index + 1, "it arrives");
    end(client);
    await front.outcome();
  }
  t.equal(front.waiting(), 0);
  t.equal(front.clock.pending(), 0);
});

t.test("a call that was broken off leaves no connection behind, and opens none", async (t) => {
  let made = 0;
  let open = 0;
  const api = createServer((socket) => {
    made++;
    open++;
    socket.on("close", () => open--);
    socket.resume();
  });
  const target = new URL(`http://127.0.0.1:${await listen(t, api)}`);
  const front = await startFront(t, { route: { target } });
  for (let call = 1; call <= 5; call++) {
    const client = connect(front.port, "127.0.0.1");
    client.on("error", () => {});
    client.write("GET /api HTTP/1.1\r\nHost: app\r\n\r\n");
    await until(() => made >= call && open === 1, `call ${call} arrives`);
    client.destroy();
    t.same(await front.outcome(), { kind: "client_gone" });
    await until(() => open === 0, `the connection of call ${call} closes`);
    await settle(t, front);
    t.same([made, open], [call, 0]);
  }
});
