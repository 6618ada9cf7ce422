import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import fastify from "fastify";
import t, { type Test } from "tap";
import { request } from "undici";
import { cognitoBff } from "../../src/index.js";
import { updateClient } from "../support/administration.js";
import { type AnswerableApi, keepConnectionTo, startAnswerableApi, watch } from "../support/answerable-api.js";
import { until } from "../support/condition.js";
import { openConnection } from "../support/kept-connection.js";
import { answersIn, bodyOf, callOf, saysClose, statusOf } from "../support/raw-http.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { closingOf, echoOf, openSocket } from "../support/sockets.js";

/** The demo with a route of the test's own, which needs nobody signed in. */
async function runWithApi(t: Test, settings: { drainDelay?: string } = {}): Promise<RunningDemo & { readonly api: AnswerableApi }> {
  const api = await startAnswerableApi(t);
  const proxyRoutes = [{ prefix: "/open", target: api.url, session: "none", token: "none" } as const];
  return { ...(await runDemo(t, { proxyRoutes, ...settings })), api };
}

t.test("DRAIN_DELAY: not ready at once, serving on, and every answer ends its connection", async (t) => {
  const demo = await runDemo(t, { drainDelay: "30s" });
  const kept = await openConnection(t, demo.url);
  kept.send("GET /auth/session");
  await until(() => statusOf(kept.text()) === 401);
  t.notOk(saysClose(kept.text()));
  const closing = demo.server.close();
  const ready = await request(`${demo.managementUrl}/readyz`);
  await ready.body.dump();
  t.equal(ready.statusCode, 503);
  kept.send("GET /auth/session");
  t.equal(await kept.ending, "closed");
  t.equal(answersIn(kept.text()).length, 2);
  t.ok(saysClose(answersIn(kept.text())[1]));
  const fresh = await openConnection(t, demo.url);
  fresh.send("GET /auth/session");
  t.equal(await fresh.ending, "closed");
  t.equal(statusOf(fresh.text()), 401, "new connections too");
  demo.advance("31s");
  await closing;
  await t.rejects(openConnection(t, demo.url));
});

t.test("a call under way is answered whole, however late, and its connection closes behind it", async (t) => {
  const { api, ...demo } = await runWithApi(t);
  const asked = api.next();
  const kept = await openConnection(t, demo.url);
  kept.send("GET /open/slow");
  const [, response] = await asked;
  let closed = false;
  const closing = demo.server.close().then(() => {
    closed = true;
  });
  response.writeHead(200, { "content-length": 2_000_000 });
  response.write(Buffer.alloc(1_000_000));
  await until(() => kept.text().length > 1_000_000);
  t.notOk(closed);
  response.end(Buffer.alloc(1_000_000));
  await closing;
  t.equal(await kept.ending, "closed");
  t.equal(bodyOf(kept.text()).length, 2_000_000);
  t.ok(saysClose(kept.text()));
});

t.test("calls that arrive on kept connections at the very moment of closing are answered, not reset", async (t) => {
  const demo = await runDemo(t);
  const connections = await Promise.all(Array.from({ length: 20 }, () => openConnection(t, demo.url)));
  for (const connection of connections) connection.send("GET /auth/session");
  await until(() => connections.every((connection) => answersIn(connection.text()).length === 1));
  const closing = demo.server.close();
  // Before the server's next turn, when http.Server's own close() would have destroyed them; and in the turns behind it.
  for (const [turn, connection] of connections.entries()) {
    connection.send("GET /auth/session");
    if (turn % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
  }
  t.same(await Promise.all(connections.map(({ ending }) => ending)), Array(20).fill("closed"));
  for (const connection of connections) t.same(answersIn(connection.text()).map(saysClose), [false, true]);
  await closing;
});

t.test("of requests sent together each is answered, and only the last answer closes the connection", async (t) => {
  const demo = await runDemo(t, { drainDelay: "30s" });
  const connection = await openConnection(t, demo.url);
  const closing = demo.server.close();
  connection.send("GET /auth/session", "GET /auth/session", "GET /auth/session");
  t.equal(await connection.ending, "closed");
  t.same(answersIn(connection.text()).map(saysClose), [false, false, true]);
  demo.advance("31s");
  await closing;
});

t.test("connections that carry nothing do not hold the process, whether they ever did or not", async (t) => {
  const demo = await runDemo(t);
  const unused = await openConnection(t, demo.url);
  const idle = await openConnection(t, demo.url);
  idle.send("GET /auth/session");
  await until(() => statusOf(idle.text()) === 401);
  const startedAtMs = performance.now();
  await demo.server.close();
  t.ok(performance.now() - startedAtMs < 2_000);
  t.same(await Promise.all([unused.ending, idle.ending]), ["closed", "closed"]);
});

t.test("a socket stays open for DRAIN_DELAY and then closes with 1012", async (t) => {
  const demo = await runDemo(t, { drainDelay: "30s" });
  const socket = await openSocket(t, demo, await demo.signedIn());
  const ended = closingOf(socket);
  const closing = demo.server.close();
  t.equal((await echoOf(socket, "still here")).data.toString(), "still here");
  demo.advance("31s");
  t.same(await ended, { code: 1012, reason: "restarting" });
  await closing;
});

t.test("an event stream is cut behind the last event that came, and one asked for with POST ends by itself", async (t) => {
  const { api, ...demo } = await runWithApi(t);
  const open = async (method: string) => {
    const asked = api.next();
    const opening = httpRequest(`${demo.url.replace("localhost", "127.0.0.1")}/open/${method}`, { method, agent: false });
    opening.setHeader("origin", demo.url).end();
    const [, response] = await asked;
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    const [answer] = (await once(opening, "response")) as [IncomingMessage];
    let text = "";
    answer.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    answer.on("error", () => {});
    const ending = new Promise((resolve) => answer.once("close", () => resolve(answer.complete ? "whole" : "cut")));
    await until(() => text !== "");
    return { response, ending, text: () => text };
  };
  const [read, written] = [await open("GET"), await open("POST")];
  const closing = demo.server.close();
  t.equal(await read.ending, "cut", "EventSource asks again; a reader with fetch must not take it for the end");
  t.equal(read.text(), "data: 1\n\n");
  written.response.end("data: 2\n\n");
  t.equal(await written.ending, "whole");
  t.equal(written.text(), "data: 1\n\ndata: 2\n\n");
  await closing;
});

t.test("an event stream that begins while the server closes gets its head: after a 502 EventSource would give up", async (t) => {
  const { api, ...demo } = await runWithApi(t);
  const asked = api.next();
  const connection = await openConnection(t, demo.url);
  connection.send("GET /open/events");
  const [, response] = await asked;
  const closing = demo.server.close();
  await until(() => !demo.server.app.server.listening);
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  t.equal(await connection.ending, "closed");
  t.equal(statusOf(connection.text()), 200);
  await closing;
});

t.test("with rotation on, a refresh under way at the stop ends, and its token travels on the answer that waited", async (t) => {
  const demo = await runDemo(t);
  await updateClient(demo, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });
  const person = await demo.signedIn();
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "GetTokensFromRefreshToken", fault: "latency", latencyMs: 200, times: 1 });
  demo.localCognito.calls.clear();
  const pending = person.call("/auth/session");
  await until(() => demo.localCognito.calls.list().length > 0 || demo.refreshes() > 0);
  const closing = demo.server.close();
  const answer = await pending;
  t.equal(answer.status, 200);
  t.ok(answer.headers["set-cookie"]);
  t.equal(answer.headers.connection, "close");
  await closing;
});

t.test("near the end of SHUTDOWN_TIMEOUT a call that still waits is refused with a reason, and what is being written is cut", async (t) => {
  const { api, ...demo } = await runWithApi(t);
  const waiting = await openConnection(t, demo.url);
  const first = api.next();
  waiting.send("GET /open/hangs");
  await first;
  const asking = await openConnection(t, demo.url);
  const head = api.next();
  asking.send("HEAD /open/hangs");
  await head;
  const unread = await openConnection(t, demo.url);
  unread.socket.pause();
  const second = api.next();
  unread.send("GET /open/large");
  const [, response] = await second;
  response.writeHead(200).write(Buffer.alloc(20_000_000));
  const closing = demo.server.close();
  await until(() => !demo.server.app.server.listening);
  demo.advance("6s");
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(waiting.text(), "");
  demo.advance("1s");
  t.equal(await waiting.ending, "closed");
  t.equal(statusOf(waiting.text()), 504);
  t.match(waiting.text(), /\r\nbff-problem: upstream_timeout\r\n/i);
  t.equal(await asking.ending, "closed");
  t.equal(statusOf(asking.text()), 504);
  t.equal(bodyOf(asking.text()), "", "a HEAD has no body, refused or not");
  await closing;
  const lines = demo.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(
    lines.find(({ refused }) => refused !== undefined),
    { level: 40, refused: 2, cut: 1 },
  );
  const { request_id } = JSON.parse(bodyOf(waiting.text())) as { request_id: string };
  t.match(
    lines.find((line) => line["request_id"] === request_id),
    { reason: "upstream_timeout", method: "GET" },
    "what the refusal is called is in the log",
  );
});

t.test("a call that waits for Cognito at the end hears that it may come again, and is never handed on", async (t) => {
  const api = await startAnswerableApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  const person = await demo.signedIn();
  await keepConnectionTo(api, () => person.call("/api/x"));
  const handedOn = watch(api);
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "latency", latencyMs: 400, times: 1 });
  const connection = await openConnection(t, demo.url);
  // The second one's response is told nothing of the connection's end: its turn has not come.
  connection.socket.write(callOf(person).repeat(2));
  await until(() => demo.localCognito.faults.list().length === 0);
  const closing = demo.server.close();
  await until(() => !demo.server.app.server.listening);
  demo.advance("7s");
  t.equal(await connection.ending, "closed");
  t.equal(statusOf(connection.text()), 503);
  t.match(connection.text(), /\r\nbff-problem: cognito_unavailable\r\n/i);
  t.match(connection.text(), /\r\nretry-after: 1\r\n/i);
  await closing;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.notOk(handedOn());
});

t.test("a call that was refused at the end is told of once, whatever it comes to afterwards", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.advance("2h");
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "lambda_error", latencyMs: 300, times: 1 });
  const connection = await openConnection(t, demo.url);
  connection.socket.write(callOf(person));
  await until(() => demo.localCognito.faults.list().length === 0);
  const closing = demo.server.close();
  await until(() => !demo.server.app.server.listening);
  demo.advance("7s");
  await connection.ending;
  await closing;
  const problems = demo.logLines.filter((line) => /"reason":"(?:cognito_unavailable|denied|misconfigured)"/.test(line));
  t.match(problems, [/cognito_unavailable/]);
  t.equal(problems.length, 1);
});

t.test("a Cognito that hangs does not hold the process, and the log says what may be lost", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  demo.localCognito.faults.add({ operation: "RevokeToken", fault: "internal_error", times: 1 });
  demo.localCognito.faults.add({ operation: "RevokeToken", fault: "hang", times: 1 });
  await person.call("/auth/logout", { method: "POST" });
  const startedAtMs = performance.now();
  const closing = demo.server.close();
  // The second attempt has arrived.
  await until(() => demo.localCognito.faults.list().length === 0);
  demo.advance("1s");
  await closing;
  t.ok(performance.now() - startedAtMs < 3_000);
  t.ok(demo.logLines.some((line) => line.includes("Cognito or the session store did not answer in time")));
});

t.test("the plugin's streams end with their app, and hold it open no longer", async (t) => {
  const api = await startAnswerableApi(t);
  const app = fastify();
  await app.register(cognitoBff, {
    publicUrl: "http://localhost:3000",
    cognitoUserPoolId: "us-east-1_Local0001",
    cognitoClientId: "3localcognitodemoclient001",
    cognitoClientSecret: "localcognitodemosecretforlocalcognitoonlynotsecret1",
    cognitoEndpoint: "http://127.0.0.1:9",
    sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
    proxyRoutes: [{ prefix: "/open", target: api.url, session: "none", token: "none" }],
  });
  const connection = await openConnection(t, await app.listen({ host: "127.0.0.1", port: 0 }));
  const asked = api.next();
  connection.send("GET /open/events");
  const [, response] = await asked;
  response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
  await until(() => connection.text().includes("data: 1"));
  await app.close();
  t.equal(await connection.ending, "closed");
});
