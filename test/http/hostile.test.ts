import { createServer } from "node:http";
import t from "tap";
import { listen } from "../support/listener.js";
import { bodyOf, rawExchange, statusOf } from "../support/raw-http.js";
import { runDemo } from "../support/running-demo.js";

interface Problem {
  status: number;
  reason: string;
  type: string;
  request_id: string;
}

const END = "Host: localhost\r\nConnection: close\r\n\r\n";

/** Broken HTTP, and what each is told; every one as a problem document. */
const BROKEN: readonly { name: string; message: string; status: number; reason: string }[] = [
  { name: "no HTTP at all", message: "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", status: 400, reason: "bad_request" },
  { name: "an unknown version", message: `GET / HTTP/9.9\r\n${END}`, status: 400, reason: "bad_request" },
  {
    name: "two lengths",
    message: `POST /api/echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${END}a`,
    status: 400,
    reason: "bad_request",
  },
  {
    name: "a length and chunks",
    message: `POST /api/echo HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${END}0\r\n\r\n`,
    status: 400,
    reason: "bad_request",
  },
  { name: "a bad header name", message: `GET / HTTP/1.1\r\nBad Name: x\r\n${END}`, status: 400, reason: "bad_request" },
  {
    name: "too many headers",
    message: `GET / HTTP/1.1\r\nCookie: ${"x".repeat(40_000)}\r\n${END}`,
    status: 431,
    reason: "headers_too_large",
  },
  { name: "an absolute target", message: `GET http://evil.example/api/echo HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  {
    name: "an absolute target with a fragment",
    message: `GET http://evil.example/x#y HTTP/1.1\r\n${END}`,
    status: 400,
    reason: "bad_request",
  },
  {
    name: "an absolute target to nowhere",
    message: `GET http://evil.example:99999/ HTTP/1.1\r\n${END}`,
    status: 400,
    reason: "bad_request",
  },
  { name: "an absolute target with a bad escape", message: `GET http://%zz/ HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "an asterisk", message: `OPTIONS * HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "a backslash", message: `GET /api\\..\\auth HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "a fragment", message: `GET /api/echo#x HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "dot segments", message: `GET /api/../auth/session HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "encoded dot segments", message: `GET /api/%2e%2e/auth/session HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "twice encoded dot segments", message: `GET /api/%252e%252e/x HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "an encoded slash in dot segments", message: `GET /api/..%2fauth HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "an encoded backslash", message: `GET /api/%5c..%5cx HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "a lone percent", message: `GET /api/%zz HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "a NUL", message: `GET /api/%00 HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
  { name: "a line break", message: `GET /api/%0d%0ax HTTP/1.1\r\n${END}`, status: 400, reason: "bad_request" },
];

t.test("broken HTTP and bad targets get a problem document and no session", async (t) => {
  const demo = await runDemo(t);
  for (const { name, message, status, reason } of BROKEN) {
    const answer = await rawExchange(demo.url, message);
    t.equal(statusOf(answer), status, name);
    t.match(answer, new RegExp(`\r\nbff-problem: ${reason}\r\n`, "i"), name);
    t.match(answer, /\r\ncontent-type: application\/problem\+json/i);
    t.match(answer, /\r\ncache-control: no-store/i);
    t.match(JSON.parse(bodyOf(answer)) as Problem, { status, reason, type: `${demo.url}/auth/problems/` });
  }
  for (const reason of new Set(BROKEN.map((each) => each.reason))) {
    const answered = BROKEN.filter((each) => each.reason === reason).length;
    t.equal(await demo.metric(`bff_problems_total{reason="${reason}"}`), answered, `each ${reason} is counted`);
  }
});

t.test("a message that is refused before its body breaks gets one answer, the more exact one, and counts as one problem", async (t) => {
  const demo = await runDemo(t);
  const origin = `Origin: ${demo.url}\r\n`;
  for (const coding of ["identity", "gzip", "xchunked"]) {
    const answer = await rawExchange(demo.url, `GET /api/x HTTP/1.1\r\nTransfer-Encoding: ${coding}\r\n${END}`);
    t.equal(statusOf(answer), 400, coding);
    t.match(answer, "No transfer coding but chunked is known here.", coding);
  }
  t.equal(await demo.metric("bff_problems_total", 'reason="bad_request"'), 3);
  const broken = `POST /api/x HTTP/1.1\r\n${origin}Transfer-Encoding: chunked\r\n${END}zz\r\n`;
  t.equal(statusOf(await rawExchange(demo.url, broken)), 400, "its body broke before anybody looked for a session");
  t.equal(await demo.metric("bff_problems_total"), 4);
});

t.test("a target that is refused is told why, and counted for the route it would have had", async (t) => {
  const demo = await runDemo(t);
  const cases = [
    ["/api/../auth/session", "it holds a dot segment"],
    ["/api/%zz", "it holds a percent sign that starts no escape"],
    ["/api/%2e%2e%ff", "it holds escapes that are not UTF-8"],
    ["/api/x?a=%zz#c", "its query holds a control character, a space or a fragment"],
    ["/api/x?a=b#c", "its query holds a control character, a space or a fragment"],
  ] as const;
  for (const [path, why] of cases)
    t.match(
      await rawExchange(demo.url, `GET ${path} HTTP/1.1\r\n${END}`),
      `"detail":"The request target is not acceptable: ${why}."`,
      path,
    );
  t.equal(await demo.metric("http_server_request_duration_seconds_count", 'http_route="/api"'), cases.length);
  t.equal(await demo.metric("bff_problems_total", 'reason="bad_request"'), cases.length);
});

t.test("public-path bypass, path normalisation: however an API's path is spelled, it needs a session", async (t) => {
  const demo = await runDemo(t);
  for (const path of [
    "/api",
    "/api/",
    "/api/echo",
    "/%61pi/echo",
    "/api%2Fecho/../x",
    "/api;x/echo",
    "//api/echo",
    "/api//echo",
    "/api/echo?/auth/session",
    "/API/echo",
  ]) {
    const answer = await rawExchange(demo.url, `GET ${path} HTTP/1.1\r\nUser-Agent: ELB-HealthChecker/2.0\r\n${END}`);
    t.notMatch(answer, /Bearer/, path);
    t.ok([400, 401, 404].includes(statusOf(answer)), `${path} ${statusOf(answer)}`);
  }
  t.equal(statusOf(await rawExchange(demo.url, `GET /%61pi/echo HTTP/1.1\r\n${END}`)), 401, "the decoded path is what is matched");
});

t.test("exactly the string that was matched is forwarded", async (t) => {
  const demo = await runDemo(t);
  const cookie = (await demo.signedIn()).cookiesOf("localhost");
  const cases = {
    "/%61pi/e%63ho": "/api/echo",
    "/api/echo/a%2Fb": "/api/echo/a%2Fb",
    "/api/echo/x;v=1": "/api/echo/x;v=1",
    "/api/echo//x": "/api/echo//x",
    "/api/echo?q=%61\\": "/api/echo?q=%61\\",
  };
  for (const [sent, seen] of Object.entries(cases)) {
    const answer = await rawExchange(
      demo.url,
      `GET ${sent} HTTP/1.1\r\nCookie: ${cookie}\r\n${END}`,
      (text) => text.includes("}}") || text.includes('"body"'),
    );
    t.match(answer, `"url":${JSON.stringify(seen)}`, sent);
  }
});

t.test("malformed input crash: garbage in every cookie of ours is an answer, never a failure", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const ticket = person.cookies.get("bff-session") ?? "";
  const cookies = [
    "bff-session=",
    "bff-session",
    "bff-session=;;;=;",
    "bff-session=%%%",
    `bff-session=${"A".repeat(8000)}`,
    "bff-session=AAAAAAAA~0~9~x; bff-session.1=AAAAAAAA~1~9~x",
    "bff-session.1=x; bff-session.99=y; bff-session.-1=z",
    `bff-session=${ticket.slice(0, -1)}`,
    `bff-session=${ticket}A`,
    `bff-session="${ticket}"`,
    "bff-ended=garbage",
    `bff-ended=${ticket}`,
    `bff-login-AAAAAAAA=${ticket}`,
    `bff-session=${ticket.split("").reverse().join("")}`,
    "__proto__=x; constructor=y; bff-session=toString",
  ];
  for (const cookie of cookies.map((text) => text.replaceAll(/\bbff-(?:session|ended|login)/g, (name) => person.nameOf(name)))) {
    for (const path of ["/api/echo", "/auth/session"]) {
      const answer = await rawExchange(demo.url, `GET ${path} HTTP/1.1\r\nCookie: ${cookie}\r\n${END}`);
      t.equal(statusOf(answer), 401, cookie.slice(0, 60));
      t.match((JSON.parse(bodyOf(answer)) as Problem).reason, /^(anonymous|invalid)$/);
      t.notMatch(answer, /set-cookie/i, "and the cookie is kept: it may be the server that is wrong");
    }
  }
});

t.test("underscore headers, hop-by-hop stripping, X-Forwarded-* trust: the API sees only what is true", async (t) => {
  const demo = await runDemo(t);
  const cookie = (await demo.signedIn()).cookiesOf("localhost");
  const headers = [
    "X_Forwarded_User: admin",
    "Connection: close, authorization, x-forwarded-for, host, content-length",
    "X-Forwarded-For: 1.2.3.4",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "Forwarded: for=1.2.3.4",
    "Authorization: Bearer mine",
    "x-bff-csrf: 1",
    `Cookie: a=1; ${cookie}; b=2`,
  ].join("\r\n");
  const answer = await rawExchange(demo.url, `GET /api/echo HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`, (text) =>
    text.includes('"body"'),
  );
  const echo = JSON.parse(
    bodyOf(answer)
      .replace(/^[^{]*/, "")
      .replace(/[^}]*$/, ""),
  ) as { headers: Record<string, string> };
  t.match(echo.headers["authorization"], /^Bearer ey/);
  t.equal(echo.headers["cookie"], "a=1; b=2");
  t.equal(echo.headers["x-forwarded-for"], "127.0.0.1");
  t.equal(echo.headers["x-forwarded-host"], new URL(demo.url).host);
  t.equal(echo.headers["x-forwarded-proto"], "http");
  for (const absent of ["x_forwarded_user", "forwarded", "x-bff-csrf"]) t.equal(echo.headers[absent], undefined, absent);
});

t.test("every route refuses other methods with 405 and says which it has", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const routes = {
    "/auth/login": "GET",
    "/auth/callback": "GET",
    "/auth/session": "GET, HEAD, POST",
    "/auth/refresh": "POST",
    "/auth/logout": "POST",
  };
  for (const [path, allow] of Object.entries(routes)) {
    for (const method of ["DELETE", "PUT", "PATCH", ...(allow.includes("GET") ? [] : ["GET"])]) {
      const answer = await person.call(path, { method });
      t.equal(answer.status, 405, `${method} ${path}`);
      t.equal(answer.headers["allow"], allow);
      t.equal(answer.headers["bff-problem"], "method_not_allowed");
    }
  }
  t.equal(
    statusOf(await rawExchange(demo.url, `TRACE /api/echo HTTP/1.1\r\nCookie: ${person.cookiesOf("localhost")}\r\n${END}`)),
    405,
    "TRACE would show the token",
  );
});

t.test("unknown paths: the app's page for a navigation, a problem for everything else, nothing of the app below /auth", async (t) => {
  const demo = await runDemo(t);
  const person = demo.person();
  t.match((await person.visit("/some/page")).text, /<html/);
  t.equal((await person.call("/some/page")).headers["bff-problem"], "not_found");
  t.equal((await person.visit("/auth/unknown")).headers["bff-problem"], "not_found");
  t.equal(statusOf(await rawExchange(demo.url, `GET /%2e%2e/package.json HTTP/1.1\r\n${END}`)), 400);
});

t.test("a navigation gets a page with the same reason, and every problem has a page that explains it", async (t) => {
  const demo = await runDemo(t);
  const page = await demo.person().visit("/api/echo");
  t.equal(page.status, 401);
  t.equal(page.headers["bff-problem"], "anonymous");
  t.match(page.headers["content-type"], /text\/html/);
  t.match(page.text, /href="\/auth\/login\?return_to=%2Fapi%2Fecho"/, "and leads back here after signing in");
  const problem = (await demo.person().call("/api/echo")).json<Problem>();
  const explained = await demo.person().visit(new URL(problem.type).pathname);
  t.equal(explained.status, 200);
  t.match(explained.text, /anonymous/);
});

t.test("a sign-out body that is too large or malformed is refused; one of a strange type still signs out", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const json = { "content-type": "application/json" };
  t.equal(
    (await person.call("/auth/logout", { method: "POST", headers: json, body: `"${"x".repeat(20_000)}"` })).headers["bff-problem"],
    "payload_too_large",
  );
  t.equal((await person.call("/auth/logout", { method: "POST", headers: json, body: "{" })).headers["bff-problem"], "bad_request");
  t.equal((await person.call("/auth/session")).status, 200);
  t.equal((await person.call("/auth/logout", { method: "POST", headers: { "content-type": "text/plain" }, body: "bye" })).status, 200);
  t.equal((await person.call("/auth/session")).headers["bff-problem"], "signed_out");
});

t.test("tokens in logs: no line holds a token, a cookie, the secret, the e-mail address or the sub", async (t) => {
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const echo = (await person.call("/api/echo")).json<{ headers: Record<string, string> }>();
  const token = echo.headers["authorization"]?.slice(7) ?? "";
  const ticket = person.cookies.get("bff-session") ?? "";
  demo.localCognito.faults.add({ operation: "InitiateAuth", fault: "html_503", times: 3 });
  demo.advance("2h");
  await person.call("/api/echo");
  demo.advance("31d");
  await person.call("/api/echo");
  const log = demo.logLines.join("");
  t.ok(demo.logLines.length > 3);
  const sub = (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sub: string }).sub;
  const secrets = [token, ...token.split("."), ticket, ticket.slice(40, 80), "localcognitodemosecret", demo.user.email, sub];
  for (const secret of secrets) t.notOk(log.includes(secret), "not in the log");
});

t.test("public-path bypass: what a folding server takes for a guarded path is refused, as a call and as a socket", async (t) => {
  const seen: string[] = [];
  const api = createServer((request, response) => void response.end(`${seen.push(request.url ?? "")}`));
  const target = `http://127.0.0.1:${await listen(t, api)}`;
  const demo = await runDemo(t, {
    proxyRoutes: [
      { prefix: "/app", target, session: "none" },
      { prefix: "/app/private", target },
    ],
  });
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: ${demo.url}\r\nHost: localhost\r\n\r\n`;
  for (const path of ["/app//private/x", "/app/%2fprivate", "/app/Private", "/app/private;/x", "/app/private%2e%20"]) {
    for (const rest of [END, upgrade]) {
      const answer = await rawExchange(demo.url, `GET ${path} HTTP/1.1\r\n${rest}`);
      t.equal(statusOf(answer), 400, path);
      t.match(answer, /bff-problem: bad_request/i);
    }
  }
  t.same(seen, []);
  for (const path of ["/app//x", "/app/a%2fb", "/app/X;v=1", "/app/private-notes"])
    t.equal(statusOf(await rawExchange(demo.url, `GET ${path} HTTP/1.1\r\n${END}`)), 200, path);
  t.equal(seen.length, 4);
});
