import { createServer, type IncomingMessage } from "node:http";
import t, { type Test } from "tap";
import { listen } from "../support/listener.js";
import { runDemo } from "../support/running-demo.js";
import { dial, refusalOf } from "../support/sockets.js";

interface SpokenApi {
  readonly target: string;
  /** The requests as they came in. */
  readonly seen: readonly IncomingMessage[];
  /** What the API answers to calls and handshakes from now on. */
  says(status: number, headers: readonly string[]): void;
}

/** An API that answers everything with the same head, sockets included. */
async function startSpokenApi(t: Test): Promise<SpokenApi> {
  const seen: IncomingMessage[] = [];
  let head: { status: number; headers: readonly string[] } = { status: 204, headers: [] };
  const server = createServer((request, response) => {
    seen.push(request);
    response.writeHead(head.status, [...head.headers]).end();
  });
  server.on("upgrade", (request, socket) => {
    seen.push(request);
    const lines = head.headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${head.headers[i + 1]}`] : []));
    socket.end([`HTTP/1.1 ${head.status} x`, ...lines, "Content-Length: 0", "Connection: close", "", ""].join("\r\n"));
  });
  const target = `http://127.0.0.1:${await listen(t, server)}`;
  return {
    target,
    seen,
    says: (status, headers) => {
      head = { status, headers };
    },
  };
}

t.test("a redirect to the API's inner address leads to its public one, and its cookie comes back", async (t) => {
  const api = await startSpokenApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: api.target }] });
  const person = await demo.signedIn();
  api.says(307, ["Location", `${api.target}/api/x/?a=b`, "Set-Cookie", "theirs=1; Domain=127.0.0.1; Path=/api; HttpOnly"]);
  const answer = await person.call("/api/x?a=b");
  t.equal(answer.headers["location"], `${demo.url}/api/x/?a=b`);
  t.equal(answer.headers["set-cookie"], "theirs=1; Path=/api; HttpOnly");
  api.says(201, ["Location", `${api.target}/api/x/7`, "Content-Location", `${api.target}/api/x/7`, "Refresh", `3; url=${api.target}/api/`]);
  t.match((await person.call("/api/x", { method: "POST" })).headers, {
    location: `${demo.url}/api/x/7`,
    "content-location": `${demo.url}/api/x/7`,
    refresh: `3; url=${demo.url}/api/`,
  });
  for (const kept of ["/auth/login?return_to=%2Fapi", demo.url, `${demo.url}/settings`, "https://elsewhere.example/"]) {
    api.says(303, ["Location", kept]);
    t.equal((await person.call("/api/x")).headers["location"], kept);
  }
});

t.test("behind a stripped prefix a redirect to /settings is the API's own page, and the app's with rewrite: false", async (t) => {
  const api = await startSpokenApi(t);
  const routes = [
    { prefix: "/longpoll", target: api.target, stripPrefix: true },
    { prefix: "/kept", target: api.target, stripPrefix: true, rewrite: false },
  ];
  const demo = await runDemo(t, { proxyRoutes: routes });
  const person = await demo.signedIn();
  api.says(302, ["Location", "/settings", "Set-Cookie", "a=1; Path=/m", "Set-Cookie", "XSRF-TOKEN=1; Path=/"]);
  const on = (await person.call("/longpoll/m")).headers;
  t.equal(on["location"], "/longpoll/settings");
  t.same(on["set-cookie"], ["a=1; Path=/longpoll/m", "XSRF-TOKEN=1; Path=/"]);
  const off = (await person.call("/kept/m")).headers;
  t.equal(off["location"], "/settings");
  t.same(off["set-cookie"], ["a=1; Path=/m", "XSRF-TOKEN=1; Path=/"]);
});

t.test("an API learns of the prefix that was taken off its path, and of none that a browser makes up", async (t) => {
  const api = await startSpokenApi(t);
  const demo = await runDemo(t, {
    proxyRoutes: [
      { prefix: "/api", target: api.target },
      { prefix: "/stripped", target: `${api.target}/v1`, stripPrefix: true },
      { prefix: "/kept", target: api.target, stripPrefix: true, rewrite: false },
    ],
  });
  const person = await demo.signedIn();
  const headers = { "x-forwarded-prefix": "/evil", "x-forwarded-path": "/evil" };
  for (const path of ["/api/x", "/stripped/x", "/kept/x"]) await person.call(path, { headers });
  await refusalOf(dial(demo, person, "/stripped/socket", { headers }));
  t.same(
    api.seen.map(({ url, headers }) => [url, headers["x-forwarded-prefix"], headers["x-forwarded-path"]]),
    [
      ["/api/x", undefined, undefined],
      ["/v1/x", "/stripped", undefined],
      ["/x", "/kept", undefined],
      ["/v1/socket", "/stripped", undefined],
    ],
  );
});

t.test("a handshake that the API answers with a redirect is translated like a call", async (t) => {
  const api = await startSpokenApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/ws", target: api.target, stripPrefix: true }] });
  api.says(302, ["Location", `${api.target}/socket/`, "Set-Cookie", "a=1; Path=/socket; Domain=127.0.0.1"]);
  const refusal = await refusalOf(dial(demo, await demo.signedIn(), "/ws/socket"));
  t.equal(refusal.headers["location"], `${demo.url}/ws/socket/`);
  t.same(refusal.headers["set-cookie"], ["a=1; Path=/ws/socket"]);
});

t.test("nothing that an API writes into an address breaks its answer", async (t) => {
  const api = await startSpokenApi(t);
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target: `${api.target}/v1`, stripPrefix: true }] });
  const person = await demo.signedIn();
  for (const value of [
    "http://[",
    "//",
    "http://",
    "%",
    "/%",
    "/v1/%zz/../x",
    ":",
    "javascript:alert(1)",
    "\\\\",
    "?",
    ";;;",
    "=",
    "x".repeat(2_000),
  ]) {
    api.says(303, ["Location", value, "Refresh", value, "Content-Location", value, "Set-Cookie", `a=1; ${value}`]);
    t.equal((await person.call("/api/x")).status, 303, value.slice(0, 20));
  }
});
