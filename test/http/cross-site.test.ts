import t from "tap";
import { request } from "undici";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

/** Which cross-site requests pass, a row a line; ORIGIN stands for the app's own. */
const ROWS: readonly {
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  passes: boolean;
}[] = [
  { name: "same-origin fetch", method: "GET", path: "/api/echo", headers: { "sec-fetch-site": "same-origin" }, passes: true },
  {
    name: "same-origin post",
    method: "POST",
    path: "/api/echo",
    headers: { "sec-fetch-site": "same-origin", origin: "ORIGIN" },
    passes: true,
  },
  { name: "typed address", method: "GET", path: "/api/echo", headers: { "sec-fetch-site": "none" }, passes: true },
  { name: "a post from nowhere", method: "POST", path: "/api/echo", headers: { "sec-fetch-site": "none" }, passes: false },
  { name: "cross-site get", method: "GET", path: "/api/echo", headers: { "sec-fetch-site": "cross-site" }, passes: false },
  { name: "same-site get", method: "GET", path: "/api/echo", headers: { "sec-fetch-site": "same-site" }, passes: false },
  {
    name: "cross-site post",
    method: "POST",
    path: "/api/echo",
    headers: { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    passes: false,
  },
  {
    name: "an unknown site value",
    method: "GET",
    path: "/api/echo",
    headers: { "sec-fetch-site": "same-origin, cross-site" },
    passes: false,
  },
  { name: "own Origin alone", method: "POST", path: "/api/echo", headers: { origin: "ORIGIN" }, passes: true },
  { name: "another Origin alone", method: "POST", path: "/api/echo", headers: { origin: "https://evil.example" }, passes: false },
  { name: "another Origin on a get", method: "GET", path: "/api/echo", headers: { origin: "https://evil.example" }, passes: false },
  { name: "Origin null", method: "POST", path: "/api/echo", headers: { origin: "null" }, passes: false },
  { name: "a get with neither header", method: "GET", path: "/api/echo", headers: {}, passes: true },
  { name: "a head with neither header", method: "HEAD", path: "/api/echo", headers: {}, passes: true },
  { name: "a post with neither header", method: "POST", path: "/api/echo", headers: {}, passes: false },
  { name: "session from another site", method: "GET", path: "/auth/session", headers: { "sec-fetch-site": "cross-site" }, passes: false },
  { name: "refresh from another site", method: "POST", path: "/auth/refresh", headers: { "sec-fetch-site": "cross-site" }, passes: false },
  { name: "sign-out from another site", method: "POST", path: "/auth/logout", headers: { "sec-fetch-site": "cross-site" }, passes: false },
  { name: "sign-out with neither header", method: "POST", path: "/auth/logout", headers: {}, passes: false },
];

async function refused(demo: RunningDemo, { method, path, headers }: (typeof ROWS)[number], cookie: string): Promise<boolean> {
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value === "ORIGIN" ? demo.url : value]));
  const answer = await request(demo.url + path, { method: method as "GET", headers: { ...sent, cookie } });
  await answer.body.dump();
  return answer.statusCode === 403 && answer.headers["bff-problem"] === "csrf";
}

t.test("cross-site requests pass exactly as the table says", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  for (const row of ROWS) t.equal(await refused(demo, row, cookie), !row.passes, row.name);
});

const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "cross-site" };

t.test("only a top-level navigation by GET starts a sign-in: fetch, frames and prefetches start nothing", async (t) => {
  const demo = await runDemo(t);
  const starts = async (headers: Record<string, string>, method = "GET") => {
    const answer = await request(`${demo.url}/auth/login`, {
      method: method as "GET",
      headers,
    });
    await answer.body.dump();
    return answer.statusCode === 302 && answer.headers["set-cookie"] !== undefined;
  };
  t.equal(await starts(NAVIGATION), true, "a link from anywhere");
  t.equal(await starts({}), true, "a browser without Fetch Metadata");
  t.equal(await starts({ ...NAVIGATION, "sec-fetch-dest": "empty" }), true, "one that a service worker passed on");
  t.equal(await starts({ ...NAVIGATION, "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin" }), true, "of the app's own");
  t.equal(await starts({ "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin" }), false, "fetch");
  for (const mode of ["no-cors", "same-origin", "websocket", "", "Navigate", "navigate, cors"])
    t.equal(await starts({ ...NAVIGATION, "sec-fetch-mode": mode, "sec-fetch-dest": "empty" }), false, `mode "${mode}"`);
  for (const dest of ["frame", "embed", "object", "image", "script", "worker", "", "Document", "empty, document"])
    t.equal(await starts({ ...NAVIGATION, "sec-fetch-dest": dest }), false, `destination "${dest}"`);
  t.equal(await starts({ ...NAVIGATION, "sec-fetch-dest": "empty", "sec-purpose": "prefetch" }), false, "a worker's prefetch");
  t.equal(await starts({ ...NAVIGATION, "sec-fetch-dest": "iframe" }), false, "a frame");
  t.equal(await starts({ ...NAVIGATION, "sec-purpose": "prefetch" }), false, "a prefetch");
  t.equal(await starts({ ...NAVIGATION, "sec-purpose": "prefetch;prerender" }), false, "a prerender");
  t.equal(await starts({ ...NAVIGATION, purpose: "prefetch" }), false, "an older prefetch");
  t.equal(await starts(NAVIGATION, "HEAD"), false, "HEAD");
  t.equal(await starts(NAVIGATION, "POST"), false, "POST");
});

t.test("the static header, where it is required, is asked of everything that can send it", async (t) => {
  const demo = await runDemo(t, { csrfHeader: "required" });
  const person = await demo.signedIn();
  t.equal((await person.call("/api/echo")).headers["bff-problem"], "csrf");
  t.equal((await person.call("/api/echo", { headers: { "x-bff-csrf": "1" } })).status, 200);
  t.equal((await person.call("/auth/session")).status, 403);
  t.equal((await person.call("/auth/session", { headers: { "x-bff-csrf": "1" } })).status, 200);
  t.equal((await person.call("/api/echo", { headers: { accept: "text/event-stream" } })).status, 200, "EventSource cannot send it");
  const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  t.equal((await person.call("/api/echo", { headers: navigation })).status, 200, "nor can a navigation");
  t.equal((await person.call("/auth/logout", { method: "POST", headers: navigation })).status, 303, "nor a form");
});

t.test("with COOKIE_SAME_SITE=lax a link in an e-mail may lead to an API's page, a form may not", async (t) => {
  const demo = await runDemo(t, { cookieSameSite: "lax" });
  const person = await demo.signedIn();
  t.equal((await person.call("/api/echo", { headers: NAVIGATION })).status, 200);
  t.equal((await person.call("/api/echo", { headers: { ...NAVIGATION, "sec-fetch-dest": "empty" } })).status, 200, "through a worker");
  t.equal((await person.call("/api/echo", { headers: { ...NAVIGATION, "sec-fetch-dest": "iframe" } })).status, 403);
  t.equal((await person.call("/api/echo", { headers: { ...NAVIGATION, "sec-purpose": "prefetch" } })).status, 403);
  t.equal((await person.call("/api/echo", { method: "POST", headers: NAVIGATION })).status, 403);
});
