import t from "tap";
import { keepConnectionTo, startAnswerableApi, watch } from "../support/answerable-api.js";
import { until } from "../support/condition.js";
import { openConnection } from "../support/kept-connection.js";
import { answersIn, bodyOf, callOf, rawExchange, saysClose, statusOf } from "../support/raw-http.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

const postOf = (demo: RunningDemo, path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${demo.url}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

t.test("what comes behind an answer that has said close is not carried out, and does not harm that answer", async (t) => {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/open", target: api.url, session: "none", token: "none" }], drainDelay: "30s" });
  const closing = demo.server.close();
  const connection = await openConnection(t, demo.url);
  const asked = api.next();
  connection.send("GET /open/slow");
  const [, response] = await asked;
  response.writeHead(200, { "content-length": 1_000_006 }).write("first\n");
  await until(() => connection.text().includes("first"));
  t.ok(saysClose(connection.text()));
  const carriedOut = watch(api);
  connection.socket.write(postOf(demo, "/open/transfer", "x".repeat(1_000_000)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  response.end(Buffer.alloc(1_000_000));
  t.equal(await connection.ending, "closed");
  t.equal(bodyOf(connection.text()).length, 1_000_006);
  t.notOk(carriedOut());
  demo.advance("31s");
  await closing;
});

t.test("what comes behind a message that was refused with its connection is not carried out", async (t) => {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/open", target: api.url, session: "none", token: "none" }] });
  await keepConnectionTo(api, () => rawExchange(demo.url, "GET /open/x HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const carriedOut = watch(api);
  for (const head of ["Host: a\r\nExpect: x", "Host: a\r\nHost: b", "Host: a\r\nTransfer-Encoding: gzip, chunked", "Bad Header: x"]) {
    const message = `GET /open/x HTTP/1.1\r\n${head}\r\n\r\n${head.includes("chunked") ? "0\r\n\r\n" : ""}`;
    const answer = await rawExchange(demo.url, `${message}${postOf(demo, "/open/transfer", "hi")}`, () => false);
    t.equal(statusOf(answer), 400, head);
    t.equal(answersIn(answer).length, 1, head);
  }
  t.notOk(carriedOut());
  t.notOk(
    demo.logLines.some((line) => line.includes('"method":"POST"')),
    "nor is it a request to anything else here",
  );
});

t.test("a call whose client leaves while it waits for Cognito is never handed on, in whatever turn it was sent", async (t) => {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  const person = await demo.signedIn();
  await keepConnectionTo(api, () => person.call("/api/x"));
  const handedOn = watch(api);
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 100, times: 1 });
  const connection = await openConnection(t, demo.url);
  connection.socket.write(callOf(person).repeat(2));
  await until(() => demo.localCognito.faults.list().length === 0);
  connection.socket.destroy();
  await until(() => demo.logLines.some((line) => line.includes("session_renewed")));
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.notOk(handedOn());
});

t.test("of calls sent together the next goes out when the one before is answered, in their order", async (t) => {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/open", target: api.url, session: "none", token: "none" }] });
  const connection = await openConnection(t, demo.url);
  let asked = api.next();
  connection.send("GET /open/0", "GET /open/1", "GET /auth/session", "GET /open/3");
  for (const path of ["/open/0", "/open/1", "/open/3"]) {
    const [request, response] = await asked;
    t.equal(request.url, path);
    t.equal(await demo.metric("bff_open_calls"), 1);
    const handedOn = watch(api);
    await new Promise((resolve) => setTimeout(resolve, 10));
    t.notOk(handedOn(), "the next one waits");
    asked = api.next();
    response.end(path);
  }
  await until(() => answersIn(connection.text()).length === 4);
  t.same(answersIn(connection.text()).map(statusOf), [200, 200, 401, 200]);
});

t.test("no more than 16 requests of a connection wait: it closes, and the one call that had begun is broken off", async (t) => {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/open", target: api.url, session: "none", token: "none" }] });
  const patient = await openConnection(t, demo.url);
  const one = api.next();
  patient.send(...Array.from({ length: 17 }, () => "GET /open/x"));
  const [, response] = await one;
  t.notOk(patient.socket.destroyed);
  const flood = await openConnection(t, demo.url);
  const other = api.next();
  flood.send("GET /open/y");
  const [broken] = await other;
  const cut = new Promise((resolve) => broken.once("close", resolve));
  const handedOn = watch(api);
  flood.send(...Array.from({ length: 1_500 }, () => "GET /open/y"));
  await flood.ending;
  await cut;
  t.notOk(handedOn());
  t.equal(await demo.metric("bff_open_calls"), 1);
  response.end();
});
