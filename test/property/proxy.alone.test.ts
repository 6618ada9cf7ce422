import { createServer, type IncomingMessage } from "node:http";
import t, { type Test } from "tap";
import { listen } from "../support/listener.js";
import fc from "../support/property.js";
import { type RawClient, rawClient } from "../support/raw-client.js";
import { type RunningDemo, runDemo } from "../support/running-demo.js";

/** One request as the API got it. */
interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly raw: readonly string[];
  readonly body: Buffer;
}

interface Stage {
  readonly demo: RunningDemo;
  readonly port: number;
  readonly ticket: string;
  /** What the API got since it was last asked. */
  taken(): readonly Seen[];
}

/** The product in front of an API that keeps what it gets and answers with the body it was sent. */
async function setUp(t: Test): Promise<Stage> {
  let seen: Seen[] = [];
  const api = createServer(async (request, response) => {
    const body = await bodyOf(request);
    seen.push({ method: request.method, url: request.url, raw: request.rawHeaders, body });
    response.writeHead(200, request.headers["x-length"] === undefined ? {} : { "content-length": body.length });
    response.end(body);
  });
  const target = `http://127.0.0.1:${await listen(t, api)}`;
  const demo = await runDemo(t, { proxyRoutes: [{ prefix: "/api", target }] });
  const ticket = (await demo.signedIn()).cookies.get("bff-session") ?? "";
  return {
    demo,
    port: Number(new URL(demo.url).port),
    ticket,
    taken() {
      const taken = seen;
      seen = [];
      return taken;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sends one message that closes its connection, and gives everything that came back. */
async function exchange(t: Test, port: number, head: readonly string[], body: readonly Buffer[] = []): Promise<string> {
  const client: RawClient = await rawClient(t, port);
  client.socket.write(`${head.join("\r\n")}\r\nConnection: close\r\n\r\n`, "latin1");
  for (const chunk of body) client.socket.write(chunk);
  const text = await client.closed();
  client.socket.removeAllListeners();
  return text;
}

const RUNS = { numRuns: 250, interruptAfterTimeLimit: 4_500 } as const;
const TOKEN = "abcXYZ019-_.!#$%&'*+^`|~";
/** Framing and the connection are not for these tests to play with. */
const RESERVED = /^(?:connection|content-length|transfer-encoding|expect|upgrade|host|cookie|origin|sec-.*|x-length|te|trailer)$/i;

const headerName = fc
  .oneof(
    { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 12 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        "Authorization",
        "authorization",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-FORWARDED-USER",
        "X-Forwarded",
        "X_Forwarded_For",
        "X-Real-IP",
        "Forwarded",
        "X-Original-URL",
        "x-bff-csrf",
        "Authorization_",
        "Proxy-Authorization",
        "Keep-Alive",
        "HTTP2-Settings",
        "X-Anything",
        "Accept",
      ),
    },
  )
  .filter((name) => !RESERVED.test(name));
const byte = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f);
const headerValue = fc.array(byte, { maxLength: 30 }).map((codes) => String.fromCharCode(...codes).trim());
const FORGED = /^(?:forwarded|x-real-ip|x-original-url|x-rewrite-url|x-bff-csrf|proxy-authorization|keep-alive|http2-settings)$/;

t.test("whatever headers come, the API sees only what the rules let through, in order and unchanged", async (t) => {
  const { demo, port, ticket, taken } = await setUp(t);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(headerName, headerValue), { maxLength: 25 }), async (headers) => {
      const lines = headers.map(([name, value]) => `${name}: ${value}`);
      const text = await exchange(t, port, ["GET /api/x HTTP/1.1", "Host: localhost", `Cookie: bff-session-${port}=${ticket}`, ...lines]);
      if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(text.slice(0, 300));
      const [call, ...more] = taken();
      if (call === undefined || more.length > 0) throw new Error("one call reaches the API");
      const pairs = pairsOf(call.raw);
      const ours = /^(?:host|connection|authorization|x-forwarded-(?:for|proto|host))$/;
      const expected = headers.filter(([name]) => {
        const key = name.toLowerCase();
        return /^[a-z0-9-]+$/.test(key) && !key.startsWith("x-forwarded") && key !== "authorization" && !FORGED.test(key);
      });
      const arrived = pairs.filter(([name]) => !ours.test(name));
      if (JSON.stringify(arrived) !== JSON.stringify(expected)) throw new Error(JSON.stringify({ arrived, expected }));
      const of = (name: string) => pairs.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));
      const authorization = of("authorization");
      if (authorization.length !== 1 || !authorization[0]?.startsWith("Bearer ey")) throw new Error("the token, once");
      if (of("x-forwarded-for").join() !== "127.0.0.1") throw new Error("the address that is true, once");
      if (of("x-forwarded-host").join() !== new URL(demo.url).host) throw new Error("the host of the configuration, once");
    }),
    RUNS,
  );
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)/, "nothing failed");
});

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? "", raw[i + 1] ?? ""]);
  return pairs;
}

const cookieText = fc.string({ unit: fc.constantFrom(...'ab=" ,\t%-._\\~é'), maxLength: 10 });
const cookiePair = fc.oneof(
  cookieText,
  fc
    .tuple(
      fc.constantFrom("a", "bff-sessionx", "xbff-session", "BFF-Session", "bff-sessio", "bff-session.x", "bff-session-1x", "bff-session-"),
      cookieText,
    )
    .map((pair) => pair.join("=")),
  fc
    .tuple(
      fc.constantFrom("bff-session.1", "bff-session-3000.7", "bff-session-1", "bff-ended", "bff-ended-80", "bff-login-AAAAAAAA"),
      cookieText,
    )
    .map((pair) => pair.join("=")),
  fc.constantFrom("bff-session", " bff-session =x", "bff-ended", "bff-session="),
);
const OUR_NAME = /^\s*(?:__host-http-)?bff-(?:(?:session|ended)(?:-\d+)?(?:\.[^=]*)?|login-[^=]*)\s*(?:=|$)/i;

t.test("whatever cookies come, ours stay here and all others arrive as they are", async (t) => {
  const { demo, port, ticket, taken } = await setUp(t);
  await fc.assert(
    fc.asyncProperty(fc.array(cookiePair, { maxLength: 8 }), fc.nat(8), async (pairs, at) => {
      const all = [...pairs.slice(0, at), `bff-session-${port}=${ticket}`, ...pairs.slice(at)];
      const text = await exchange(t, port, ["GET /api/x HTTP/1.1", "Host: localhost", `Cookie: ${all.join(";")}`]);
      const calls = taken();
      // A chunk that belongs to no ticket and the like may make the whole unreadable: refused, never a failure.
      if (!/^HTTP\/1\.1 (?:200|401) /.test(text)) throw new Error(text.slice(0, 300));
      for (const { raw } of calls) {
        const value = pairsOf(raw)
          .flatMap(([name, cookie]) => (name.toLowerCase() === "cookie" ? [cookie] : []))
          .join(";");
        if (value.includes(ticket) || value.split(";").some((pair) => OUR_NAME.test(pair))) throw new Error(`ours got through: ${value}`);
        const others = pairs
          .filter((pair) => !OUR_NAME.test(pair))
          .map((pair) => pair.trim())
          .filter((pair) => pair !== "");
        const arrived = value
          .split(";")
          .map((pair) => pair.trim())
          .filter((pair) => pair !== "");
        if (JSON.stringify(arrived) !== JSON.stringify(others)) throw new Error(JSON.stringify({ arrived, others }));
      }
      if (text.startsWith("HTTP/1.1 200 ") !== (calls.length === 1)) throw new Error("a refused call reaches nobody");
    }),
    RUNS,
  );
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)/, "nothing failed");
});

const segment = fc.string({
  unit: fc.constantFrom(..."ab./\\%;:@?#&=+~!$'()*,|[]{}^`<>\"", "%2e", "%2F", "%25", "%5c", "%61", "%00", "%c3%a9", "%ff", "..", "é"),
  maxLength: 14,
});

t.test("whatever path comes, it is refused or forwarded as it was matched, and never leaves its prefix", async (t) => {
  const { demo, port, ticket, taken } = await setUp(t);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("/api/", "/api", "/%61pi/", "/", "//api/", "/api/x/"), segment, async (prefix, rest) => {
      const path = `${prefix}${rest}`;
      const text = await exchange(t, port, [`GET ${path} HTTP/1.1`, "Host: localhost", `Cookie: bff-session-${port}=${ticket}`]);
      const calls = taken();
      if (!/^HTTP\/1\.1 (?:200|400|404) /.test(text)) throw new Error(`${path}: ${text.slice(0, 300)}`);
      for (const { url = "" } of calls) {
        if (!/^\/api(?:[/?]|$)/.test(url)) throw new Error(`${path} left its prefix: ${url}`);
        const [seenPath = ""] = url.split("?", 1);
        if (/(?:^|\/)\.{1,2}(?:[/;]|$)|\\|#/.test(seenPath.replace(/%2e/gi, ".").replace(/%2f/gi, "/").replace(/%5c/gi, "\\")))
          throw new Error(`${path} went through as ${url}`);
        if (Buffer.from(decoded(url)).compare(Buffer.from(decoded(path))) !== 0) throw new Error(`${path} became ${url}`);
      }
      if (calls.length > 1) throw new Error("one call at most");
    }),
    RUNS,
  );
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)/, "nothing failed");
});

/** With unreserved characters decoded, which is all that may change on the way. */
function decoded(target: string): string {
  const [path = "", ...query] = target.split("?");
  const plain = path.replace(/%(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|3[0-9]|2d|2e|5f|7e)/gi, (triplet) =>
    String.fromCharCode(Number.parseInt(triplet.slice(1), 16)),
  );
  return [plain, ...query].join("?");
}

const chunks = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 0, max: 70_000 }).map((length) => patterned(length)),
  ),
  {
    maxLength: 6,
  },
);

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
}

t.test("whatever the lengths of its chunks, a body arrives byte for byte and comes back so", async (t) => {
  const { demo, port, ticket, taken } = await setUp(t);
  const framing = fc.constantFrom("chunked" as const, "length" as const);
  await fc.assert(
    fc.asyncProperty(chunks, framing, framing, async (parts, there, back) => {
      const body = Buffer.concat(parts);
      const head = ["POST /api/x HTTP/1.1", "Host: localhost", "Sec-Fetch-Site: same-origin", `Cookie: bff-session-${port}=${ticket}`];
      if (back === "length") head.push("X-Length: 1");
      head.push(there === "length" ? `Content-Length: ${body.length}` : "Transfer-Encoding: chunked");
      const sent = there === "length" ? parts.map((part) => Buffer.from(part)) : framed(parts);
      const text = await exchange(t, port, head, sent);
      const [call, ...more] = taken();
      if (call === undefined || more.length > 0) throw new Error(`one call reaches the API, not: ${text.slice(0, 200)}`);
      if (!call.body.equals(body)) throw new Error(`${call.body.length} of ${body.length} bytes arrived`);
      if (!received(text).equals(body)) throw new Error(`${received(text).length} of ${body.length} bytes came back`);
    }),
    { ...RUNS, numRuns: 150 },
  );
  t.notMatch(demo.logLines.join(""), /"level":(?:50|60)/, "nothing failed");
});

function framed(parts: readonly Uint8Array[]): Buffer[] {
  const full = parts.filter((part) => part.length > 0);
  return [
    ...full.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), Buffer.from(part), Buffer.from("\r\n")]),
    Buffer.from("0\r\n\r\n"),
  ];
}

function received(text: string): Buffer {
  const start = text.indexOf("\r\n\r\n") + 4;
  if (!/\r\ntransfer-encoding: chunked/i.test(text.slice(0, start))) return Buffer.from(text.slice(start), "latin1");
  const parts: string[] = [];
  for (let at = start; ; ) {
    const line = text.indexOf("\r\n", at);
    const length = Number.parseInt(text.slice(at, line), 16);
    if (!(length > 0)) return Buffer.from(parts.join(""), "latin1");
    parts.push(text.slice(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}
