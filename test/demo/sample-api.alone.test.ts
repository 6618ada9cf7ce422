import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import t, { type Test } from "tap";
import WebSocket from "ws";
import { type SampleApiOptions, startSampleApi } from "../../src/demo/sample-api.js";
import { until } from "../support/condition.js";
import { createManualClock } from "../support/manual-clock.js";

const TOKEN = "header.claims.signature";
const bearer = { authorization: `Bearer ${TOKEN}` };

async function start(t: Test, options: Partial<SampleApiOptions> = {}) {
  const api = await startSampleApi({
    host: "127.0.0.1",
    port: 0,
    verify: async (token) => (token === TOKEN ? { sub: "sub-1", email: "demo@example.com" } : null),
    ...options,
  });
  t.teardown(() => api.close());
  return api;
}

t.test("without a token the API answers its own 401", async (t) => {
  const api = await start(t);
  for (const headers of [{}, { authorization: "Basic dTpw" }, { authorization: "Bearer" }]) {
    const answer = await fetch(`${api.url}/api/echo`, { headers });
    t.equal(answer.status, 401);
    t.equal(answer.headers.get("www-authenticate"), "Bearer");
    t.same(await answer.json(), { error: "unauthorized" });
  }
});

t.test("a token that does not verify is refused as RFC 6750 says", async (t) => {
  const api = await start(t);
  const answer = await fetch(`${api.url}/api/echo`, { headers: { authorization: "Bearer not.this.one" } });
  t.equal(answer.status, 401);
  t.equal(answer.headers.get("www-authenticate"), 'Bearer error="invalid_token"');
  t.same(await answer.json(), { error: "unauthorized" });
});

t.test("a verification that cannot be made is an outage, not a verdict", async (t) => {
  const api = await start(t, { verify: () => Promise.reject(new Error("keys unreachable")) });
  const answer = await fetch(`${api.url}/api/echo`, { headers: bearer });
  t.equal(answer.status, 503);
  t.equal(answer.headers.get("retry-after"), "1");
});

t.test("the echo answers method, target, headers and body as they arrived", async (t) => {
  const api = await start(t);
  const target = "/api/echo/a%2Fb//c;d?x=%7e&x=2";
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "QUERY"]) {
    const request = httpRequest(`${api.url}${target}`, {
      method,
      headers: { ...bearer, "X-Mixed-Case": "Kept As It Is", "content-length": Buffer.byteLength("héllo") },
    });
    request.end("héllo");
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    t.equal(answer.statusCode, 200);
    const echoed = JSON.parse(await text(answer));
    t.match(echoed, { method, url: target, body: "héllo", headers: { "x-mixed-case": "Kept As It Is", authorization: `Bearer ${TOKEN}` } });
  }
  const get = await (await fetch(`${api.url}/api/echo`, { headers: bearer })).json();
  t.match(get, { method: "GET", url: "/api/echo", body: "" });
  t.equal((await fetch(`${api.url}/api/echo`, { method: "HEAD", headers: bearer })).status, 200);
});

t.test("the echo takes every content type: none, malformed, JSON that is not", async (t) => {
  const api = await start(t);
  for (const contentType of [undefined, "", ";;;", "no slash", "application/json", "multipart/form-data"]) {
    const headers = contentType === undefined ? bearer : { ...bearer, "content-type": contentType };
    const request = httpRequest(`${api.url}/api/echo`, { method: "POST", headers });
    request.end("{not json");
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    t.equal(answer.statusCode, 200, `content type ${contentType}`);
    t.match(JSON.parse(await text(answer)), { body: "{not json" });
  }
});

t.test("the echo takes 10 MB and not a byte more", async (t) => {
  const api = await start(t);
  const most = "x".repeat(10 * 1024 * 1024);
  const accepted = await fetch(`${api.url}/api/echo`, { method: "POST", headers: bearer, body: most });
  t.equal(((await accepted.json()) as { body: string }).body.length, most.length);
  for (const more of ["x", most]) {
    const refused = await fetch(`${api.url}/api/echo`, { method: "POST", headers: bearer, body: `${most}${more}` });
    t.equal(refused.status, 413);
    t.match(await refused.json(), { error: "payload_too_large" });
  }
});

t.test("a caller that leaves in the middle of its body does no harm", async (t) => {
  const api = await start(t);
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST /api/echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 100\r\n\r\nhalf`);
  socket.end();
  socket.resume();
  await once(socket, "close");
  t.equal((await fetch(`${api.url}/api/echo`, { headers: bearer })).status, 200);
});

t.test("the slow answer waits as long as it was asked to, 500 ms by itself and never more than 30 s", async (t) => {
  const clock = createManualClock(1_800_000_000_000);
  const api = await start(t, { clock });
  for (const [query, delayMs] of [
    ["", 500],
    ["?ms=1", 1],
    ["?ms=1200", 1200],
    ["?ms=99999999", 30_000],
  ] as const) {
    const answer = fetch(`${api.url}/api/slow${query}`, { headers: bearer });
    await until(() => clock.pending() === 1);
    clock.advance(delayMs - 1);
    t.equal(clock.pending(), 1, "still waiting");
    clock.advance(1);
    t.same(await (await answer).json(), { waited_ms: delayMs });
  }
  for (const wrong of ["-1", "abc", "1.5", ""]) {
    t.equal((await fetch(`${api.url}/api/slow?ms=${wrong}`, { headers: bearer })).status, 400, `ms=${wrong}`);
  }
});

t.test("a slow answer is given up when the caller leaves", async (t) => {
  const clock = createManualClock(1_800_000_000_000);
  const api = await start(t, { clock });
  const leaving = new AbortController();
  const answer = fetch(`${api.url}/api/slow?ms=30000`, { headers: bearer, signal: leaving.signal });
  await until(() => clock.pending() === 1);
  leaving.abort();
  await t.rejects(answer);
  await until(() => clock.pending() === 0);
  t.equal(clock.pending(), 0);
});

t.test("events come at once and then every second, until the caller leaves", async (t) => {
  const clock = createManualClock(1_800_000_000_000);
  const api = await start(t, { clock });
  const leaving = new AbortController();
  const answer = await fetch(`${api.url}/api/events`, { headers: bearer, signal: leaving.signal });
  t.equal(answer.headers.get("content-type"), "text/event-stream");
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  t.equal((await reader?.read())?.value, 'id: 1\ndata: {"count":1,"time":"2027-01-15T08:00:00.000Z"}\n\n');
  clock.advance(1_000);
  t.equal((await reader?.read())?.value, 'id: 2\ndata: {"count":2,"time":"2027-01-15T08:00:01.000Z"}\n\n');
  t.equal(clock.pending(), 1);
  leaving.abort();
  await until(() => clock.pending() === 0);
  t.equal(clock.pending(), 0);
});

t.test("an order is answered 201 with a number of its own", async (t) => {
  const api = await start(t);
  const order = { items: [{ id: "notebook", quantity: 2 }], address: { name: "A. Reader", town: "Halle" } };
  const place = () => fetch(`${api.url}/api/orders`, { method: "POST", headers: bearer, body: JSON.stringify(order) });
  const first = await place();
  t.equal(first.status, 201);
  t.same(await first.json(), { order_number: "FC-1001", ordered_by: "demo@example.com", ...order });
  t.match(await (await place()).json(), { order_number: "FC-1002" });
});

t.test("a person sees the orders of their own, the newest first", async (t) => {
  const api = await start(t, { verify: async (token) => ({ sub: token }) });
  const as = (sub: string) => ({ authorization: `Bearer ${sub}` });
  const order = { items: [{ id: "notebook", quantity: 2 }], address: { town: "Halle" } };
  for (const sub of ["ada", "grace", "ada"])
    await fetch(`${api.url}/api/orders`, { method: "POST", headers: as(sub), body: JSON.stringify(order) });
  const numbersOf = async (sub: string) => {
    const { orders } = (await (await fetch(`${api.url}/api/orders`, { headers: as(sub) })).json()) as {
      orders: { order_number: string }[];
    };
    return orders.map(({ order_number }) => order_number);
  };
  t.same(await numbersOf("ada"), ["FC-1003", "FC-1001"]);
  t.same(await numbersOf("grace"), ["FC-1002"]);
  t.same(await numbersOf("nobody"), []);
});

t.test("what the shop keeps is bounded: an order in length, and how many there are", async (t) => {
  const api = await start(t);
  const place = (town: string) => {
    const body = JSON.stringify({ items: [{ id: "notebook", quantity: 1 }], address: { town } });
    return fetch(`${api.url}/api/orders`, { method: "POST", headers: bearer, body });
  };
  t.equal((await place("x".repeat(10_000))).status, 413);
  for (let placed = 0; placed < 101; placed++) await place("Halle");
  const { orders } = (await (await fetch(`${api.url}/api/orders`, { headers: bearer })).json()) as { orders: { order_number: string }[] };
  t.equal(orders.length, 100);
  t.equal(orders.at(-1)?.order_number, "FC-1002");
});

t.test("an order that is none is the caller's mistake", async (t) => {
  const api = await start(t);
  const item = { id: "notebook", quantity: 1 };
  for (const body of [
    "",
    "{",
    "null",
    "[]",
    JSON.stringify({ items: [], address: {} }),
    JSON.stringify({ items: [item] }),
    JSON.stringify({ items: [{ ...item, quantity: 0 }], address: {} }),
    JSON.stringify({ items: [{ ...item, quantity: 1.5 }], address: {} }),
    JSON.stringify({ items: [null], address: {} }),
    JSON.stringify({ items: [item], address: { name: 1 } }),
  ]) {
    const answer = await fetch(`${api.url}/api/orders`, { method: "POST", headers: bearer, body });
    t.equal(answer.status, 400, body);
    t.match(await answer.json(), { error: "bad_request" });
  }
});

t.test("an unknown path is 404, a known one with another method 405 with Allow", async (t) => {
  const api = await start(t);
  const unknown = await fetch(`${api.url}/api/nothing`, { headers: bearer });
  t.equal(unknown.status, 404);
  t.same(await unknown.json(), { error: "not_found" });
  const wrongMethod = await fetch(`${api.url}/api/orders`, { method: "PUT", headers: bearer });
  t.equal(wrongMethod.status, 405);
  t.equal(wrongMethod.headers.get("allow"), "GET, POST");
});

t.test("an address that is taken is refused", async (t) => {
  const api = await start(t);
  await t.rejects(startSampleApi({ host: "127.0.0.1", port: Number(new URL(api.url).port), verify: async () => null }), {
    code: "EADDRINUSE",
  });
});

t.test("closing ends open streams", async (t) => {
  const clock = createManualClock(1_800_000_000_000);
  const api = await startSampleApi({ host: "127.0.0.1", port: 0, verify: async () => ({ sub: "sub-1" }), clock });
  const answer = await fetch(`${api.url}/api/events`, { headers: bearer });
  await api.close();
  await t.rejects(answer.text());
  await until(() => clock.pending() === 0);
  t.equal(clock.pending(), 0);
});

t.test("the socket echoes what an authorised caller sends, text as text and bytes as bytes", async (t) => {
  const api = await start(t);
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/api/socket`, { headers: bearer });
  t.teardown(() => socket.terminate());
  await once(socket, "open");
  for (const [message, isBinary] of [
    [Buffer.from("héllo"), false],
    [Buffer.from([0, 255]), true],
  ] as const) {
    socket.send(message, { binary: isBinary });
    t.same(await once(socket, "message"), [message, isBinary]);
  }
});

t.test("a socket meets the same checks as a call: 401, 503, 404, and 426 without the upgrade", async (t) => {
  const api = await start(t);
  const unsure = await start(t, { verify: () => Promise.reject(new Error("no keys")) });
  const statusOf = async (url: string, headers: Record<string, string>) => {
    const socket = new WebSocket(url.replace("http", "ws"), { headers });
    socket.on("error", () => {});
    const [, answer] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  t.equal(await statusOf(`${api.url}/api/socket`, {}), 401);
  t.equal(await statusOf(`${api.url}/api/socket`, { authorization: "Bearer other" }), 401);
  t.equal(await statusOf(`${unsure.url}/api/socket`, bearer), 503);
  t.equal(await statusOf(`${api.url}/api/elsewhere`, bearer), 404);
  const plain = await fetch(`${api.url}/api/socket`, { headers: bearer });
  t.equal(plain.status, 426);
  t.equal(plain.headers.get("upgrade"), "websocket");
});

t.test("closing ends open sockets", async (t) => {
  const api = await startSampleApi({ host: "127.0.0.1", port: 0, verify: async () => ({ sub: "sub-1" }) });
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/api/socket`, { headers: bearer });
  await once(socket, "open");
  const closed = once(socket, "close");
  await api.close();
  await closed;
  t.equal(socket.readyState, WebSocket.CLOSED);
});

async function text(message: IncomingMessage): Promise<string> {
  let all = "";
  for await (const chunk of message.setEncoding("utf8")) all += chunk;
  return all;
}
