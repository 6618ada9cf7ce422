import t from "tap";
import { request } from "undici";
import { freePort } from "../../src/demo/free-port.js";
import { runDemo } from "../support/running-demo.js";

const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none", accept: "text/html" };

async function ask(url: string, host: string, headers: Record<string, string> = NAVIGATION, path = "/orders?page=2", method = "GET") {
  const answer = await request(url + path, { method: method as "GET", headers: { ...headers, host } });
  await answer.body.dump();
  const { location, "cache-control": cacheControl } = answer.headers;
  return { status: answer.statusCode, location, cacheControl };
}

t.test("on localhost a page opened under another loopback name leads to PUBLIC_URL, where the sign-in can end", async (t) => {
  const demo = await runDemo(t);
  const { port } = new URL(demo.url);
  const inIpv6 = ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:7F01:203]"];
  const unspecified = ["0.0.0.0", "[::]"];
  for (const name of ["127.0.0.1", "127.1.2.3", "[::1]", ...inIpv6, ...unspecified, "app.localhost", "A.b.LOCALHOST", "localhost."]) {
    const answer = await ask(demo.url, `${name}:${port}`);
    t.same(answer, { status: 307, location: `${demo.url}/orders?page=2`, cacheControl: "no-store" }, name);
  }
  for (const path of ["/", "/auth/login?return_to=/x", "/api/echo"])
    t.equal((await ask(demo.url, `127.0.0.1:${port}`, NAVIGATION, path)).location, `${demo.url}${path}`);
  t.equal((await ask(demo.url, `127.0.0.1:${port}`, { accept: "text/html" })).status, 307, "a browser without Fetch Metadata");
  const worker = { ...NAVIGATION, "sec-fetch-dest": "empty" };
  t.equal((await ask(demo.url, `127.0.0.1:${port}`, worker)).status, 307, "through a service worker");
});

t.test("nothing but that leads away: other names, other ports, calls, forms", async (t) => {
  const demo = await runDemo(t);
  const { port, host } = new URL(demo.url);
  const hosts = [
    host,
    host.toUpperCase(),
    `127.0.0.1:${Number(port) + 1}`,
    "127.0.0.1",
    `evil.example:${port}`,
    `localhost.evil.example:${port}`,
  ];
  for (const other of [
    ...hosts,
    `127.0.0.1.evil.example:${port}`,
    `notlocalhost:${port}`,
    `192.168.0.1:${port}`,
    `[::ffff:8f00:1]:${port}`,
  ])
    t.equal((await ask(demo.url, other)).status, 200, other);
  const there = `127.0.0.1:${port}`;
  const fetched = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin" };
  t.equal((await ask(demo.url, there, fetched, "/auth/session")).status, 401);
  t.equal((await ask(demo.url, there, { accept: "*/*" }, "/auth/session")).status, 401, "curl");
  t.equal((await ask(demo.url, there, NAVIGATION, "/auth/logout", "POST")).location, undefined);
  t.equal((await ask(demo.url, there, NAVIGATION, "/orders", "HEAD")).status, 200);
});

t.test("in production and behind Vite no Host leads anywhere", async (t) => {
  const vite = await runDemo(t, { publicUrl: `http://localhost:${await freePort()}` });
  const cognito = { cognitoDomain: "https://login.example.com", cognitoEndpoint: "https://cognito.example.com" };
  const production = await runDemo(t, { publicUrl: "https://app.example.com", ...cognito });
  for (const demo of [vite, production]) {
    const own = new URL(demo.url);
    const named = new URL(demo.config.publicUrl);
    for (const port of [own.port, named.port || "443"])
      for (const name of ["127.0.0.1", "[::1]", "app.localhost"]) t.equal((await ask(demo.url, `${name}:${port}`)).status, 200);
  }
});
