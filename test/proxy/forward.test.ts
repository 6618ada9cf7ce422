import { createServer } from "node:http";
import t from "tap";
import { until } from "../support/condition.js";
import { listen, startApi, startRawApi } from "../support/listener.js";
import { rawCall, rawClient } from "../support/raw-client.js";
import { startFront } from "./front.js";

const GET = "GET /api/x?q=1 HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n";

t.test("a call reaches the API with the token and without our cookies, and the answer comes back whole", async (t) => {
  const seen: { url: string | undefined; raw: string[] }[] = [];
  const target = await startApi(t, (request, response) => {
    seen.push({ url: request.url, raw: request.rawHeaders });
    response.writeHead(201, "Made", ["X-A", "1", "x-a", "2", "Set-Cookie", "sid=1", "Set-Cookie", "b=2"]);
    response.end("hello");
  });
  const front = await startFront(t, { route: { target } });
  const answer = await rawCall(
    t,
    front.port,
    "GET /api/x?q=1 HTTP/1.1\r\nHost: app\r\nConnection: close\r\nCookie: a=1; __Host-Http-bff-session=s\r\nX-Dup: 1\r\nx-dup: 2\r\n\r\n",
  );
  t.match(answer, /^HTTP\/1\.1 201 Made\r\nX-A: 1\r\nx-a: 2\r\nSet-Cookie: sid=1\r\nSet-Cookie: b=2\r\n/);
  t.match(answer, /\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
  t.equal(seen[0]?.url, "/api/x?q=1");
  const raw = seen[0]?.raw.join("\n") ?? "";
  t.match(raw, /\nauthorization\nBearer the-token$/);
  t.match(raw, /\nCookie\na=1\nX-Dup\n1\nx-dup\n2\n/);
  t.match(raw, new RegExp(`^host\n${target.host}\n`));
  t.notMatch(raw, /bff-session|content-length|transfer-encoding/i);
  t.same(await front.outcome(), { kind: "answered", status: 201 });
  t.equal(front.leftListeners(), 0);
  t.equal(front.clock.pending(), 0);
});

t.test("the API sees the public host where the route says so", async (t) => {
  const target = await startApi(t, (request, response) => response.end(request.headers.host));
  const front = await startFront(t, { route: { target, host: "public" } });
  t.match(await rawCall(t, front.port, GET), /app\.example\.com/);
});

t.test("the TLS server name is the target's even when the Host is public", async (t) => {
  // The name stands in clear in the first flight of a TLS client (RFC 6066 section 3).
  const hello: string[] = [];
  const raw = await startRawApi(t, (socket, bytes) => {
    hello.push(bytes);
    socket.destroy();
  });
  for (const host of ["localhost", "127.0.0.1"]) {
    const front = await startFront(t, { route: { target: new URL(`https://${host}:${raw.port}`), host: "public" } });
    await rawCall(t, front.port, GET);
    t.equal((await front.outcome()).kind, "unreachable");
  }
  t.match(hello[0], /localhost/);
  t.notMatch(hello[1], /127\.0\.0\.1/, "an address is no server name");
  t.notMatch(hello.join(""), /app\.example\.com/);
});

t.test("the target stays the authority when the path looks like one", async (t) => {
  const target = await startApi(t, (request, response) => response.end(`asked for ${request.url}`));
  const front = await startFront(t, { route: { target }, exchange: { upstreamTarget: "//evil.example/x" } });
  t.match(await rawCall(t, front.port, GET), /asked for \/\/evil\.example\/x/);
});

t.test("bytes beyond ASCII in headers and coded bodies arrive as they are", async (t) => {
  const target = await startRawApi(t, (socket, bytes) => {
    socket.write(`HTTP/1.1 200 OK\r\nX-Raw: \xe9\x80\r\nContent-Encoding: gzip\r\nX-Got: ${/x-in: (.*)/i.exec(bytes)?.[1]}\r\n`, "latin1");
    socket.end("Content-Length: 4\r\n\r\n\x1f\x8b\x00\xff", "latin1");
  });
  const front = await startFront(t, { route: { target } });
  const answer = await rawCall(t, front.port, "GET /api HTTP/1.1\r\nHost: app\r\nConnection: close\r\nX-In: \xfc\xff\r\n\r\n");
  t.match(answer, /X-Raw: \xe9\x80\r\nContent-Encoding: gzip\r\nX-Got: \xfc\xff\r\nContent-Length: 4\r\n/);
  t.ok(answer.endsWith("\r\n\r\n\x1f\x8b\x00\xff"));
});

/** What the API writes for a request, and how the browser's answer ends. */
const BODILESS: readonly (readonly [promise: string, method: string, head: string])[] = [
  ["HEAD keeps the length and has no body", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"],
  ["204 has no body", "GET", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"],
  ["304 has no body", "GET", 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'],
  ["304 may name the length of what it stands for", "GET", 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 1234\r\n\r\n'],
];

for (const [promise, method, head] of BODILESS) {
  t.test(promise, async (t) => {
    const target = await startRawApi(t, (socket) => {
      socket.write(head);
      socket.on("data", () => socket.write(head));
    });
    const front = await startFront(t, { route: { target } });
    const client = await rawClient(t, front.port);
    client.socket.write(`${method} /api HTTP/1.1\r\nHost: app\r\n\r\n`);
    const outcome = await front.outcome();
    t.equal(outcome.kind, "answered");
    const answer = await client.until(/\r\n\r\n$/);
    t.equal(answer.split("\r\n")[0], head.split("\r\n")[0]);
    t.equal(/Content-Length: 1234/.test(answer), /1234/.test(head));
    t.notMatch(answer, /transfer-encoding: chunked/i);
    client.socket.write(`${method} /api/again HTTP/1.1\r\nHost: app\r\n\r\n`);
    t.equal((await front.outcome()).kind, "answered", "the browser's connection goes on");
  });
}

t.test("interim answers are passed over", async (t) => {
  const target = await startRawApi(t, (socket) => {
    socket.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const front = await startFront(t, { route: { target } });
  const answer = await rawCall(t, front.port, GET);
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  t.notMatch(answer, /103|102|Link/);
  t.same(await front.outcome(), { kind: "answered", status: 200 });
});

t.test("an answer closed by its end of connection arrives whole", async (t) => {
  const target = await startRawApi(t, (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nuntil the end"));
  const front = await startFront(t, { route: { target } });
  t.match(await rawCall(t, front.port, GET), /d\r\nuntil the end\r\n0\r\n\r\n$/);
  t.same(await front.outcome(), { kind: "answered", status: 200 });
});

t.test("trailers of the API are not handed on", async (t) => {
  const target = await startRawApi(t, (socket) =>
    socket.write("HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n"),
  );
  const front = await startFront(t, { route: { target } });
  const answer = await rawCall(t, front.port, GET);
  t.match(answer, /2\r\nok\r\n0\r\n\r\n$/);
  t.notMatch(answer, /x-t/i);
});

t.test("the head of an event stream arrives before its first event, and events one by one", async (t) => {
  let send: (text: string) => void = () => {};
  const target = await startApi(t, (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    send = (text) => response.write(text);
  });
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  client.socket.write(GET);
  await client.until(/text\/event-stream[\s\S]*\r\n\r\n$/);
  send("data: 1\n\n");
  await client.until(/data: 1\n\n/);
  send("data: 2\n\n");
  await client.until(/data: 2\n\n/);
  t.equal(front.clock.pending(), 0, "no limit on the silence between events");
});

t.test("an answer that carries a cookie of the session is stored nowhere", async (t) => {
  const target = await startApi(t, (_request, response) => {
    response.writeHead(200, ["Cache-Control", "public, max-age=60", "Set-Cookie", "__Host-Http-bff-session=evil", "Set-Cookie", "sid=1"]);
    response.end();
  });
  let asked = 0;
  const setCookies = () => {
    asked++;
    return ["__Host-Http-bff-session=new; Secure", "__Host-Http-bff-session.1=; Max-Age=0"];
  };
  const front = await startFront(t, { route: { target }, exchange: { setCookies } });
  const answer = await rawCall(t, front.port, GET);
  t.match(
    answer,
    /cache-control: no-store\r\nset-cookie: __Host-Http-bff-session=new; Secure\r\nset-cookie: __Host-Http-bff-session\.1=; Max-Age=0\r\n/,
  );
  t.match(answer, /Set-Cookie: sid=1\r\n/);
  t.notMatch(answer, /evil|max-age=60/);
  t.equal(asked, 1);
});

t.test("headers set on the response before go out beside the API's, and none of several is lost", async (t) => {
  const target = await startApi(t, (_request, response) => {
    response.writeHead(200, ["Set-Cookie", "a=1", "Set-Cookie", "b=2"]).end();
  });
  const front = await startFront(t, {
    route: { target },
    exchange: { setCookies: () => ["c=3"] },
    prepare: ({ response }) => response.setHeader("x-request-id", "r1"),
  });
  const answer = await rawCall(t, front.port, GET);
  t.match(answer, /x-request-id: r1\r\n/);
  for (const cookie of ["a=1", "b=2", "c=3"]) t.match(answer.toLowerCase(), `set-cookie: ${cookie}\r\n`);
});

t.test("calls of one connection use one connection to the API", async (t) => {
  let connections = 0;
  const server = createServer((_request, response) => response.end("ok"));
  server.on("connection", () => connections++);
  const target = new URL(`http://127.0.0.1:${await listen(t, server)}`);
  const front = await startFront(t, { route: { target } });
  const client = await rawClient(t, front.port);
  for (let call = 1; call <= 3; call++) {
    client.socket.write("GET /api HTTP/1.1\r\nHost: app\r\n\r\n");
    await front.outcome();
    await until(() => client.text().split("\r\n0\r\n").length > call || client.text().split("\r\n\r\nok").length > call, "an answer");
  }
  t.equal(connections, 1);
});

t.test("a slow browser slows the API down instead of filling memory", async (t) => {
  const whole = 64 * 1024 * 1024;
  let written = 0;
  let drained = 0;
  const target = await startApi(t, (_request, response) => {
    const block = Buffer.alloc(64 * 1024);
    const more = () => {
      while (written < whole) {
        written += block.length;
        if (!response.write(block)) return;
      }
      response.end();
    };
    response.on("drain", () => {
      drained++;
      more();
    });
    more();
  });
  const front = await startFront(t, { route: { target, bodyIdleTimeoutMs: 1_000 } });
  const client = await rawClient(t, front.port);
  client.socket.pause();
  client.socket.write(GET);
  let last = -1;
  for (let still = 0; still < 20; last = written) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    still = written === last && written > 0 ? still + 1 : 0;
  }
  t.ok(written < whole / 2, `${written} bytes are on their way`);
  t.equal(front.clock.pending(), 0, "a slow browser is no silence of the API");
  client.socket.removeAllListeners("data");
  let received = 0;
  client.socket.on("data", (part: string) => {
    received += part.length;
  });
  client.socket.resume();
  t.same(await front.outcome(), { kind: "answered", status: 200 });
  await client.closed();
  t.ok(received > whole && drained > 0);
});
