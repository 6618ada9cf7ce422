import { execFile } from "node:child_process";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t, { type Test } from "tap";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

interface Component {
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly dev?: boolean;
}

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "supply-chain-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

t.test("the image's bill of materials lists every production package with its hash, and no other", async (t) => {
  const dockerfile = await readFile(join(ROOT, "Dockerfile"), "utf8");
  const [, options = ""] = /npm pkg delete devDependencies \\\n && npm sbom (.+) > sbom\.cdx\.json$/m.exec(dockerfile) ?? [];
  t.match(dockerfile, /^COPY --from=build \/production\/cognito-bff\/sbom\.cdx\.json \.\/$/m);

  // As the build stage has it: nothing that only development needs.
  const folder = await temporaryFolder(t);
  const { devDependencies: _, ...manifest } = await json(join(ROOT, "package.json"));
  const lockfile = (await json(join(ROOT, "package-lock.json"))) as { packages: Record<string, LockedPackage> };
  const packages = Object.fromEntries(Object.entries(lockfile.packages).filter(([path, { dev }]) => path !== "" && dev !== true));
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ ...lockfile, packages: { "": manifest, ...packages } }));
  const { stdout } = await run("npm", ["sbom", "--package-lock-only", ...options.split(" ")], { cwd: folder, maxBuffer: 16_000_000 });
  const bill = JSON.parse(stdout) as { bomFormat: string; components: readonly Component[] };
  t.equal(bill.bomFormat, "CycloneDX");

  const described = ({ name, version, hashes }: Component) => `${name}@${version} ${hashes?.[0]?.alg} ${hashes?.[0]?.content}`;
  const production = Object.entries(packages).map(([path, { version, integrity = "" }]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return `${name}@${version} SHA-512 ${Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex")}`;
  });
  t.ok(production.length > 50);
  t.same([...new Set(bill.components.map(described))].sort(), [...new Set(production)].sort());
});

/** `.ci/signatures` with an npm that answers like this. */
async function signatures(t: Test, npm: { says: string; exit: number }, ...options: string[]) {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "npm"), `#!/bin/sh\ncat <<'.'\n${npm.says}\n.\nexit ${npm.exit}\n`);
  await chmod(join(folder, "npm"), 0o755);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  return run(join(ROOT, ".ci/signatures"), options, { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
}

t.test("signatures: a wrong or missing one fails, and what could not be checked is said to be so", async (t) => {
  const good = await signatures(t, { says: "audited 400 packages in 3s\n400 packages have verified registry signatures", exit: 0 });
  t.equal(good.code, 0);
  t.notMatch(good.stdout, /NOT checked/);
  for (const kind of ["an invalid registry signature", "a missing registry signature", "an invalid attestation"]) {
    t.equal((await signatures(t, { says: `1 package has ${kind}:`, exit: 1 })).code, 1, kind);
  }
  const offline = { says: "npm error code ENOTFOUND\nnpm error syscall getaddrinfo", exit: 1 };
  const unknown = await signatures(t, offline);
  t.equal(unknown.code, 0);
  t.match(unknown.stdout, /Signatures were NOT checked/);
  t.equal((await signatures(t, offline, "--required")).code, 1);
  t.equal((await signatures(t, { says: "npm error something else", exit: 7 })).code, 7, "no fault is taken for a missing network");
});

t.test("npm ci warns of nothing, on an older Node.js neither: what to do about that is said by the first command", async (t) => {
  const folder = await temporaryFolder(t);
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) await copyFile(join(ROOT, file), join(folder, file));
  const { stdout, stderr } = await run("npm", ["ci", "--dry-run", "--offline", "--no-audit", "--no-fund"], { cwd: folder });
  t.match(stdout, /^\s*added \d+ packages/m);
  t.equal(stderr, "");
});
