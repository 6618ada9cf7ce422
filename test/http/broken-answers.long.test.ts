import { once } from "node:events";
import type { Socket } from "node:net";
import t from "tap";
import { answer, OK, setUpStage } from "../proxy/raw-stage.js";
import { until } from "../support/condition.js";

/** An answer that breaks within its body: the browser must be able to tell. */
const BREAKS: readonly (readonly [promise: string, head: string, end: (socket: Socket) => void])[] = [
  ["a reset within a length", "Content-Length: 10\r\n\r\nhalf", (socket) => socket.resetAndDestroy()],
  ["an end within a length", "Content-Length: 10\r\n\r\nhalf", (socket) => socket.end()],
  ["a reset between chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", (socket) => socket.resetAndDestroy()],
  ["an end between chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", (socket) => socket.end()],
  ["an end within a chunk", "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf", (socket) => socket.end()],
  ["a reset of a body without any framing", "X: y\r\n\r\nhalf", (socket) => socket.resetAndDestroy()],
];

t.test("an answer that broke is never seen as complete", async (t) => {
  const { ask, play } = await setUpStage(t);
  for (const [promise, head, end] of BREAKS) {
    let api: Socket | undefined;
    play((socket) => {
      api = socket;
      socket.write(`HTTP/1.1 200 OK\r\n${head}`);
    });
    const client = await ask(t, "/api/x", "Connection: close\r\n\r\n");
    await client.until(/half/);
    if (api) end(api);
    const text = await client.closed();
    t.notMatch(text, /\r\n0\r\n/, promise);
    t.match(text, /\r\ntransfer-encoding: chunked|content-length: 10/i, `${promise}: the browser knows that more was to come`);
  }
});

/** Answers that are none, and what the browser is told. */
const NO_ANSWERS: readonly (readonly [promise: string, bytes: string])[] = [
  ["a head that is too large", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}\r\n\r\n`],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["no HTTP", "SSH-2.0-OpenSSH\r\n"],
  ["nothing", ""],
];

t.test("what is no answer is a 502 with the reason, and shows nothing of what came", async (t) => {
  const { demo, ask, play } = await setUpStage(t);
  for (const [promise, bytes] of NO_ANSWERS) {
    play((socket) => void socket.end(bytes));
    const text = await (await ask(t, "/api/x", "Connection: close\r\n\r\n")).closed();
    t.match(text, /^HTTP\/1\.1 502 Bad Gateway\r\n/, promise);
    t.match(text, /\r\nbff-problem: upstream_unreachable\r\n/i, promise);
    t.notMatch(text, /OpenSSH|xxxx/, promise);
  }
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)|xxxx/);
});

t.test("an API's head is accepted up to UPSTREAM_MAX_HEADER_BYTES, and above it the 502 says so", async (t) => {
  const { ask, play } = await setUpStage(t);
  const filler = (bytes: number) => `${`X-Filler: ${"x".repeat(4_086)}\r\n`.repeat(bytes / 4_096)}`;
  play(answer(`${OK}${filler(20_480)}\r\nok`));
  t.match(await (await ask(t, "/api/x", "Connection: close\r\n\r\n")).closed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nok$/);
  play(answer(`${OK}${filler(61_440)}\r\nok`));
  t.match(await (await ask(t, "/api/x", "Connection: close\r\n\r\n")).closed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nok$/);
  play(answer(`${OK}${filler(69_632)}\r\nok`));
  const refused = await (await ask(t, "/api/x", "Connection: close\r\n\r\n")).closed();
  t.match(refused, /^HTTP\/1\.1 502 [\s\S]*"detail":"[^"]*more headers than are accepted here \(UPSTREAM_MAX_HEADER_BYTES\)/);
});

t.test("a call that finds no turn at the API is a 503 with Retry-After", async (t) => {
  const { demo, ask, play } = await setUpStage(t, { upstreamMaxConnections: 1 });
  let asked = 0;
  play(() => asked++);
  await ask(t, "/api/1");
  await until(() => asked === 1, "the first call arrives");
  await ask(t, "/api/2");
  const waiting = async () => /^bff_upstream_waiting 1$/m.test(await (await fetch(`${demo.managementUrl}/metrics`)).text());
  while (!(await waiting()));
  const text = await (await ask(t, "/api/3", "Connection: close\r\n\r\n")).closed();
  t.match(text, /^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: 5\r\n/i);
  t.match(text, /\r\nbff-problem: upstream_busy\r\n/i);
});

t.test("slow APIs: 504 before the head, a cut within the body, on the route's own limits", async (t) => {
  const { demo, ask, play } = await setUpStage(t);
  let asked = false;
  play(() => {
    asked = true;
  });
  const late = await ask(t, "/brief/x", "Connection: close\r\n\r\n");
  await until(() => asked, "the call arrives");
  demo.advance("3s");
  t.match(await late.closed(), /^HTTP\/1\.1 504 [\s\S]*\r\nbff-problem: upstream_timeout\r\n/i);
  play(answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  const slow = await ask(t, "/brief/x");
  await slow.until(/half/);
  demo.advance("4s");
  t.match(await slow.closed(), /Content-Length: 10\r\n[\s\S]*half$/);
});

t.test("slow bodies come through part by part, both ways", async (t) => {
  const { ask, play } = await setUpStage(t);
  let api: Socket | undefined;
  let uploaded = "";
  play((socket, _head, more) => {
    api = socket;
    uploaded = more.toString("latin1");
    socket.on("data", (bytes) => {
      uploaded += bytes.toString("latin1");
    });
  });
  const client = await ask(t, "/api/x", "Content-Length: 6\r\n\r\n", "POST");
  for (const part of ["ab", "cd", "ef"]) {
    client.socket.write(part);
    await until(() => uploaded.endsWith(part), `${part} arrives at the API`);
  }
  api?.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
  for (const part of ["uv", "wx", "yz"]) {
    api?.write(part);
    await client.until(new RegExp(`${part}$`));
  }
});

t.test("an answer that comes before the upload is whole is delivered, and the rest flows away", async (t) => {
  const { ask, play } = await setUpStage(t);
  play((socket) => void socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate"));
  const length = 3_000_000;
  const client = await ask(t, "/api/x", `Content-Length: ${length}\r\nConnection: close\r\n\r\n`, "POST");
  const block = "x".repeat(100_000);
  for (let sent = 0; sent < length && !client.socket.destroyed; sent += block.length) {
    if (!client.socket.write(block)) await Promise.race([once(client.socket, "drain"), once(client.socket, "close")]);
  }
  const text = await client.closed();
  t.match(text, /^HTTP\/1\.1 413 Too Large\r\n[\s\S]*late$/);
  t.notMatch(text, /bff-problem/i, "it is the API's own");
});

t.test("a broken upload is never answered in the middle of an answer", async (t) => {
  const { ask, play } = await setUpStage(t);
  play(answer("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nhalf"));
  const client = await ask(t, "/api/x", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "POST");
  await client.until(/half/);
  client.socket.write("zz\r\n");
  const text = await client.closed();
  t.equal(text.split("HTTP/1.1").length, 2, "one answer, cut");
  t.notMatch(text, /bad_request/);
});

t.test("a broken message behind a good one waits for its turn", async (t) => {
  const { ask, play } = await setUpStage(t);
  let api: Socket | undefined;
  play((socket) => {
    api = socket;
  });
  const client = await ask(t, "/api/x", "\r\nBROKEN\r\n\r\n");
  await until(() => api !== undefined, "the good call arrives");
  t.equal(client.text(), "", "its answer is not the broken one's");
  api?.write(`${OK}\r\nok`);
  t.match(await client.closed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*okHTTP\/1\.1 400 [\s\S]*bff-problem: bad_request/i);
});
