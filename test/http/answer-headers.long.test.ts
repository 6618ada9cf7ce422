import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import t, { type Test } from "tap";
import { requireConfig } from "../../src/config/config-error.js";
import type { BffOptions } from "../../src/config/options.js";
import { buildServer } from "../../src/server/server.js";
import { listen } from "../support/listener.js";
import { rawExchange, statusOf } from "../support/raw-http.js";
import { memoryLogger } from "../support/running-demo.js";

const SPA_DIR = new URL("../../../src/demo/spa/", import.meta.url).pathname;

/** A whole server of its own, with an API that says `own` about TLS where it is asked to. */
async function serve(t: Test, settings: Partial<BffOptions>): Promise<{ url: string; managementUrl: string }> {
  const api = createServer((request, response) => {
    response.writeHead(200, request.url?.endsWith("/own") ? { "Strict-Transport-Security": "max-age=1" } : {}).end("ok");
  });
  const target = `http://127.0.0.1:${await listen(t, api)}`;
  const config = requireConfig({
    publicUrl: "https://app.example.com",
    host: "127.0.0.1",
    port: 0,
    managementPort: 0,
    cognitoUserPoolId: "eu-central-1_AbCdEf123",
    cognitoClientId: "3n4b5urk1ft4fl3mg5e62d9ado",
    cognitoClientSecret: "secret",
    cognitoDomain: "my-app.auth.eu-central-1.amazoncognito.com",
    sessionKeys: [randomBytes(32).toString("base64")],
    spaDir: SPA_DIR,
    publicHealthPath: "/healthz",
    proxyRoutes: [
      { prefix: "/open", target, session: "none" },
      { prefix: "/api", target },
    ],
    ...settings,
  });
  const server = await buildServer(config, { logger: memoryLogger([]) });
  t.teardown(() => server.close());
  return server.listen();
}

const END = "Host: app.example.com\r\nConnection: close\r\n\r\n";
/** Every way an answer leaves. */
const OURS = [
  `GET / HTTP/1.1\r\n${END}`,
  `GET /no-such.js HTTP/1.1\r\n${END}`,
  `GET /healthz HTTP/1.1\r\n${END}`,
  `GET /auth/session HTTP/1.1\r\n${END}`,
  `GET /auth/login HTTP/1.1\r\n${END}`,
  `GET /auth/callback HTTP/1.1\r\nAccept: text/html\r\n${END}`,
  `GET /auth/problems/internal HTTP/1.1\r\n${END}`,
  `POST /auth/logout HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\n${END}`,
  `DELETE /auth/login HTTP/1.1\r\n${END}`,
  `GET /api/x HTTP/1.1\r\n${END}`,
  `POST /api/x HTTP/1.1\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n${END}`,
  `GET /%zz HTTP/1.1\r\n${END}`,
  `GET /%ff HTTP/1.1\r\n${END}`,
  `GET /x RTSP/1.0\r\n${END}`,
  `GET nonsense HTTP/1.1\r\n${END}`,
  `nonsense\r\n\r\n`,
  `GET / HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n${END}`,
  `GET / HTTP/1.1\r\nExpect: nothing\r\n${END}`,
  `CONNECT app.example.com:443 HTTP/1.1\r\n${END}`,
  `GET /nowhere HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nHost: app.example.com\r\n\r\n`,
];

t.test("every answer of ours is taken for the type it names, and asks for TLS from now on where HSTS_MAX_AGE says so", async (t) => {
  const { url, managementUrl } = await serve(t, { hstsMaxAge: "365d" });
  for (const message of OURS) {
    const answer = await rawExchange(url, message);
    t.match(answer, /^HTTP\/1\.1 \d{3} /, message.slice(0, 40));
    t.match(answer, /\r\nx-content-type-options: nosniff\r\n/i, message.slice(0, 40));
    t.match(answer, /\r\nstrict-transport-security: max-age=31536000\r\n/i, message.slice(0, 40));
  }
  for (const path of ["/livez", "/readyz", "/metrics", "/nowhere"]) {
    const answer = await rawExchange(managementUrl, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    t.match(answer, /\r\nx-content-type-options: nosniff\r\n/i, path);
    t.notMatch(answer, /strict-transport/i, "its port speaks plain HTTP");
  }
});

t.test("what is no request of the management address either gets a problem with its reason, and no server's own page", async (t) => {
  const { managementUrl } = await serve(t, { hstsMaxAge: "365d" });
  const host = "Host: localhost\r\nConnection: close\r\n\r\n";
  for (const [message, status] of [
    ["nonsense\r\n\r\n", 400],
    ["\x16\x03\x01", 400],
    [`GET /%zz HTTP/1.1\r\n${host}`, 400],
    ["GET /livez HTTP/1.1\r\n\r\n", 400],
    [`GET /livez HTTP/1.1\r\nHost: a\r\n${host}`, 400],
    [`GET /livez HTTP/1.1\r\nExpect: nothing\r\n${host}`, 400],
    [`GET /livez HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n${host}`, 431],
    [`CONNECT localhost:1 HTTP/1.1\r\n${host}`, 405],
  ] as const) {
    const answer = await rawExchange(managementUrl, message);
    t.equal(statusOf(answer), status, message.slice(0, 40));
    t.match(answer, /\r\nbff-problem: [a-z_]+\r\n/, message.slice(0, 40));
    t.match(answer, /\r\nx-content-type-options: nosniff\r\n/, message.slice(0, 40));
    t.notMatch(answer, /strict-transport|%zz/i);
  }
});

t.test("an API's answer asks for TLS too, once, and in the API's own words where it has any", async (t) => {
  const { url } = await serve(t, { hstsMaxAge: "1h" });
  const asked = async (path: string) =>
    (await rawExchange(url, `GET ${path} HTTP/1.1\r\n${END}`)).match(/strict-transport-security: [^\r]*/gi);
  t.same(await asked("/open/x"), ["strict-transport-security: max-age=3600"]);
  t.same(await asked("/open/own"), ["Strict-Transport-Security: max-age=1"]);
});

t.test("nobody is asked for TLS without HSTS_MAX_AGE, nor for a name of the browser's own machine", async (t) => {
  const cases: Partial<BffOptions>[] = [
    {},
    ...[
      "http://localhost:3000",
      "https://localhost",
      "https://app.localhost:8443",
      "https://127.0.0.1",
      "https://127.1.2.3",
      "https://[::1]:1",
    ].map((publicUrl) => ({ publicUrl, hstsMaxAge: "365d" })),
  ];
  for (const settings of cases) {
    const { url } = await serve(t, settings);
    for (const message of [`GET / HTTP/1.1\r\n${END}`, `GET /open/x HTTP/1.1\r\n${END}`, "nonsense\r\n\r\n"])
      t.notMatch(await rawExchange(url, message), /strict-transport/i, settings.publicUrl ?? "off");
  }
});
