import t from "tap";
import { ATTACKS, type Attack, growthFault } from "../support/growth.js";
import { runDemo } from "../support/running-demo.js";

const HEADERS = [
  ["cookie", "/auth/session"],
  ["cookie", "/api/echo"],
  ["accept", "/somewhere"],
  ["accept-encoding", "/"],
  ["range", "/"],
  ["if-none-match", "/"],
  ["if-modified-since", "/"],
  ["x-forwarded-for", "/auth/session"],
  ["content-type", "/auth/logout"],
  ["referer", "/auth/login"],
] as const;

/** Runs of one character, those that headers are made of: the rest is for the parsers by themselves. */
const FEW: readonly Attack[] = ATTACKS.filter(({ long }) => /^x([ ,;=%/".a-])\1+x/.test(long));

t.test("a head of 32 kB costs no more than its length, whichever of its parts it is in, libraries included", async (t) => {
  const demo = await runDemo(t, { trustProxy: ["10.0.0.0/8", "127.0.0.1"] });
  // Not awaited: what is parsed before the first wait is parsed at once, and the answer comes later.
  const pending: Promise<unknown>[] = [];
  const ask = (path: string, headers: Record<string, string>) => {
    const method = path === "/auth/logout" ? "POST" : "GET";
    pending.push(
      demo.server.app.inject({ method, url: path, headers: { host: "localhost", "sec-fetch-site": "same-origin", ...headers } }),
    );
  };
  for (const [name, path] of HEADERS) {
    for (const attack of FEW) {
      const fault = growthFault((text) => ask(path, { [name]: text }), attack);
      if (fault !== null) t.fail(`${name}: ${fault}`);
    }
    await Promise.all(pending.splice(0));
  }
  for (const attack of FEW) {
    const encoded = { short: encodeURI(attack.short), long: encodeURI(attack.long) };
    for (const start of ["/", "/api/", "/auth/problems/", "/auth/login?return_to="]) {
      const fault = growthFault((text) => ask(`${start}${text}`, {}), encoded);
      if (fault !== null) t.fail(`${start}: ${fault}`);
    }
    await Promise.all(pending.splice(0));
  }
  t.pass("all of them");
});
