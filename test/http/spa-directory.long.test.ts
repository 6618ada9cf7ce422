import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { request } from "undici";
import { type BffOptions, createServer as createBff } from "../../src/index.js";
import { Person } from "../support/person.js";
import { bodyOf, rawExchange, statusOf } from "../support/raw-http.js";
import { memoryLogger } from "../support/running-demo.js";

const PAGE = "<!doctype html><title>app</title>";
const SCRIPT = "console.log('the app');".repeat(20);
const SCRIPT_PATH = "/assets/index-DiwrgTda.js";
const FILES = { "index.html": PAGE, [SCRIPT_PATH]: SCRIPT, "logo.svg": "<svg/>" };

async function folderOf(t: Test, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "spa-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function serve(
  t: Test,
  spaDir: string,
  settings: Partial<BffOptions> = {},
): Promise<{ readonly url: string; readonly person: Person }> {
  const server = await createBff(
    {
      publicUrl: "http://localhost:3000",
      host: "127.0.0.1",
      port: 0,
      managementPort: 0,
      cognitoUserPoolId: "us-east-1_Local0001",
      cognitoClientId: "client",
      cognitoPublicClient: true,
      sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
      spaDir,
      ...settings,
    },
    { logger: memoryLogger([]) },
  );
  t.teardown(() => server.close());
  const { url } = await server.listen();
  return { url, person: new Person(url) };
}

const get = (url: string, headers: Record<string, string> = {}, method: "GET" | "HEAD" = "GET") => request(url, { method, headers });
const target = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

t.test("the page and every file without a hash in its name are asked for again each time, hashed ones kept for a year", async (t) => {
  const { person } = await serve(t, await folderOf(t, { ...FILES, "assets/photo.jpg": "1", "sw-register.js": "1" }));
  t.equal((await person.visit("/")).headers["cache-control"], "no-cache");
  t.equal((await person.call(SCRIPT_PATH)).headers["cache-control"], "public, max-age=31536000, immutable");
  for (const path of ["/index.html", "/logo.svg", "/assets/photo.jpg", "/sw-register.js"])
    t.equal((await person.call(path)).headers["cache-control"], "no-cache", path);
});

t.test("a path that is no file gets the app's page when a person goes there, and a 404 problem when a script asks", async (t) => {
  const { person } = await serve(t, await folderOf(t, FILES));
  for (const path of [
    "/orders/17?tab=2",
    "/users/jane.doe",
    "/libraries/chart.js",
    "/invoices/invoice-4f3c2a1b.pdf",
    "/assets/",
    `/reset/${"x".repeat(600)}`,
    "/orders//17",
    "/caf%C3%A9",
  ]) {
    const page = await person.visit(path);
    t.equal(page.text, PAGE, path);
    t.equal(page.status, 200);
    t.equal(page.headers["cache-control"], "no-cache");
    const asked = await person.call(path);
    t.equal(asked.headers["bff-problem"], "not_found", path);
    t.equal(asked.headers["cache-control"], "no-store");
  }
  t.equal((await person.visit("/orders", { method: "POST" })).status, 404);
});

t.test(
  "a hashed file of another release is a 404 problem that no cache keeps, even when a person goes there: never the page",
  async (t) => {
    const { person } = await serve(t, await folderOf(t, FILES));
    for (const answer of [await person.call("/assets/index-Old4Hash.js"), await person.visit("/assets/index-Old4Hash.js")]) {
      t.equal(answer.status, 404);
      t.equal(answer.headers["bff-problem"], "not_found");
      t.equal(answer.headers["cache-control"], "no-store");
      t.not(answer.text, PAGE);
    }
  },
);

t.test("while a release is being copied and there is no page, a person gets a 404 that no cache keeps", async (t) => {
  const folder = await folderOf(t, FILES);
  const { person } = await serve(t, folder);
  await rename(join(folder, "index.html"), join(folder, "index.old"));
  const answer = await person.visit("/orders");
  t.match(answer, { status: 404, headers: { "bff-problem": "not_found", "cache-control": "no-store" } });
});

t.test("a part of a file is answered with 206, a part beyond its end with 416 and its length", async (t) => {
  const { url } = await serve(t, await folderOf(t, FILES));
  const part = await get(`${url}${SCRIPT_PATH}`, { range: "bytes=0-6" });
  t.equal(part.statusCode, 206);
  t.equal(part.headers["content-range"], `bytes 0-6/${SCRIPT.length}`);
  t.equal(await part.body.text(), "console");
  const end = await get(`${url}${SCRIPT_PATH}`, { range: "bytes=-2" });
  t.equal(await end.body.text(), ");");
  const beyond = await get(`${url}${SCRIPT_PATH}`, { range: "bytes=9999-" });
  t.equal(beyond.statusCode, 416);
  t.equal(beyond.headers["content-range"], `bytes */${SCRIPT.length}`);
  t.equal(beyond.headers["cache-control"], "no-store");
  t.equal(await beyond.body.text(), "");
});

t.test("who has a file already gets 304 with the headers of the file, and 412 where they wanted another", async (t) => {
  const { url } = await serve(t, await folderOf(t, FILES));
  for (const path of ["/", SCRIPT_PATH]) {
    const { headers, body } = await get(`${url}${path}`);
    await body.dump();
    t.match(headers["etag"], /^W\/"/);
    const again = await get(`${url}${path}`, { "if-none-match": String(headers["etag"]) });
    t.equal(again.statusCode, 304);
    t.equal(again.headers["cache-control"], headers["cache-control"]);
    t.match(again.headers["vary"], /accept-encoding/i);
    t.equal(await again.body.text(), "");
    const since = await get(`${url}${path}`, { "if-modified-since": String(headers["last-modified"]) });
    t.equal(since.statusCode, 304);
    await since.body.dump();
    const other = await get(`${url}${path}`, { "if-match": '"other"' });
    t.equal(other.statusCode, 412);
    await other.body.dump();
  }
});

t.test("a build whose files all have one old time is never answered with 304: the next page would look the same", async (t) => {
  const folder = await folderOf(t, FILES);
  for (const name of Object.keys(FILES)) await utimes(join(folder, name), 1, 1);
  const { url } = await serve(t, folder);
  const page = await get(url, { "if-modified-since": new Date(1_000).toUTCString() });
  t.equal(page.statusCode, 200);
  t.equal(page.headers["etag"], undefined);
  t.equal(await page.body.text(), PAGE);
});

t.test("HEAD is answered like GET, without the body", async (t) => {
  const { url } = await serve(t, await folderOf(t, FILES));
  for (const path of ["/", SCRIPT_PATH]) {
    const [whole, head] = await Promise.all([get(`${url}${path}`), get(`${url}${path}`, {}, "HEAD")]);
    t.equal(head.statusCode, 200);
    for (const name of ["content-length", "content-type", "etag", "cache-control"]) t.equal(head.headers[name], whole.headers[name], name);
    t.equal(await head.body.text(), "");
    await whole.body.dump();
  }
});

t.test("files compressed ahead go to those who take them, with the type of the original, and caches are told", async (t) => {
  const compressed = { [`${SCRIPT_PATH}.br`]: brotliCompressSync(SCRIPT), [`${SCRIPT_PATH}.gz`]: gzipSync(SCRIPT) };
  const { url } = await serve(t, await folderOf(t, { ...FILES, ...compressed, "index.html.br": brotliCompressSync(PAGE) }));
  const etags = new Set<unknown>();
  const ask = async (path: string, accepted: string, headers: Record<string, string> = {}) => {
    const answer = await get(`${url}${path}`, { "accept-encoding": accepted, ...headers });
    t.match(answer.headers["vary"], /accept-encoding/i, `${path} for ${accepted}`);
    return { encoding: answer.headers["content-encoding"], headers: answer.headers, bytes: Buffer.from(await answer.body.arrayBuffer()) };
  };
  for (const [accepted, encoding] of [
    ["gzip, deflate, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["identity", undefined],
  ] as const) {
    const answer = await ask(SCRIPT_PATH, accepted);
    t.equal(answer.encoding, encoding, accepted);
    t.equal(answer.headers["content-type"], "application/javascript; charset=utf-8");
    t.match(answer.headers["cache-control"], /immutable/);
    etags.add(answer.headers["etag"]);
  }
  t.equal(etags.size, 3, "each form has an ETag of its own");
  const navigation = { "sec-fetch-mode": "navigate" };
  for (const path of ["/", "/orders/17"]) {
    const page = await ask(path, "br", navigation);
    t.equal(page.encoding, "br");
    t.equal(page.headers["content-type"], "text/html; charset=utf-8");
    t.equal(page.headers["cache-control"], "no-cache");
    t.equal(brotliDecompressSync(page.bytes).toString(), PAGE);
  }
  t.equal((await ask("/logo.svg", "br")).encoding, undefined, "a file without a compressed form goes as it is");
});

t.test("nothing outside the directory and nothing hidden is ever sent, however the path is written", async (t) => {
  const parent = await folderOf(t, {
    "secret.txt": "SECRET",
    "app/index.html": PAGE,
    "app/.env": "SECRET",
    "app/.git/config": "SECRET",
    "app/assets/.hidden/x.js": "SECRET",
    "app/.well-known/security.txt": "Contact: mailto:security@example.com",
    "app/.well-known/.env": "SECRET",
  });
  const { url, person } = await serve(t, join(parent, "app"));
  const traversals = ["/../secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%252e%252e/secret.txt"];
  const oddities = ["/..\\secret.txt", "/..%5csecret.txt", "/secret.txt%00", "/%00", "/....//secret.txt", "http://localhost/../secret.txt"];
  const hidden = ["/.env", "/%2eenv", "/.git/config", "/.git%2Fconfig", "/assets/.hidden/x.js", "/.well-known/.env", "/.well-known%2F.env"];
  for (const path of [...traversals, ...oddities, ...hidden]) {
    const answer = await rawExchange(url, target(path));
    t.ok([400, 404].includes(statusOf(answer)), `${path}: ${statusOf(answer)}`);
    t.notMatch(bodyOf(answer), /SECRET/, path);
  }
  for (const path of hidden) t.equal((await person.visit(path)).status, 404, `${path} is no page of the app either`);
  t.match((await person.call("/.well-known/security.txt")).text, /^Contact/, "but for what RFC 8615 puts there");
});

t.test("links may lead within the directory, as Kubernetes mounts them, and nowhere else", async (t) => {
  const parent = await folderOf(t, { "secret.txt": "SECRET", "app/..2026/index.html": PAGE, "elsewhere/x.js": "SECRET" });
  const app = join(parent, "app");
  await symlink("..2026", join(app, "..data"));
  await symlink("..data/index.html", join(app, "index.html"));
  await symlink("../secret.txt", join(app, "leak.txt"));
  await symlink("../elsewhere", join(app, "leaks"));
  const { person } = await serve(t, app);
  t.equal((await person.visit("/")).text, PAGE);
  for (const path of ["/leak.txt", "/leaks/x.js"]) {
    for (const answer of [await person.call(path), await person.visit(path)]) {
      t.equal(answer.status, 404, path);
      t.notMatch(answer.text, /SECRET/);
    }
  }
});

t.test("a directory that is a link serves the release it leads to now", async (t) => {
  const parent = await folderOf(t, { "releases/1/index.html": "one", "releases/2/index.html": "two!" });
  await symlink("releases/1", join(parent, "current"));
  const { person } = await serve(t, join(parent, "current"));
  t.equal((await person.visit("/")).text, "one");
  await symlink("releases/2", join(parent, "next"));
  await rename(join(parent, "next"), join(parent, "current"));
  t.equal((await person.visit("/")).text, "two!");
});

t.test("no file shadows sign-in or an API, whatever its name", async (t) => {
  const files = { ...FILES, "auth/session": "FILE", "auth/other.html": "FILE", "api/echo": "FILE", "api/index.html": "FILE" };
  const { person, url } = await serve(t, await folderOf(t, files), { proxyRoutes: [{ prefix: "/api", target: "http://127.0.0.1:9" }] });
  for (const path of ["/auth", "/auth/", "/auth/session", "/auth/other.html", "/api", "/api/", "/api/echo"]) {
    t.notMatch((await person.call(path)).text, /FILE/, path);
    t.notMatch((await person.visit(path)).text, /FILE/, path);
  }
  for (const path of ["/auth%2Fother.html", "/api%2Fecho", "/auth%2fsession"])
    t.notMatch(bodyOf(await rawExchange(url, target(path))), /FILE/, path);
  t.equal((await person.call("/api/echo")).headers["bff-problem"], "anonymous");
});

t.test("the headers of the app are those that no app has a reason against, on pages and files alike", async (t) => {
  const { person } = await serve(t, await folderOf(t, FILES));
  for (const answer of [await person.visit("/"), await person.visit("/orders"), await person.call(SCRIPT_PATH)]) {
    t.match(answer.headers, {
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin-allow-popups",
      "referrer-policy": "strict-origin-when-cross-origin",
    });
    for (const name of ["content-security-policy", "content-security-policy-report-only", "x-frame-options"])
      t.equal(answer.headers[name], undefined, name);
  }
});

t.test("SPA_CSP is enforced, and only reported on when it begins with report-only:", async (t) => {
  const folder = await folderOf(t, FILES);
  const enforced = await serve(t, folder, { spaCsp: "default-src 'self'" });
  t.equal((await enforced.person.visit("/")).headers["content-security-policy"], "default-src 'self'");
  const reported = await serve(t, folder, { spaCsp: "report-only: default-src 'self'; report-uri /csp" });
  const { headers } = await reported.person.visit("/orders");
  t.equal(headers["content-security-policy-report-only"], "default-src 'self'; report-uri /csp");
  t.equal(headers["content-security-policy"], undefined);
});

t.test("a directory without a page, or with one from elsewhere, is said at start-up", async (t) => {
  const parent = await folderOf(t, { "index.html": PAGE, "empty/x": "1", "folder/index.html/x": "1" });
  for (const name of ["empty", "folder", "missing"]) await t.rejects(serve(t, join(parent, name)), /SPA_DIR: there is no index.html/, name);
  await symlink("../index.html", join(parent, "empty", "index.html"));
  await t.rejects(serve(t, join(parent, "empty")), /SPA_DIR: index.html is a link that leads out of/);
});

t.test("a file is found under every name that a build gives it, its characters escaped or not", async (t) => {
  const names = [..."@%+&=#?;, []()!$'*~^{}|:\"<>`", "é", "日本", "e\u0301", "\u{1f600}"].map(
    (character) => `a${character}b${character}.js`,
  );
  const odd = ["%40", "%2540", "100%.js", "a%2fb.js", "page-[[...slug]].js", "(group)/@modal/page-4f3c2a1b.js", "~x/$id.js", "%"];
  const files = [...names, ...odd];
  const content = (name: string) => `the content of ${encodeURIComponent(name)}`;
  const folder = await folderOf(t, {
    ...FILES,
    ...Object.fromEntries(
      files.flatMap((name) => [
        [name, content(name)],
        [`${name}.br`, brotliCompressSync(content(name))],
      ]),
    ),
  });
  const { url } = await serve(t, folder);
  for (const name of files) {
    const escaped = name.split("/").map(encodeURIComponent).join("/");
    const everything = [...Buffer.from(name)].map((byte) => (byte === 0x2f ? "/" : `%${byte.toString(16).padStart(2, "0")}`)).join("");
    // What may stand in a path as it is; a quotation mark and the like browsers escape, some others they do not.
    const plain = name.replace(/[^\x21-\x7e]|[%#?]/gu, encodeURIComponent);
    for (const path of new Set([escaped, everything, everything.toUpperCase(), plain])) {
      const whole = await rawExchange(url, target(`/${path}?v=%40`));
      t.match(whole, /^HTTP\/1\.1 200 /, path);
      t.equal(bodyOf(whole), content(name), path);
    }
    const address = new URL(`/${escaped}`, url);
    const part = await request(address, { headers: { range: "bytes=0-0" } });
    t.equal(part.statusCode, 206);
    await part.body.dump();
    const packed = await request(address, { headers: { "accept-encoding": "br" } });
    t.equal(packed.headers["content-encoding"], "br", name);
    t.equal(brotliDecompressSync(Buffer.from(await packed.body.arrayBuffer())).toString(), content(name));
  }
  for (const path of ["/%2e%40/x", "/%2540%2f..%2findex.html", "/a@b@.js%2f", "/%40%2e%2e/index.html", "/.%40env"])
    t.not(statusOf(await rawExchange(url, target(path))), 200, path);
});
