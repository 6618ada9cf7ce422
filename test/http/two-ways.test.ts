import { createServer, type IncomingMessage } from "node:http";
import t, { type Test } from "tap";
import { listen } from "../support/listener.js";
import { bodyOf, rawExchange } from "../support/raw-http.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

/*
 * An ordinary call takes the fast path, and the same call with an escape in its path that needs none takes the long way: `%78` is an `x` to both and to
 * the API. Nobody may be able to tell which one it was.
 */

const FAST = "/api/x";
const LONG = "/api/%78";

/** What the API was asked, and what the browser got. */
interface Seen {
  readonly asked: readonly string[];
  readonly head: readonly string[];
  readonly body: string;
}

interface Stage {
  readonly demo: RunningDemo;
  /** Sends a request line's rest, headers and body; `PATH` stands for the way to be taken. */
  send(way: string, message: string): Promise<Seen>;
  /** What the API answers from now on. */
  says(status: number, headers: readonly string[], body?: string): void;
  /** Cuts the API's connections in place of an answer. */
  breaks(): void;
}

/** Differs from one answer to the next. */
const CHANGING = /^(?:date: |\{?"?request_id"?: ?)/i;

function headOf(answer: string): string[] {
  return answer
    .slice(0, answer.indexOf("\r\n\r\n"))
    .split("\r\n")
    .filter((line) => !CHANGING.test(line));
}

async function setUp(t: Test, settings: object = {}): Promise<Stage> {
  let asked: string[] = [];
  let answer: { status: number; headers: readonly string[]; body: string } | null = { status: 200, headers: [], body: "fine" };
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("latin1")) body += chunk;
    asked = [`${request.method} ${request.url}`, ...request.rawHeaders, body];
    if (answer === null) request.socket.destroy();
    else response.writeHead(answer.status, [...answer.headers]).end(request.method === "HEAD" ? undefined : answer.body);
  });
  const target = `http://127.0.0.1:${await listen(t, server)}`;
  const demo = await runDemo(t, {
    proxyRoutes: [
      { prefix: "/api", target },
      { prefix: "/open", target, session: "none", token: "none" },
      { prefix: "/maybe", target, session: "optional" },
    ],
    ...settings,
  });
  return {
    demo,
    async send(way, message) {
      asked = [];
      const isWhole = (text: string) => /\r\n\r\n/.test(text) && text.endsWith("\n\u0000");
      const text = await rawExchange(demo.url, message.replace("PATH", way).replace(/\r\n\r\n/, "\r\nConnection: close\r\n\r\n"), isWhole);
      return { asked, head: headOf(text), body: bodyOf(text).replace(/"request_id":"[^"]+"/, "") };
    },
    says(status, headers, body = "") {
      answer = { status, headers, body };
    },
    breaks() {
      answer = null;
    },
  };
}

const SAME_ORIGIN = "Host: localhost\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors";

t.test("a call is handed on and answered alike whichever way it takes", async (t) => {
  const { demo, send, says } = await setUp(t);
  const person = await demo.signedIn();
  const cookie = `Cookie: theme=dark; ${person.cookiesOf("localhost")}; basket=1`;
  const own = `${SAME_ORIGIN}\r\n${cookie}`;
  const messages: readonly string[] = [
    `GET PATH HTTP/1.1\r\n${own}\r\n\r\n`,
    `GET PATH?a=1&b=%20%2e%2e/ HTTP/1.1\r\n${own}\r\n\r\n`,
    `HEAD PATH HTTP/1.1\r\n${own}\r\n\r\n`,
    `OPTIONS PATH HTTP/1.1\r\n${own}\r\n\r\n`,
    `DELETE PATH HTTP/1.1\r\n${own}\r\n\r\n`,
    `POST PATH HTTP/1.1\r\n${own}\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}`,
    `PUT PATH HTTP/1.1\r\n${own}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    `PATCH PATH HTTP/1.1\r\n${own}\r\nContent-Length: 0\r\n\r\n`,
    `POST PATH HTTP/1.1\r\n${own}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
    `PROPFIND PATH HTTP/1.1\r\n${own}\r\n\r\n`,
    `TRACE PATH HTTP/1.1\r\n${own}\r\n\r\n`,
    `GET PATH HTTP/1.1\r\n${own}\r\nAuthorization: Bearer mine\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n\r\n`,
    `GET PATH HTTP/1.1\r\n${own}\r\nX-HTTP-Method-Override: DELETE\r\nX_Under: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\n`,
    `GET PATH HTTP/1.1\r\n${own}\r\nConnection: x-a, authorization, cookie\r\nX-A: 1\r\n\r\n`,
    `GET PATH HTTP/1.1\r\n${own}\r\nTraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n`,
    `GET PATH HTTP/1.1\r\nHost: localhost\r\nOrigin: ${demo.url}\r\n${cookie}\r\n\r\n`,
    `GET PATH HTTP/1.1\r\nHost: localhost\r\n${cookie}\r\n\r\n`,
    // Refused, or led elsewhere.
    `GET PATH HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n${cookie}\r\n\r\n`,
    `POST PATH HTTP/1.1\r\nHost: localhost\r\nOrigin: https://elsewhere.example\r\nContent-Length: 0\r\n${cookie}\r\n\r\n`,
    `GET PATH HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n${cookie}\r\n\r\n`,
    `GET PATH HTTP/1.1\r\nHost: local host\r\nSec-Fetch-Site: same-origin\r\n${cookie}\r\n\r\n`,
    `GET PATH HTTP/1.0\r\n${own}\r\n\r\n`,
    `GET PATH HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nAccept: text/html\r\n${cookie}\r\n\r\n`,
    `GET PATH HTTP/1.1\r\n${own}\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n`,
    `GET PATH/../y HTTP/1.1\r\n${own}\r\n\r\n`,
    `GET PATH RTSP/1.0\r\n${own}\r\n\r\n`,
    // Without a session.
    `GET PATH HTTP/1.1\r\n${SAME_ORIGIN}\r\n\r\n`,
    `GET PATH HTTP/1.1\r\n${SAME_ORIGIN}\r\nCookie: ${person.nameOf("bff-session")}=garbage\r\n\r\n`,
  ];
  says(200, [], "fine");
  const ordinary = await send(FAST, messages[0] ?? "");
  t.match(ordinary, { head: [/200 OK/], body: /fine/ });
  t.ok(ordinary.asked.some((part) => part.startsWith("Bearer ")));
  for (const message of messages) {
    says(200, ["X-Of-Api", "1", "Set-Cookie", "theirs=1", "Access-Control-Allow-Origin", "*"], "fine");
    t.same(await send(FAST, message), await send(LONG, message), message.slice(0, 90));
  }
  const answers: readonly (readonly [number, readonly string[], string])[] = [
    [204, [], ""],
    [304, ["ETag", '"1"', "Content-Length", "9"], ""],
    [200, ["Content-Length", "0"], ""],
    [200, ["Content-Length", "5", "Cache-Control", "public, max-age=60"], "hello"],
    [200, ["Transfer-Encoding", "chunked", "CDN-Cache-Control", "public"], "hello"],
    [200, ["Set-Cookie", `${person.nameOf("bff-session")}=theirs`, "Clear-Site-Data", '"cookies"', "BFF-Problem", "expired"], ""],
    [302, ["Location", "/api/elsewhere", "Connection", "x-hop", "X-Hop", "1", "Alt-Svc", "h3"], ""],
    [401, ["WWW-Authenticate", "Bearer"], "no"],
    [500, ["Content-Type", "text/plain"], "broken"],
  ];
  for (const [status, headers, body] of answers) {
    says(status, headers, body);
    const message = `GET PATH HTTP/1.1\r\n${own}\r\n\r\n`;
    t.same(await send(FAST, message), await send(LONG, message), `${status} ${headers.join(" ")}`);
  }
});

t.test("a call that comes to nothing is answered alike, logged and counted once, and with its session's cookies", async (t) => {
  const { demo, send, breaks } = await setUp(t);
  const person = await demo.signedIn();
  const message = `GET PATH HTTP/1.1\r\n${SAME_ORIGIN}\r\nCookie: ${person.cookiesOf("localhost")}\r\n\r\n`;
  breaks();
  const fast = await send(FAST, message);
  t.match(fast.head[0], /502/);
  const counted = () => demo.metric("http_server_request_duration_seconds_count", 'http_response_status_code="502"');
  const failures = () => demo.metric("bff_upstream_failures_total", 'kind="unreachable"');
  t.equal(await counted(), 1);
  t.equal(await failures(), 1);
  t.equal(demo.logLines.filter((line) => line.includes("the API cannot be reached")).length, 1);
  t.same(fast, await send(LONG, message));
  t.equal(await counted(), 2);
  t.equal(await failures(), 2);
  t.equal(demo.logLines.filter((line) => line.includes("the API cannot be reached")).length, 2);
});

t.test("what a session needs is done alike: a token about to end, one that has ended, a session that has", async (t) => {
  const { demo, send, says } = await setUp(t);
  says(200, [], "fine");
  const bearerOf = ({ asked }: Seen) => asked.find((part) => part.startsWith("Bearer "));
  for (const way of [FAST, LONG]) {
    const person = await demo.signedIn();
    const message = () => `GET PATH HTTP/1.1\r\n${SAME_ORIGIN}\r\nCookie: ${person.cookiesOf("localhost")}\r\n\r\n`;
    const first = await send(way, message());
    t.notOk(first.head.some((line) => /^set-cookie/i.test(line)));
    demo.advance("2h");
    const renewed = await send(way, message());
    t.match(renewed.head[0], /200/);
    t.ok(renewed.head.some((line) => /^set-cookie: bff-session/i.test(line)));
    t.not(bearerOf(renewed), bearerOf(first));
    demo.advance("400d");
    const ended = await send(way, message());
    t.match(ended.head[0], /401/);
    t.match(ended.body, /"reason":"expired"/);
    t.same(ended.asked, []);
  }
});
