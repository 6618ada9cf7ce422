import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import t, { type Test } from "tap";
import { startAnswerableApi } from "../support/answerable-api.js";
import { until } from "../support/condition.js";
import { type KeptConnection, openConnection } from "../support/kept-connection.js";
import { answersIn, saysClose, statusOf } from "../support/raw-http.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

const post = (demo: RunningDemo, path: string, length: number, more = "") =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${demo.url}\r\n${more}Content-Length: ${length}\r\n\r\n`;

async function runWithApi(t: Test, route: { requestIdleTimeout?: string; responseHeaderTimeout?: string } = {}) {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/open", target: api.url, session: "none", token: "none", ...route }] });
  const upload = async (length = 1_000): Promise<[KeptConnection, IncomingMessage, ServerResponse]> => {
    const asked = api.next();
    const connection = await openConnection(t, demo.url);
    connection.socket.write(post(demo, "/open/x", length));
    connection.socket.write("a");
    const [request, response] = await asked;
    request.on("error", () => {});
    await once(request, "data");
    return [connection, request, response];
  };
  return { ...demo, upload };
}

const stalled = (text: string) => {
  t.equal(statusOf(text), 400);
  t.match(text, /\r\nbff-problem: bad_request\r\n/i);
  t.ok(saysClose(text));
};

t.test("an upload that falls silent gets 400 after a minute, its connection closes, and the API sees a cut", async (t) => {
  const demo = await runWithApi(t);
  const [connection, request] = await demo.upload();
  demo.advance("59s");
  t.equal(connection.text(), "");
  const cut = new Promise((resolve) => request.once("close", resolve));
  demo.advance("2s");
  t.equal(await connection.ending, "closed");
  stalled(connection.text());
  await cut;
  t.notOk(request.complete);
});

t.test("an upload that comes byte by byte gets 400 when its minute brought less than 100 bytes a second", async (t) => {
  const demo = await runWithApi(t);
  const [connection, request] = await demo.upload();
  for (let turn = 0; turn < 6; turn++) {
    demo.advance("9s");
    const heard = once(request, "data");
    connection.socket.write("a");
    await heard;
    t.equal(connection.text(), "");
  }
  demo.advance("9s");
  t.equal(await connection.ending, "closed");
  stalled(connection.text());
});

t.test("requestIdleTimeout is a route's own, and off means for ever", async (t) => {
  const brief = await runWithApi(t, { requestIdleTimeout: "5s" });
  const [cut] = await brief.upload();
  brief.advance("6s");
  t.equal(await cut.ending, "closed");
  stalled(cut.text());

  const patient = await runWithApi(t, { requestIdleTimeout: "off" });
  const [connection, request, response] = await patient.upload(2);
  patient.advance("12h");
  connection.socket.write("b");
  await once(request.resume(), "end");
  response.end();
  await until(() => statusOf(connection.text()) === 200);
});

t.test("while the API does not take what came, no browser is hurried", async (t) => {
  const demo = await runWithApi(t, { responseHeaderTimeout: "1d" });
  const [connection, request, response] = await demo.upload(20_000_000);
  request.pause();
  let sent = 0;
  for (let chunk = 0; chunk < 19; chunk++) connection.socket.write(Buffer.alloc(1_000_000, "a"), () => (sent += 1));
  connection.socket.write(Buffer.alloc(999_999, "a"));
  // Until the system's buffers are full, and so are ours.
  for (let before = -1; before !== sent || sent === 0; await new Promise((resolve) => setTimeout(resolve, 200))) before = sent;
  t.ok(sent < 19);
  demo.advance("1h");
  await once(request.resume(), "end");
  response.end();
  await until(() => statusOf(connection.text()) === 200);
});

t.test("a call that is refused in the middle of its body is read to its end for a minute, and then its connection closes", async (t) => {
  const demo = await runDemo(t);
  for (const [path, more, status] of [
    ["/api/x", "", 401],
    ["/api/x", "Sec-Fetch-Site: cross-site\r\n", 403],
    ["/auth/nothing", "", 404],
    ["/nothing", "", 404],
    ["/auth/login", "", 405],
    ["/api/../x", "", 400],
  ] as const) {
    const connection = await openConnection(t, demo.url);
    connection.socket.write(post(demo, path, 1_000, more));
    connection.socket.write("a");
    await until(() => statusOf(connection.text()) === status);
    t.ok(saysClose(connection.text()), `${status} ${path}`);
    for (let turn = 0; turn < 6; turn++) {
      demo.advance("9s");
      const { bytesRead } = connection.socket;
      connection.socket.write("a");
      t.equal(connection.socket.bytesRead, bytesRead);
      await new Promise((resolve) => setImmediate(resolve));
      t.notOk(connection.socket.destroyed, "it may still be coming");
    }
    demo.advance("9s");
    t.equal(await connection.ending, "closed", `${status} ${path}`);
    t.equal(answersIn(connection.text()).length, 1);
  }
});

t.test("whoever sends a refused body whole gets to read the answer, and one connection less", async (t) => {
  const demo = await runDemo(t);
  for (const [path, more, status] of [
    ["/api/x", "", 401],
    // Refused by the length that it names.
    ["/auth/logout", "Content-Type: application/json\r\n", 413],
    ["/auth/logout", "Content-Type: text/plain\r\n", 413],
    // By the session that is not there, before its length.
    ["/auth/refresh", "Content-Type: text/plain\r\n", 401],
  ] as const) {
    const connection = await openConnection(t, demo.url);
    connection.socket.write(post(demo, path, 8_000_000, more));
    connection.socket.write(Buffer.alloc(8_000_000));
    t.equal(await connection.ending, "closed", path);
    t.equal(statusOf(connection.text()), status, path);
  }
});

t.test("of a refused body no more than 64 MB are read", async (t) => {
  const demo = await runDemo(t);
  const connection = await openConnection(t, demo.url);
  connection.socket.write(post(demo, "/api/x", 1_000_000_000));
  const chunk = Buffer.alloc(1_000_000);
  const ended = once(connection.socket, "end");
  let sent = 0;
  while (!connection.socket.readableEnded && sent < 80) {
    sent += 1;
    if (!connection.socket.write(chunk)) await Promise.race([once(connection.socket, "drain"), ended, connection.ending]);
  }
  await ended;
  t.equal(statusOf(connection.text()), 401);
  t.ok(sent >= 64 && sent < 80, `${sent} MB`);
  demo.advance("3s");
  await connection.ending;
});

t.test("a refused call whose body has come keeps its connection", async (t) => {
  const demo = await runDemo(t);
  const connection = await openConnection(t, demo.url);
  for (const answers of [1, 2]) {
    connection.socket.write(`${post(demo, "/api/x", 5)}hello`);
    await until(() => answersIn(connection.text()).length === answers);
  }
  t.same(answersIn(connection.text()).map(statusOf), [401, 401]);
  t.notOk(saysClose(connection.text()));
});

t.test("a refused call whose body breaks off has had its one answer", async (t) => {
  const demo = await runDemo(t);
  const chunked = post(demo, "/api/x", 0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
  for (const [head, breakOff] of [
    [post(demo, "/api/x", 1_000), (connection: KeptConnection) => connection.socket.end("abc")],
    [chunked, (connection: KeptConnection) => connection.socket.end("5\r\nab")],
    [chunked, (connection: KeptConnection) => connection.socket.end("no size\r\n")],
  ] as const) {
    const connection = await openConnection(t, demo.url);
    connection.socket.write(head);
    await until(() => connection.text() !== "");
    breakOff(connection);
    t.equal(await connection.ending, "closed");
    t.same(answersIn(connection.text()).map(statusOf), [401]);
  }
});

t.test("what an API leaves unread of a body comes within the same limits, and keeps its connection if it does", async (t) => {
  const demo = await runWithApi(t);
  const [kept, , answered] = await demo.upload(2);
  answered.writeHead(200, { "content-length": 2 }).end("ok");
  await until(() => kept.text().endsWith("ok"));
  kept.socket.write(`b${post(demo, "/nothing", 0)}`);
  await until(() => answersIn(kept.text()).length === 2);

  const [slow, , response] = await demo.upload();
  response.writeHead(200, { "content-length": 2 }).end("ok");
  await until(() => slow.text().endsWith("ok"));
  demo.advance("61s");
  t.equal(await slow.ending, "closed");
});

t.test("a sign-out whose body stays away is answered, and nobody is signed out", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const connection = await openConnection(t, demo.url);
  const form = `Content-Type: application/x-www-form-urlencoded\r\nCookie: ${person.cookiesOf("localhost")}\r\n`;
  connection.socket.write(post(demo, "/auth/logout", 100, form));
  connection.socket.write("everywhere=");
  await new Promise((resolve) => setTimeout(resolve, 20));
  demo.advance("61s");
  t.equal(await connection.ending, "closed");
  stalled(connection.text());
  t.equal((await person.call("/auth/session")).status, 200);
});

t.test("a request without a body waits for Cognito as long as Cognito takes", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 200, times: 1 });
  const answering = person.call("/auth/refresh", { method: "POST" });
  await until(() => demo.localCognito.faults.list().length === 0);
  demo.advance("11s");
  t.ok([200, 503].includes((await answering).status));
});

t.test("the management address reads no body for ever either", async (t) => {
  const demo = await runDemo(t);
  const connection = await openConnection(t, demo.managementUrl);
  connection.socket.write("POST /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\na");
  await until(() => statusOf(connection.text()) === 404);
  demo.advance("61s");
  t.equal(await connection.ending, "closed");
});
