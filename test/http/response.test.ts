import { createHash } from "node:crypto";
import { brotliCompressSync, gzipSync } from "node:zlib";
import t from "tap";
import { answer, OK, setUpStage } from "../proxy/raw-stage.js";
import { bytesFrom } from "../support/session-fixtures.js";

/** What the API says in its head, and what the browser gets to see and not to see of it. */
const HEADS: readonly {
  readonly promise: string;
  readonly says: string;
  readonly sees?: readonly RegExp[];
  readonly never?: readonly RegExp[];
  readonly path?: string;
}[] = [
  { promise: "an answer that says nothing of caches becomes private", says: "", sees: [/\r\ncache-control: private\r\n/i] },
  {
    promise: "a public answer becomes private and keeps its age",
    says: "Cache-Control: public, max-age=60, s-maxage=600\r\n",
    sees: [/\r\ncache-control: private, max-age=60\r\n/i],
    never: [/public|s-maxage/i],
  },
  { promise: "no-store stays", says: "Cache-Control: no-store\r\n", sees: [/\r\ncache-control: no-store\r\n/i], never: [/private/i] },
  {
    promise: "what CDNs obey instead is taken away",
    says: "CDN-Cache-Control: max-age=600\r\nSurrogate-Control: max-age=1\r\nX-Accel-Expires: 60\r\n",
    never: [/cdn-cache|surrogate|accel/i],
  },
  {
    promise: "on an open route without a token caching is the API's own",
    says: "Cache-Control: public, max-age=60\r\nCDN-Cache-Control: max-age=600\r\n",
    path: "/open/x",
    sees: [/\r\nCache-Control: public, max-age=60\r\nCDN-Cache-Control: max-age=600\r\n/],
    never: [/private/i],
  },
  {
    promise: "cookies of our names are dropped, whatever their spelling around it, and all others kept",
    says: "Set-Cookie: bff-session=x\r\nSet-Cookie: a=1\r\nSet-Cookie:  bff-session.1 =x\r\nSet-Cookie: bff-ended=; Max-Age=0\r\nSet-Cookie: bff-session-3000=x\r\nSet-Cookie: =bff-session=x\r\nSet-Cookie: a=2\r\n",
    sees: [/\r\nSet-Cookie: a=1\r\nSet-Cookie: a=2\r\n/],
    never: [/bff-session|bff-ended/],
  },
  {
    promise: "an API opens nothing of ours to other origins",
    says: "Access-Control-Allow-Origin: *\r\naccess-control-allow-credentials: true\r\nAccess-Control-Expose-Headers: X\r\n",
    sees: [/\r\nAccess-Control-Expose-Headers: X\r\n/],
    never: [/access-control-allow/i],
  },
  {
    promise: "an API cannot speak in our name",
    says: "BFF-Problem: expired\r\nbff-problem: x\r\nWWW-Authenticate: Bearer\r\n",
    sees: [/\r\nWWW-Authenticate: Bearer\r\n/],
    never: [/bff-problem/i],
  },
  {
    promise: "what is for one connection only stays on it",
    says: "Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=77\r\nProxy-Authenticate: Basic\r\nTE: trailers\r\nUpgrade: h2c\r\n",
    never: [/x-mine|timeout=77|proxy-authenticate|h2c|\r\nte:/i],
  },
  {
    promise: "duplicates stay, in order",
    says: "X-A: 1\r\nVary: a\r\nx-a: 2\r\nVary: b\r\nX-A: \r\n",
    sees: [/\r\nX-A: 1\r\nVary: a\r\nx-a: 2\r\nVary: b\r\nX-A: \r\n/],
  },
  {
    promise: "an API cannot empty the browser's jar",
    says: 'Clear-Site-Data: "cookies"\r\nClear-Site-Data: "cache"\r\n',
    sees: [/\r\nClear-Site-Data: "cache"\r\n/],
    never: [/"cookies"/],
  },
];

t.test("headers of an API's answer", async (t) => {
  const { ask, play } = await setUpStage(t);
  for (const { promise, says, sees = [], never = [], path = "/api/x" } of HEADS) {
    play(answer(`${OK}${says}\r\nok`));
    const client = await ask(t, path);
    const text = await client.until(/ok$/);
    t.match(text, /^HTTP\/1\.1 200 OK\r\n/, promise);
    for (const pattern of sees) t.match(text, pattern, promise);
    for (const pattern of never) t.notMatch(text, pattern, promise);
  }
});

t.test("an API's own 401 and its problem pass through and end nothing", async (t) => {
  const { demo, ask, play } = await setUpStage(t);
  play(answer('HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: 20\r\n\r\n{"reason":"expired"}'));
  const client = await ask(t, "/api/x");
  const text = await client.until(/\}$/);
  t.match(text, /^HTTP\/1\.1 401 Unauthorized\r\n/);
  t.notMatch(text, /bff-problem|set-cookie/i);
  play(answer(`${OK}\r\nok`));
  await (await ask(t, "/api/x")).until(/200 OK[\s\S]*ok$/);
  t.equal(demo.refreshes(), 0);
});

t.test("a refreshed ticket rides on an answer that nobody may store", async (t) => {
  const { demo, ask, play } = await setUpStage(t);
  demo.advance("2h");
  play(answer(`${OK}Cache-Control: public, max-age=60\r\nSet-Cookie: a=1\r\n\r\nok`));
  const text = await (await ask(t, "/api/x")).until(/ok$/);
  t.match(text, /\r\ncache-control: no-store\r\n/i);
  t.match(text, /\r\nset-cookie: bff-session-\d+=/i);
  t.match(text, /\r\nset-cookie: a=1\r\n/i);
  t.notMatch(text, /max-age=60\b/);
});

/** Heads without a body, and what the browser's next answer on the same connection must then be. */
const BODILESS: readonly (readonly [promise: string, method: string, head: string, sees: RegExp])[] = [
  ["HEAD has the length and no body", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", /Content-Length: 1234\r\n/],
  ["HEAD of a chunked answer has no body", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", /^HTTP\/1\.1 200 OK\r\n/],
  ["204 has no body", "GET", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", /^HTTP\/1\.1 204 No Content\r\nX: y\r\n/],
  ["304 keeps its validators", "GET", 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', /^HTTP\/1\.1 304 Not Modified\r\nETag: "x"\r\n/],
  ["304 keeps the length of what it stands for", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", /Content-Length: 9\r\n/],
  ["an empty answer is an answer", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", /Content-Length: 0\r\n/],
];

t.test("answers without a body", async (t) => {
  const { ask, play, cookie } = await setUpStage(t);
  for (const [promise, method, head, sees] of BODILESS) {
    play(answer(head));
    const client = await ask(t, "/api/x", "", method);
    const text = await client.until(/\r\n\r\n$/);
    t.match(text, sees, promise);
    t.notMatch(text, /\r\n\r\n./, promise);
    play(answer(`${OK}\r\nok`));
    client.socket.write(`GET /api/next HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`);
    t.match((await client.until(/ok$/)).slice(text.length), /^HTTP\/1\.1 200 OK\r\n/, `${promise}, and the connection goes on`);
  }
});

t.test("interim answers and trailers stay between the API and us", async (t) => {
  const { ask, play } = await setUpStage(t);
  const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nSet-Cookie: bff-session=x\r\n\r\n";
  play(
    answer(
      `${interim}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\nSet-Cookie: bff-session=x\r\n\r\n`,
    ),
  );
  const text = await (await ask(t, "/api/x", "Connection: close\r\n\r\n")).until(/0\r\n\r\n$/);
  t.match(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n2\r\nok\r\n0\r\n\r\n$/);
  t.notMatch(text, /x-t|early|bff-session/i);
});

t.test("Expect: 100-continue is answered here, and the API sees none of it", async (t) => {
  const { ask, play } = await setUpStage(t);
  let head = "";
  play((socket, got) => {
    head = got;
    socket.write(`${OK}\r\nok`);
  });
  const client = await ask(t, "/api/x", "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n", "POST");
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  client.socket.write("body");
  t.match(await client.until(/ok$/), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  t.notMatch(head, /expect/i);
});

t.test("bodies come byte for byte, plain and compressed, by length, in chunks and until the end", async (t) => {
  const { ask, play } = await setUpStage(t);
  const noise = bytesFrom("noise", 300_000);
  const bodies: readonly (readonly [coding: string, body: Buffer])[] = [
    ["identity", noise],
    ["gzip", gzipSync(noise)],
    ["br", brotliCompressSync(noise)],
    ["gzip", Buffer.concat([gzipSync("a"), Buffer.from("not gzip at all")])],
  ];
  const framings: readonly ((coding: string, body: Buffer) => Buffer)[] = [
    (coding, body) =>
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`), body]),
    (coding, body) => Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\n\r\n`), body]),
    (coding, body) => {
      const chunks = [body.subarray(0, 1), body.subarray(1, 70_000), body.subarray(70_000)].filter((chunk) => chunk.length > 0);
      const framed = chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)};x=y\r\n`), chunk, Buffer.from("\r\n")]);
      const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      return Buffer.concat([Buffer.from(head), ...framed, Buffer.from("0\r\n\r\n")]);
    },
  ];
  for (const [coding, body] of bodies) {
    for (const frame of framings) {
      play((socket) => void socket.end(frame(coding, body)));
      const client = await ask(t, "/api/x", "Connection: close\r\n\r\n");
      const text = await client.closed();
      const [head = ""] = text.split("\r\n\r\n", 1);
      t.match(head, new RegExp(`\r\nContent-Encoding: ${coding}(?:\r\n|$)`));
      const received = bodyIn(text);
      t.equal(createHash("sha256").update(received).digest("hex"), createHash("sha256").update(body).digest("hex"), coding);
    }
  }
});

/** The body of an answer that closed its connection, out of its chunks where it came in some. */
function bodyIn(text: string): Buffer {
  const start = text.indexOf("\r\n\r\n") + 4;
  if (!/\r\ntransfer-encoding: chunked/i.test(text.slice(0, start))) return Buffer.from(text.slice(start), "latin1");
  const parts: string[] = [];
  for (let at = start; ; ) {
    const line = text.indexOf("\r\n", at);
    const length = Number.parseInt(text.slice(at, line), 16);
    if (length === 0) return Buffer.from(parts.join(""), "latin1");
    parts.push(text.slice(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}
