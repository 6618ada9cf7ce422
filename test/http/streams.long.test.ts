import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { administer } from "../support/administration.js";
import { until } from "../support/condition.js";
import type { Person } from "../support/person.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";
import { limitHere } from "../support/slow-machine.js";

/** What the page's EventSource gets. */
interface Stream {
  readonly answer: IncomingMessage;
  text(): string;
  /** Resolves with how it ended. */
  readonly ending: Promise<"whole" | "cut">;
}

async function openStream(
  t: Test,
  demo: RunningDemo,
  person: Person,
  path = "/api/events",
  more: Record<string, string> = {},
): Promise<Stream> {
  const request = httpRequest(`${demo.url.replace("localhost", "127.0.0.1")}${path}`, {
    headers: { cookie: person.cookiesOf("localhost"), "sec-fetch-site": "same-origin", accept: "text/event-stream", ...more },
    agent: false,
  });
  request.end();
  t.teardown(() => request.destroy());
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  answer.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  answer.on("error", () => {});
  const ending = new Promise<"whole" | "cut">((resolve) => answer.once("close", () => resolve(answer.complete ? "whole" : "cut")));
  return { answer, text: () => text, ending };
}

/** An API whose answers a test writes itself. */
async function startApi(t: Test): Promise<{ readonly url: string; readonly next: () => Promise<[IncomingMessage, ServerResponse]> }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, next: () => once(server, "request") as Promise<[IncomingMessage, ServerResponse]> };
}

t.test("each event arrives as it is sent, the head before the first, and nothing compresses on the way", async (t) => {
  const api = await startApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  const asked = api.next();
  const opening = openStream(t, demo, await demo.signedIn(), "/api/live", { "accept-encoding": "gzip" });
  const [, response] = await asked;
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
  const { answer, text, ending } = await opening;
  t.equal(answer.statusCode, 200);
  t.equal(answer.headers["content-encoding"], undefined);
  t.equal(answer.headers["content-length"], undefined);
  for (let event = 1; event <= 3; event++) {
    response.write(`data: ${event}\n\n`);
    await until(() => text().endsWith(`data: ${event}\n\n`));
  }
  response.end();
  t.equal(await ending, "whole");
  t.equal(await demo.metric("bff_watched_sessions"), 0);
});

t.test("a sign-out in another tab cuts the stream within a second, and the next try hears the 401", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const other = await demo.signedIn();
  const copy = person.copy();
  const stream = await openStream(t, demo, person);
  const bystander = await openStream(t, demo, other);
  const limitMs = await limitHere(1_000, person);
  const startedAtMs = performance.now();
  await person.call("/auth/logout", { method: "POST" });
  t.equal(await stream.ending, "cut");
  t.ok(performance.now() - startedAtMs < limitMs);
  const again = await openStream(t, demo, copy);
  t.equal(again.answer.statusCode, 401);
  t.equal(again.answer.headers["bff-problem"], "signed_out");
  const before = bystander.text().length;
  await until(() => bystander.text().length > before);
  t.equal(bystander.answer.destroyed, false);
});

t.test("at its token's end the stream of a revoked session is cut", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const stream = await openStream(t, demo, person);
  await administer(demo, "AdminUserGlobalSignOut", { Username: demo.user.email });
  demo.advance("61m");
  t.equal(await stream.ending, "cut");
  t.equal((await openStream(t, demo, person)).answer.headers["bff-problem"], "expired");
});

t.test("a stream goes on over its token's end when the refresh succeeds", async (t) => {
  const demo = await runDemo(t);
  const stream = await openStream(t, demo, await demo.signedIn());
  for (let hour = 1; hour <= 3; hour++) {
    demo.advance("61m");
    await until(() => demo.refreshes() === hour);
    const before = stream.text().length;
    demo.advance("1s");
    await until(() => stream.text().length > before);
  }
  t.notOk(stream.answer.destroyed);
});

t.test("an outage at the token's end keeps the stream; the verdict that comes later cuts it", async (t) => {
  const demo = await runDemo(t);
  const stream = await openStream(t, demo, await demo.signedIn());
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "waf" });
  await administer(demo, "AdminDisableUser", { Username: demo.user.email });
  demo.advance("61m");
  await until(() => demo.refreshes() >= 1);
  const before = stream.text().length;
  demo.advance("2s");
  await until(() => stream.text().length > before);
  t.notOk(stream.answer.destroyed);
  demo.localCognito.faults.clear();
  demo.advance("1m");
  t.equal(await stream.ending, "cut");
});

t.test("a browser that leaves ends the watch and the API's side", async (t) => {
  const api = await startApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  const asked = api.next();
  const opening = openStream(t, demo, await demo.signedIn(), "/api/live");
  const [, response] = await asked;
  response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
  const stream = await opening;
  t.equal(await demo.metric("bff_watched_sessions"), 1);
  stream.answer.destroy();
  await once(response, "close");
  await until(async () => (await demo.metric("bff_watched_sessions")) === 0);
  t.equal(await demo.metric("bff_watched_sessions"), 0);
});

t.test("an ordinary answer is not watched, however long it takes", async (t) => {
  const api = await startApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.url }] });
  for (const type of ["application/json", "text/event-streams", "text/plain; note=text/event-stream"]) {
    const asked = api.next();
    const opening = openStream(t, demo, await demo.signedIn(), "/api/long");
    const [, response] = await asked;
    response.writeHead(200, { "content-type": type }).write("begun");
    await opening;
    t.equal(await demo.metric("bff_watched_sessions"), 0, type);
    response.end();
  }
});
