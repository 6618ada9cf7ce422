/*
 * What 10,000 calls that were broken off leave behind: connections, listeners, what keeps the process alive, and the heap.
 *
 *   npm run build && node --expose-gc dist/bench/leaks.js
 *
 * Browser, product, API and local Cognito run in this one process, so the heap is that of all of them. It stops by itself after half a minute or so.
 */
import { Writable } from "node:stream";
import fastify from "fastify";
import { startDemo } from "../src/demo/demo.js";
import { abortCalls, connectionsOf, type EndlessApi, listenersOf, resourcesInUse, startEndlessApi } from "../test/proxy/aborted-calls.js";
import { Person } from "../test/support/person.js";

const CALLS = 10_000;
const AT_ONCE = 50;
/** Enough for compiled code, caches and pools to have reached their size. */
const WARM_UP_CALLS = 2_000;

interface Figures {
  readonly "connections to the product": number;
  readonly "connections to the API": number;
  readonly "calls open at the API": number;
  readonly "listeners of the server": number;
  readonly sockets: number;
  readonly timers: number;
  readonly "heap, MB": number;
  readonly "memory outside of it, MB": number;
}

const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
const api = await startEndlessApi();
const demo = await startDemo({
  host: "127.0.0.1",
  port: 0,
  localCognitoPort: 0,
  settings: { proxyRoutes: [{ prefix: "/api", target: api.url }] },
  runtime: { logger: fastify({ logger: { level: "fatal", stream: silence } }).log },
});
try {
  const person = new Person(demo.url);
  await person.signIn(demo.user);
  const cookie = person.cookiesOf("localhost");
  const port = Number(new URL(demo.url).port);
  await abortCalls(port, cookie, api, WARM_UP_CALLS, AT_ONCE);
  const before = await figures(api);
  const startedAtMs = performance.now();
  await abortCalls(port, cookie, api, CALLS, AT_ONCE);
  const seconds = (performance.now() - startedAtMs) / 1000;
  const after = await figures(api);
  console.log(`${CALLS} calls broken off in ${seconds.toFixed(1)} s${globalThis.gc ? "" : " (without --expose-gc the heap says little)"}`);
  console.table({ before, after });
} finally {
  await demo.close();
  await api.close();
}

async function figures(endless: EndlessApi): Promise<Figures> {
  // Closing takes a few turns of the event loop at either end.
  await new Promise((resolve) => setTimeout(resolve, 500));
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const resources = resourcesInUse();
  const inMegabytes = (bytes: number) => Math.round(bytes / 100_000) / 10;
  return {
    "connections to the product": await connectionsOf(demo.server.app.server),
    "connections to the API": await connectionsOf(endless.server),
    "calls open at the API": endless.open,
    "listeners of the server": listenersOf(demo.server.app.server),
    sockets: resources.get("TCPSocketWrap") ?? 0,
    timers: resources.get("Timeout") ?? 0,
    "heap, MB": inMegabytes(heapUsed),
    "memory outside of it, MB": inMegabytes(external + arrayBuffers),
  };
}
