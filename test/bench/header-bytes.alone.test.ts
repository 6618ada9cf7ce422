import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { ANSWERS } from "../../bench/contest/answers.js";
import type { Running } from "../../bench/contest/contestant.js";
import { CONTESTANTS, type ContestantName } from "../../bench/contest/contestants.js";
import { MIXES } from "../../bench/contest/mixes.js";

/** Bytes of a message's headers on the wire, without the line before them. */
const bytesOf = (rawHeaders: readonly string[]) => rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);

/** An API that knows how many bytes of headers came. */
async function startCountingApi(t: Test) {
  let received = 0;
  const server = createServer(({ url, rawHeaders }, response) => {
    received = bytesOf(rawHeaders);
    const { headers = {}, body = "" } = ANSWERS[url ?? ""] ?? {};
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length, ...headers }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.teardown(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received: () => received };
}

/** Calls it as the mix does. */
function call({ url, cookies }: Running): Promise<{ readonly sent: number; readonly returned: number }> {
  const { path, headers } = MIXES.small.request(url, cookies[0] ?? "");
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers }, (answer) => {
      answer.resume().on("end", () => {
        if (answer.statusCode === 200) resolve({ sent: bytesOf(Object.entries(headers).flat()), returned: bytesOf(answer.rawHeaders) });
        else reject(new Error(`answered ${answer.statusCode}`));
      });
    });
    asked.on("error", reject).end();
  });
}

type Way = "sent" | "passedOn" | "returned";

/** How far from ours is alike: a tenth, and an answer's few headers by one name more or less. */
const alike = (bytes: number, ours: number) => Math.abs(bytes - ours) <= Math.max(ours / 10, 50);

/** Those that are not ours, and what of them cannot be made alike. */
const OTHERS: readonly (readonly [ContestantName, Partial<Record<Way, string>>])[] = [
  ["bare", {}],
  ["least", {}],
  ["nginx", {}],
  ["apache-shm", {}],
  ["apache-cookie", { sent: "its own cookie is as long as it is" }],
  ["oauth2-proxy", { sent: "its own cookie is as long as it is", passedOn: "it hands its own cookie on" }],
];

t.test("every contestant carries as many bytes of headers as ours, each way", async (t) => {
  const api = await startCountingApi(t);
  const measure = async (name: ContestantName): Promise<Readonly<Record<Way, number>>> => {
    const running = await CONTESTANTS[name].start({ upstream: api.url, pinning: { kind: "free" }, profile: null });
    t.teardown(running.stop);
    return { ...(await call(running)), passedOn: api.received() };
  };
  const ours = await measure("ours");
  for (const [name, exceptions] of OTHERS) {
    const missing = CONTESTANTS[name].missing();
    if (missing !== null) {
      t.comment(`${name} is left out, since ${missing}`);
      continue;
    }
    const bytes = await measure(name);
    for (const way of ["sent", "passedOn", "returned"] as const)
      if (exceptions[way] === undefined) t.ok(alike(bytes[way], ours[way]), `${name}, ${way}: ${bytes[way]}, ours ${ours[way]}`);
  }
});
