import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { ConfigError, createServer as createBff, parseConfig } from "../../src/index.js";
import { Person } from "../support/person.js";
import { memoryLogger, runDemo } from "../support/running-demo.js";

async function appFolder(t: Test, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "spa-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "assets"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

t.test("the app's page is always asked for again, hashed assets never", async (t) => {
  const spaDir = await appFolder(t, {
    "index.html": "<html>app</html>",
    "assets/index-DiwrgTda.js": "1",
    "logo.svg": "<svg/>",
    ".env": "secret",
  });
  const demo = await runDemo(t, { spaDir });
  const person = demo.person();
  const page = await person.visit("/");
  t.equal(page.text, "<html>app</html>");
  t.equal(page.headers["cache-control"], "no-cache");
  t.equal(page.headers["cross-origin-opener-policy"], "same-origin-allow-popups");
  t.equal((await person.visit("/orders/17")).text, "<html>app</html>", "the app routes by itself");
  t.match((await person.call("/assets/index-DiwrgTda.js")).headers["cache-control"], /immutable/);
  t.equal((await person.call("/logo.svg")).headers["cache-control"], "no-cache");
  const hidden = await person.call("/.env");
  t.notMatch(hidden.text, /secret/);
  t.equal((await person.call("/assets/missing.js")).headers["bff-problem"], "not_found", "a missing script is not answered with a page");
});

t.test("a folder without index.html is said at start-up", async (t) => {
  const spaDir = await appFolder(t, {});
  await t.rejects(runDemo(t, { spaDir }), /SPA_DIR: there is no index.html/);
});

t.test("with SPA_URL a development server stands behind everything else, and sees none of our cookies", async (t) => {
  const seen: (string | undefined)[] = [];
  const development = createServer((request, response) => {
    seen.push(request.headers.cookie);
    response.end(`${request.method} ${request.url}`);
  });
  await new Promise<void>((resolve) => development.listen(0, "127.0.0.1", resolve));
  const { port } = development.address() as AddressInfo;
  const demo = await runDemo(t, { spaDir: undefined, spaUrl: `http://127.0.0.1:${port}` } as object);
  const person = demo.person();
  await person.visit("/auth/login").catch(() => {});
  t.equal((await person.visit("/src/main.ts?t=1")).text, "GET /src/main.ts?t=1");
  t.ok(seen.every((cookie) => cookie === undefined));
  development.closeAllConnections();
  await new Promise((resolve) => development.close(resolve));
  t.equal((await person.call("/x.js")).headers["bff-problem"], "upstream_unreachable");
});

const OPTIONS = {
  publicUrl: "http://localhost:3000",
  host: "127.0.0.1",
  port: 0,
  managementPort: 0,
  cognitoUserPoolId: "us-east-1_Local0001",
  cognitoClientId: "client",
  cognitoPublicClient: true,
  sessionKeys: [Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")],
};

t.test("without an app and without managed login, what is not there is a problem document", async (t) => {
  const server = await createBff({ ...OPTIONS, publicHealthPath: "/healthz" }, { logger: memoryLogger([]) });
  t.teardown(() => server.close());
  const { url } = await server.listen();
  const person = new Person(url);
  t.equal((await person.call("/")).headers["bff-problem"], "not_found");
  t.equal((await person.call("/healthz")).status, 200);
  t.equal((await person.visit("/auth/login")).headers["bff-problem"], "not_found");
  const logout = await person.call("/auth/logout", { method: "POST", headers: { origin: OPTIONS.publicUrl } });
  t.equal(logout.json<{ logout_url: string }>().logout_url, "/");
});

t.test("options that cannot be used are refused with every fault at once", async (t) => {
  const refused: unknown = await createBff({ ...OPTIONS, publicUrl: "ftp://x", sessionKeys: [] }).catch((error: unknown) => error);
  t.ok(refused instanceof ConfigError);
  t.match((refused as ConfigError).message, /publicUrl[\s\S]*sessionKeys/);
  t.equal(parseConfig({}).kind, "faults");
});
