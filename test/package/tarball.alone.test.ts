import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { FastifyInstance } from "fastify";
import t from "tap";
import { cognitoBff } from "../../src/index.js";
import { compilerSays } from "../support/compiler.js";
import { faultsOf, install, lostSources, pack } from "./tarball.js";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const { version, dependencies } = await json<{ version: string; dependencies: { fastify: string } }>(join(ROOT, "package.json"));
/** The oldest Fastify that our range takes; the newest is the one that all other tests run on. */
const OLDEST = /^>=(\d+\.\d+) <\d+$/.exec(dependencies.fastify)?.[1]?.concat(".0") ?? "";

async function json<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}

const folder = await mkdtemp(join(tmpdir(), "cognito-bff-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const { file, paths } = await pack(ROOT, folder);
await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
await install(folder, file, `fastify@${OLDEST}`);
const installed = join(folder, "node_modules/cognito-bff");

t.test("the tarball holds what runs, and no tests", async (t) => {
  t.notOk(
    [...paths].some((path) => path.startsWith("dist/test") || path.startsWith("test/")),
    "no tests in the package",
  );
  t.ok(paths.has("dist/src/demo/spa/index.html"), "the demo's page is in it");
  for (const path of ["docs/operations.md", "docker/prometheus/alerts.yml", "docker/grafana/dashboard.json", "CHANGELOG.md"])
    t.ok(paths.has(path), `${path}: what an operator needs comes along`);
});

t.test("every source map in it leads to sources in it, and every script to its map", async (t) => {
  // A folder that was built before may hold files of sources that are gone; what is published is built from nothing.
  const sourceOf = (path: string) => join(ROOT, path.replace("dist/", "").replace(/\.js$/, ".ts"));
  const scripts = [...paths].filter((path) => path.startsWith("dist/") && path.endsWith(".js") && existsSync(sourceOf(path)));
  t.ok(scripts.length > 100);
  t.same(await lostSources(installed, scripts, paths), []);
});

/** What TypeScript needs of Node.js is the consumer's own. */
const FOR_CONSUMERS = {
  module: "nodenext",
  target: "es2022",
  strict: true,
  types: ["node"],
  typeRoots: [join(ROOT, "node_modules/@types")],
};

/** Compiles files of the consumer as strictly as a user may. Resolves with all that the compiler has to say: nothing. */
async function compile(name: string, files: readonly string[], options: object): Promise<string> {
  const config = join(folder, name);
  await writeFile(config, JSON.stringify({ compilerOptions: { ...FOR_CONSUMERS, ...options }, files }));
  return compilerSays(config);
}

t.test("publint and Are the types wrong? find nothing in it, for packages that are ES modules alone", async (t) => {
  t.same(await faultsOf({ file, paths }), []);
});

t.test(
  "it installs elsewhere, a consumer in TypeScript compiles against it and runs, its types accept and refuse what the sources' do, and its command runs",
  async (t) => {
    const script = `
    import { randomBytes } from "node:crypto";
    import { createServer, parseConfig, ConfigError, type ProblemDocument } from "cognito-bff";
    import { createSessionClient, isSignedIn, type SessionState } from "cognito-bff/client";
    import { startLocalCognito } from "cognito-bff/local-cognito";
    import { sessionStore } from "cognito-bff/svelte";
    const client = createSessionClient<{ readonly "custom:plan": string }>();
    const planOf = (state: SessionState<{ readonly "custom:plan": string }>) => (isSignedIn(state) ? state.session.user.claims["custom:plan"] : null);
    const plans: (string | null)[] = [];
    sessionStore(client).subscribe((state) => plans.push(planOf(state)));
    const unasked = await client.check();
    const cognito = await startLocalCognito({ port: 0 });
    const parsing = parseConfig({
      ...{ PUBLIC_URL: "http://localhost:3000", COGNITO_ENDPOINT: cognito.url, COGNITO_DOMAIN: cognito.url, LOG_LEVEL: "fatal" },
      ...{ COGNITO_USER_POOL_ID: "us-east-1_Local0001", COGNITO_CLIENT_ID: "client", COGNITO_PUBLIC_CLIENT: "true" },
      ...{ SESSION_KEYS: randomBytes(32).toString("base64"), PROXY_ROUTES: "/api=" + cognito.url },
    });
    if (parsing.kind === "faults") throw new ConfigError(parsing.faults);
    const server = await createServer(parsing.config);
    const headers = { host: "localhost:3000", "sec-fetch-site": "same-origin" };
    const answers = await Promise.all(["/auth/session", "/api/x"].map((url) => server.app.inject({ url, headers })));
    await server.close();
    await cognito.close();
    const options = { publicUrl: "ftp://x", cognitoUserPoolId: "", cognitoClientId: "", sessionKeys: [] };
    const refused: unknown = await createServer(options).catch((error: unknown) => error);
    const reasons = answers.map((answer) => answer.json<ProblemDocument>().reason);
    console.log(JSON.stringify([refused instanceof ConfigError, ...reasons, unasked.status, ...plans]));
  `;
    await writeFile(join(folder, "consumer.ts"), script);
    // What its types accept and refuse, as those of the sources do. One run of the compiler: most of it is the libraries' own declarations.
    await cp(join(ROOT, "test/package/public-types.ts"), join(folder, "public-types.ts"));
    const files = ["consumer.ts", "public-types.ts"];
    t.equal(await compile("consumer.json", files, { outDir: "built", exactOptionalPropertyTypes: true }), "");
    t.equal(
      (await run("node", ["--no-warnings", "built/consumer.js"], { cwd: folder })).stdout.trim(),
      '[true,"anonymous","anonymous","unknown",null]',
    );
    t.equal((await run(join(folder, "node_modules/.bin/cognito-bff"), ["--version"], { cwd: folder })).stdout.trim(), version);
    const key = (await run(join(folder, "node_modules/.bin/cognito-bff"), ["keygen"], { cwd: folder })).stdout.trim();
    t.equal(Buffer.from(key, "base64").length, 32);
  },
);

t.test(`beside an app's own fastify ${OLDEST} npm keeps one copy, and the types of both fit, the documented app's too`, async (t) => {
  t.equal((await json<{ version: string }>(join(folder, "node_modules/fastify/package.json"))).version, OLDEST);
  await t.rejects(access(join(installed, "node_modules/fastify")), { code: "ENOENT" });
  const app = `
    import fastify from "fastify";
    import { cognitoBff, type BffPluginOptions } from "cognito-bff";
    declare const options: BffPluginOptions;
    const app = fastify();
    await app.register(cognitoBff, options);
    app.get("/report", { onRequest: app.bff.requireSession }, async (request) => request.bff?.user.sub);
  `;
  await writeFile(join(folder, "app.ts"), app);
  const [, shown = ""] = /^```ts\n(.+?)^```$/ms.exec(await readFile(join(ROOT, "docs/embedding.md"), "utf8")) ?? [];
  t.match(shown, "app.register(cognitoBff");
  await writeFile(join(folder, "shown.ts"), shown);
  t.equal(await compile("tsconfig.json", ["app.ts", "shown.ts"], { noEmit: true, skipLibCheck: true }), "");
});

t.test(`on fastify ${OLDEST} the plugin does its job`, async (t) => {
  // The tests of this project, with nothing changed but where "fastify" leads.
  const oldest = pathToFileURL(join(folder, "node_modules/fastify/fastify.js")).href;
  const hooks = `export const resolve = (name, context, next) =>
    name === "fastify" ? { url: ${JSON.stringify(oldest)}, shortCircuit: true } : next(name, context);`;
  await writeFile(join(folder, "hooks.mjs"), hooks);
  await writeFile(join(folder, "register.mjs"), 'import { register } from "node:module"; register("./hooks.mjs", import.meta.url);');
  const withOldest = ["--no-warnings", "--import", pathToFileURL(join(folder, "register.mjs")).href];
  const where = await run("node", [...withOldest, "--input-type=module", "--eval", 'console.log(import.meta.resolve("fastify"))']);
  t.equal(where.stdout.trim(), oldest);
  const file = join(ROOT, "dist/test/embedding/plugin.alone.test.js");
  const result = await run("node", [...withOldest, file], { cwd: ROOT, maxBuffer: 16_000_000 }).catch((error: { stdout: string }) => error);
  t.notMatch(result.stdout, /^ *not ok/m);
  t.match(result.stdout, /^ok /m);
});

t.test("an app of another copy of Fastify is told so in one error, before anything is registered", async (t) => {
  const { default: another } = (await import(pathToFileURL(join(folder, "node_modules/fastify/fastify.js")).href)) as {
    default: () => FastifyInstance;
  };
  const app = another();
  t.teardown(() => app.close());
  // Faulty options: they are not looked at.
  const options = { publicUrl: "", cognitoUserPoolId: "", cognitoClientId: "", sessionKeys: [] };
  const error: unknown = await Promise.resolve(app.register(cognitoBff, options)).then(
    () => null,
    (reason: unknown) => reason,
  );
  t.match(error, { message: /two copies of Fastify/ });
  const { message } = error as Error;
  // What it says of itself: 5.8.0 was published as "5.7.4".
  t.match(message, `The app is one of ${app.version}`);
  t.match(message, "npm ls fastify");
  t.match(message, dependencies.fastify, "the range of package.json");
});
