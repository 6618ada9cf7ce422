import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";

const run = promisify(execFile);
const ROOT = new URL("../../../", import.meta.url).pathname;

t.test("the packed tarball installs elsewhere, imports by its exports, and its command runs", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "cognito-bff-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, npm_config_ignore_scripts: "true" };
  const packed = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT, env });
  const parsed = JSON.parse(packed.stdout) as unknown;
  const [{ filename, files }] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as [
    { filename: string; files: { path: string }[] },
  ];
  const paths = files.map(({ path }) => path);
  t.notOk(
    paths.some((path) => path.startsWith("dist/test") || path.startsWith("test/")),
    "no tests in the package",
  );
  t.ok(paths.includes("dist/src/demo/spa/index.html"), "the demo's page is in it");

  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", join(folder, filename)], { cwd: folder, env });
  const script = `
    import { createServer, parseConfig, ConfigError } from "cognito-bff";
    import { startLocalCognito } from "cognito-bff/local-cognito";
    const cognito = await startLocalCognito({ port: 0 });
    await cognito.close();
    const refused = await createServer({ publicUrl: "ftp://x" }).catch((error) => error);
    console.log(JSON.stringify([typeof parseConfig, refused instanceof ConfigError, /^http:/.test(cognito.url)]));
  `;
  await writeFile(join(folder, "consumer.js"), script);
  t.equal((await run("node", ["--no-warnings", "consumer.js"], { cwd: folder })).stdout.trim(), '["function",true,true]');
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  t.equal((await run(join(folder, "node_modules/.bin/cognito-bff"), ["--version"], { cwd: folder })).stdout.trim(), version);
  const key = (await run(join(folder, "node_modules/.bin/cognito-bff"), ["keygen"], { cwd: folder })).stdout.split("\n")[0] ?? "";
  t.equal(Buffer.from(key, "base64").length, 32);
});
