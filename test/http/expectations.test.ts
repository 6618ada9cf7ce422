import { text } from "node:stream/consumers";
import t from "tap";
import { startAnswerableApi, watch } from "../support/answerable-api.js";
import { until } from "../support/condition.js";
import { embedProxy } from "../support/embedded.js";
import { openConnection } from "../support/kept-connection.js";
import { answersIn, rawExchange, saysClose, statusOf } from "../support/raw-http.js";
import { runDemo } from "../support/running-demo.js";

const EXPECT = "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";

t.test("whoever waits with a body for 100 hears the refusal in its place, and closes", async (t) => {
  const demo = await runDemo(t);
  for (const [path, origin, status] of [
    ["/api/x", demo.url, 401],
    ["/api/x", "https://evil.example", 403],
    ["/auth/logout", "https://evil.example", 403],
    ["/auth/session", demo.url, 401],
    ["/auth/refresh", demo.url, 401],
    ["/nothing", demo.url, 404],
  ] as const) {
    const connection = await openConnection(t, demo.url);
    connection.socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\n${EXPECT}`);
    await until(() => connection.text() !== "");
    t.equal(statusOf(connection.text()), status);
    t.ok(saysClose(connection.text()));
  }
});

t.test("a call that is handed on gets its 100 when its body begins to be taken, and an API never sees the Expect", async (t) => {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/open", target: api.url, session: "none", token: "none" }] });
  const connection = await openConnection(t, demo.url);
  const asked = api.next();
  connection.socket.write(`POST /open/x HTTP/1.1\r\nHost: localhost\r\nOrigin: ${demo.url}\r\n${EXPECT}`);
  await until(() => connection.text() === "HTTP/1.1 100 Continue\r\n\r\n");
  connection.socket.write("hello");
  const [request, response] = await asked;
  t.equal(request.headers.expect, undefined);
  t.equal(await text(request), "hello");
  response.end("fine");
  await until(() => answersIn(connection.text()).length === 2);
  t.same(answersIn(connection.text()).map(statusOf), [100, 200]);
});

t.test("so does a sign-out", async (t) => {
  const demo = await runDemo(t);
  const connection = await openConnection(t, demo.url);
  const json = "Content-Type: application/x-www-form-urlencoded\r\n";
  connection.socket.write(`POST /auth/logout HTTP/1.1\r\nHost: localhost\r\nOrigin: ${demo.url}\r\n${json}${EXPECT}`);
  await until(() => connection.text() === "HTTP/1.1 100 Continue\r\n\r\n");
  connection.socket.write("a=b&c");
  await until(() => answersIn(connection.text()).length === 2);
});

t.test("… unless its body is longer than any sign-out's: that is told in place of the 100", async (t) => {
  const demo = await runDemo(t);
  const connection = await openConnection(t, demo.url);
  const length = "Content-Type: application/json\r\nContent-Length: 16385\r\n";
  connection.socket.write(`POST /auth/logout HTTP/1.1\r\nHost: localhost\r\nOrigin: ${demo.url}\r\n${length}Expect: 100-continue\r\n\r\n`);
  await until(() => connection.text() !== "");
  t.equal(statusOf(connection.text()), 413);
  t.ok(saysClose(connection.text()));
});

t.test("another expectation beside it is refused as one alone", async (t) => {
  const demo = await runDemo(t);
  for (const value of ["100-continue, x", "x, 100-continue", "x=100-continue"]) {
    const head = `POST /api/x HTTP/1.1\r\nHost: localhost\r\nExpect: ${value}\r\nContent-Length: 0\r\n\r\n`;
    t.equal(statusOf(await rawExchange(demo.url, head)), 400, value);
  }
});

t.test("in an app of one's own our calls hear the verdict first, and its own routes hear 100 as ever", async (t) => {
  const api = await startAnswerableApi(t);
  const handedOn = watch(api);
  const { url } = await embedProxy(t, [{ prefix: "/api", target: api.url }], (app) => {
    app.post("/own", async (request) => request.body);
  });
  const ours = await openConnection(t, url);
  ours.socket.write(`POST /api/x HTTP/1.1\r\nHost: localhost\r\nOrigin: ${url}\r\n${EXPECT}`);
  await until(() => statusOf(ours.text()) === 401);
  const own = await openConnection(t, url);
  own.socket.write(`POST /own HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n${EXPECT}`);
  await until(() => own.text() === "HTTP/1.1 100 Continue\r\n\r\n");
  own.socket.write("hello");
  await until(() => own.text().endsWith("hello"));
  t.notOk(handedOn());
});
