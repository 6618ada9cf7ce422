import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import fastify from "fastify";
import { Agent, request } from "undici";
import { startDemo } from "../src/demo/demo.js";
import { Person } from "../test/support/person.js";

/*
 * What a proxied call costs: CPU time with a session and without one, and straight to the API for comparison. Browser, product and API share
 * this process and its one thread, so the differences count and not the figures themselves. `npm run build && node dist/bench/proxy.js`
 */

const CALLS = 10_000;
const WARM_UP_CALLS = 2_000;
const AT_ONCE = 20;

const api = createServer((_request, response) => response.end("fine"));
await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
const target = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
const demo = await startDemo({
  host: "127.0.0.1",
  port: 0,
  localCognitoPort: 0,
  settings: {
    proxyRoutes: [
      { prefix: "/api", target },
      { prefix: "/open", target, session: "none", token: "none" },
    ],
  },
  runtime: { logger: fastify({ logger: { level: "fatal", stream: silence } }).log },
});
const browser = new Agent({ connections: AT_ONCE });

/** Microseconds of this process's CPU for one call. */
async function cpuOf(url: string, cookie: string, calls: number): Promise<number> {
  const numbers = Array.from({ length: calls }, (_, index) => index).values();
  const worker = async () => {
    for (const _ of numbers) {
      const answer = await request(url, { dispatcher: browser, headers: { cookie } });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

try {
  const person = new Person(demo.url);
  await person.signIn(demo.user);
  const cookie = person.cookiesOf("localhost");
  const ways = {
    "straight to the API": `${target}/api/x`,
    "without a session": `${demo.url}/open/x`,
    "with a session": `${demo.url}/api/x`,
  };
  const figures: Record<string, { readonly "µs of CPU a call, browser and API included": number }> = {};
  for (const [way, url] of Object.entries(ways)) {
    await cpuOf(url, cookie, WARM_UP_CALLS);
    figures[way] = { "µs of CPU a call, browser and API included": Math.round(await cpuOf(url, cookie, CALLS)) };
  }
  console.log(`${cookie.length} bytes of cookies, ${CALLS} calls each`);
  console.table(figures);
} finally {
  await browser.destroy();
  await demo.close();
  api.close();
}
