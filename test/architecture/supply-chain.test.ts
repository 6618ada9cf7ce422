import { readdirSync, readFileSync } from "node:fs";
import t from "tap";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}

/** The text files of a folder, by their path from the project's root. */
function files(folder: string): readonly string[] {
  return readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.\w+$/.test(path) && !path.endsWith(".png"))
    .map((path) => `${folder}/${path}`);
}

/** The examples with packages of their own. */
const EXAMPLES = ["examples/react/", "examples/vue/", "examples/svelte/"];
/** Of our own making, from this very repository: no hash could be known ahead of its build. */
const OURS = "file:../../dist/cognito-bff-client";

/** What a lockfile says, without the project itself. */
function lockedIn(folder: string): readonly (readonly [string, LockedPackage])[] {
  const { packages } = JSON.parse(read(`${folder}package-lock.json`)) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages)
    .filter(([path, { resolved }]) => path !== "" && !(EXAMPLES.includes(folder) && resolved === OURS))
    .map(([path, locked]) => [folder + path, locked]);
}

const locked = () => ["", ...EXAMPLES].flatMap(lockedIn);

t.test("every example with a lockfile is looked at here", async (t) => {
  const withPackages = readdirSync(new URL("examples/", ROOT), { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && readdirSync(new URL(`examples/${entry.name}/`, ROOT)).includes("package.json"),
  );
  t.same(withPackages.map(({ name }) => `examples/${name}/`).sort(), [...EXAMPLES].sort());
});

t.test("every package in the lockfiles, those of other platforms too, has the hash of what was reviewed", async (t) => {
  t.ok(locked().length > 400);
  t.same(
    locked().filter(([, { integrity, link }]) => link === true || !/^sha512-[\w+/]{86}==$/.test(integrity ?? "")),
    [],
  );
});

t.test("no package comes from anywhere but npm's public registry", async (t) => {
  t.same(
    locked().filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/")),
    [],
  );
  for (const folder of ["", ...EXAMPLES]) {
    const { dependencies, devDependencies } = JSON.parse(read(`${folder}package.json`)) as Record<string, Record<string, string>>;
    for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies }))
      if (folder === "" || range !== OURS)
        t.match(range, /^(?:[\^~]|>=)?\d+\.\d+[\d. <]*$/, `${folder}${name} is named by its version, no address and no tag`);
  }
});

t.test("what scripts fetch on the way, such as another Node.js, is named by its exact version", async (t) => {
  const scripts = [".ci/run", "Dockerfile", "package.json", "test/setup.sh", ...files("docker"), ...files("docs"), "README.md"];
  const fetched = scripts.flatMap((file) =>
    [...read(file).matchAll(/\b(?:npx|npm exec|npm install|npm i)\b([^\n&;`]*)/g)].flatMap(([, words = ""]) =>
      [...words.matchAll(/(?:^|\s)((?:@[\w-]+\/)?[\w-]+@[^\s"'`]+)/g)].map(([, name = ""]) => ({ file, name })),
    ),
  );
  t.ok(fetched.some(({ name }) => name.startsWith("node@")));
  t.same(
    fetched.filter(({ name }) => !/@\d+\.\d+\.\d+$/.test(name)),
    [],
  );
});

t.test("the image's base is one build argument, so that a release can give it with its digest", async (t) => {
  const dockerfile = read("Dockerfile");
  t.match(dockerfile, /^ARG BASE_IMAGE=node:\d+-\w+-slim\n\nFROM /m, "declared before the first stage");
  const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, from = "", name = ""]) => ({ from, name }));
  const names = stages.map(({ name }) => name);
  t.ok(stages.every(({ from }) => from === "$BASE_IMAGE" || names.includes(from)));
  t.notMatch(dockerfile, /--from=[^\s]*[:/]/, "nothing is copied out of other images");
});
