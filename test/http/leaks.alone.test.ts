import t from "tap";
import { abortCalls, connectionsOf, listenersOf, resourcesInUse, startEndlessApi } from "../proxy/aborted-calls.js";
import { until } from "../support/condition.js";
import { runDemo } from "../support/running-demo.js";

const CALLS = 400;
const AT_ONCE = 20;

t.test("after hundreds of calls that were broken off no socket, timer or listener is left", async (t) => {
  const api = await startEndlessApi();
  t.teardown(() => api.close());
  const demo = await runDemo(t, {
    proxyRoutes: [{ prefix: "/api", target: api.url, bodyIdleTimeout: "1h" }],
  });
  const { server } = demo.server.app;
  const person = await demo.signedIn();
  const cookie = person.cookiesOf("localhost");
  const port = Number(new URL(demo.url).port);

  // What stays on purpose, kept connections among it, is there before counting begins.
  await abortCalls(port, cookie, api, AT_ONCE, AT_ONCE);
  t.equal((await person.call("/api/fine")).status, 200);
  const settled = () => until(() => api.open === 0, "the API hears of every one");
  await settled();
  const before = { product: await connectionsOf(server), listeners: listenersOf(server), process: listenerTotal() };
  const resources = resourcesInUse();

  await abortCalls(port, cookie, api, CALLS, AT_ONCE);
  await settled();
  // Kept for the next calls, never more than were needed at a time.
  t.ok((await connectionsOf(api.server)) <= AT_ONCE, "no connection to the API but those that are kept");
  t.ok((await connectionsOf(server)) <= before.product, "no connection of a browser's");
  t.equal(listenersOf(server), before.listeners, "no listener at the server");
  t.equal(listenerTotal(), before.process, "no listener at the process");
  for (const kind of ["TCPSocketWrap", "Timeout", "Immediate"]) {
    await until(() => (resourcesInUse().get(kind) ?? 0) <= (resources.get(kind) ?? 0), `no ${kind} is left`);
  }
  t.equal((await person.call("/api/fine")).status, 200, "and the next call works");
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)|MaxListeners/);
});

function listenerTotal(): number {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}
