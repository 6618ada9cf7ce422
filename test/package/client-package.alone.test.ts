import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { compilerSays } from "../support/compiler.js";
import { assembleClientPackage } from "./client-package.js";
import { faultsOf, install, lostSources, pack } from "./tarball.js";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

interface Manifest {
  readonly version: string;
  readonly exports: object;
}

const json = async (path: string) => JSON.parse(await readFile(path, "utf8")) as Manifest;

const folder = await mkdtemp(join(tmpdir(), "cognito-bff-client-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));
assembleClientPackage(join(folder, "package"));
const tarball = await pack(join(folder, "package"), folder);
const app = join(folder, "app");
await mkdir(app);
await writeFile(join(app, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
await install(app, tarball.file);
const installed = join(app, "node_modules/cognito-bff-client");

/** What a script says in the app's folder, in a plain Node.js. */
async function said(script: string): Promise<string> {
  const { stdout } = await run("node", ["--no-warnings", "--input-type=module", "--eval", script], { cwd: app });
  return stdout.trim();
}

t.test("nothing comes with it, and nothing of the server is in it", async (t) => {
  const packages = (await readdir(join(app, "node_modules"))).filter((name) => !name.startsWith("."));
  t.same(packages, ["cognito-bff-client"]);
  const manifest = await json(join(installed, "package.json"));
  t.notOk("dependencies" in manifest || "devDependencies" in manifest || "scripts" in manifest);
  const folders = await readdir(join(installed, "dist/src"));
  t.same(
    folders.filter((name) => !["client", "element", "react", "svelte", "vue", "wire"].includes(name)),
    [],
  );
  for (const path of ["LICENSE", "README.md"]) t.ok(tarball.paths.has(path), path);
});

t.test("it is of the same version as the server's package, and has all that this one has for browsers", async (t) => {
  const [whole, own] = [await json(join(ROOT, "package.json")), await json(join(installed, "package.json"))];
  t.equal(own.version, whole.version);
  const ofServers = [".", "./local-cognito"];
  const expected = Object.entries(whole.exports).filter(([name]) => !ofServers.includes(name));
  t.same(
    Object.entries(own.exports),
    expected.map(([name, target]) => [name === "./client" ? "." : name, target]),
  );
});

t.test("every source map in it leads to sources in it", async (t) => {
  const scripts = [...tarball.paths].filter((path) => path.endsWith(".js"));
  t.ok(scripts.length > 10);
  t.same(await lostSources(installed, scripts, tarball.paths), []);
});

t.test("publint and Are the types wrong? find nothing in it", async (t) => {
  t.same(await faultsOf(tarball), []);
});

t.test("a plain Node.js, which has no window, imports it, and nobody is asked", async (t) => {
  const script = `
    import { createSessionClient, isSignedIn } from "cognito-bff-client";
    import { sessionStore } from "cognito-bff-client/svelte";
    const client = createSessionClient();
    let told;
    sessionStore(client).subscribe((state) => { told = state; });
    console.log(typeof window, client.session().status, isSignedIn(told), (await client.check()).status);
    client.dispose();
  `;
  t.equal(await said(script), "undefined unknown false unknown");
});

t.test(
  "beside React and Vue of the app its parts for them are imported there as well, and strict TypeScript takes all of it",
  async (t) => {
    await mkdir(join(app, "node_modules/@types"));
    for (const name of ["react", "vue", "svelte", "@types/react"])
      await symlink(join(ROOT, "node_modules", name), join(app, "node_modules", name));
    const script = `
    const [react, vue] = await Promise.all(["react", "vue"].map((name) => import("cognito-bff-client/" + name)));
    console.log(Object.keys(react).join(), Object.keys(vue).join());
  `;
    t.equal(await said(script), "RequireSession,SessionProvider,useSession createSession,useSession");

    const [, shown = ""] = /^```ts\n(.+?)^```$/ms.exec(await readFile(join(installed, "README.md"), "utf8")) ?? [];
    t.match(shown, "createSessionClient");
    await writeFile(join(app, "shown.ts"), shown);
    const consumer = `
    import { RequireSession, SessionProvider, useSession } from "cognito-bff-client/react";
    import { sessionStore } from "cognito-bff-client/svelte";
    import { createSession, useSession as useSessionOfVue } from "cognito-bff-client/vue";
    import { createElement, type ReactNode } from "react";
    import { get } from "svelte/store";
    import { createApp } from "vue";
    import { session } from "./shown.js";

    interface Plan { readonly "custom:plan": "free" | "paid" }

    export function Status(): ReactNode {
      const { state, login } = useSession<Plan>();
      if (state.status === "expired") return createElement("button", { onClick: () => login({ mode: "popup" }) });
      // @ts-expect-error nobody may be signed in
      state.session.user;
      return "session" in state ? state.session.user.claims["custom:plan"] : null;
    }
    export const page = createElement(SessionProvider, { client: session }, createElement(RequireSession, { fallback: "?" }, createElement(Status)));
    // @ts-expect-error a client has its options already, and these are no client's
    createElement(SessionProvider, { options: { replays: true } });
    createApp({ setup: () => useSessionOfVue<Plan>().state.value.status }).use(createSession({ client: session, idleWarningMs: 90_000 }));
    export const status: string = get(sessionStore(session)).status;
  `;
    await writeFile(join(app, "consumer.ts"), consumer);
    const options = {
      module: "nodenext",
      target: "es2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: [],
    };
    await writeFile(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["shown.ts", "consumer.ts"] }));
    t.equal(await compilerSays(join(app, "tsconfig.json")), "");
  },
);
