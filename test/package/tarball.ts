import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const TOOLS = fileURLToPath(new URL("../../../node_modules/.bin/", import.meta.url));
/** Nothing that a package brings runs while it is packed or installed, nor is anything built anew under the tests' feet. */
const ENV = { ...process.env, npm_config_ignore_scripts: "true" };

/** A package as it is published. */
export interface Tarball {
  readonly file: string;
  /** What it holds, by its path in the package. */
  readonly paths: ReadonlySet<string>;
}

/** Packs the package of a folder into another folder. */
export async function pack(source: string, folder: string): Promise<Tarball> {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: source, env: ENV, maxBuffer: 16_000_000 });
  const parsed = JSON.parse(stdout) as unknown;
  const [{ filename, files }] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as [
    { filename: string; files: { path: string }[] },
  ];
  return { file: join(folder, filename), paths: new Set(files.map(({ path }) => path)) };
}

export async function install(folder: string, ...wanted: readonly string[]): Promise<void> {
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...wanted], { cwd: folder, env: ENV });
}

/** What scripts name as their maps, and maps as their sources, that is not in the package. */
export async function lostSources(installed: string, scripts: readonly string[], paths: ReadonlySet<string>): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const path of scripts) {
    const [, name] = /^\/\/# sourceMappingURL=(.+)$/m.exec(await readFile(join(installed, path), "utf8")) ?? [];
    if (name === undefined) continue;
    const map = posix.join(posix.dirname(path), name);
    if (!paths.has(map)) lost.push(map);
    else {
      const { sources } = JSON.parse(await readFile(join(installed, map), "utf8")) as { sources: string[] };
      lost.push(...sources.map((source) => posix.join(posix.dirname(map), source)).filter((source) => !paths.has(source)));
    }
  }
  return lost;
}

/** What publint and Are the types wrong? have to say of a package of ES modules alone. */
export async function faultsOf({ file }: Tarball): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [tool, ...options] of [
    ["publint", "--strict"],
    ["attw", "--profile", "esm-only", "--no-emoji", "--no-color"],
  ] as const) {
    const fault = await run(join(TOOLS, tool), [...options, file], { cwd: dirname(file) }).then(
      () => null,
      (error: { stdout: string; message: string }) => `${tool}: ${error.stdout || error.message}`,
    );
    if (fault !== null) faults.push(fault);
  }
  return faults;
}
