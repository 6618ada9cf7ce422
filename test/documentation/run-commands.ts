/*
 * npm run test:docs: runs the shell blocks of README and docs that are marked `run`, page by page, as they stand, as a newcomer would: in the folder
 * of an app of their own, beside a copy of this repository. Nothing is changed in a block but the ports it names, which become free ones.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Shell } from "./shell.js";
import { allShellBlocks, countText, ROOT, type ShellBlock } from "./shell-blocks.js";

const run = promisify(execFile);
const only = process.argv.slice(2);
if (only.some((word) => word.startsWith("-"))) {
  console.error(
    "usage: npm run test:docs -- [PAGE …]\n\nRuns the shell blocks that are marked `run`: of all pages, or of README.md and these.",
  );
  process.exit(2);
}

/** Copies what is under version control, and what is about to be: a clone as a newcomer has it after `npm ci`, which .ci/run begins with. */
async function copyOfRepository(to: string): Promise<void> {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    maxBuffer: 16_000_000,
  });
  for (const path of stdout.split("\0").filter((path) => path !== "")) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await cp(join(ROOT, path), join(to, path)).catch((error: NodeJS.ErrnoException) => {
      // Deleted, and not yet committed.
      if (error.code !== "ENOENT") throw error;
    });
  }
  await symlink(join(ROOT, "node_modules"), join(to, "node_modules"));
  // Building from nothing is what packing does.
  await cp(join(ROOT, "dist"), join(to, "dist"), { recursive: true, preserveTimestamps: true });
}

/** An app as `npm create vite` makes one, at its smallest. */
async function newcomersApp(folder: string): Promise<void> {
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { devDependencies: { vite: string } };
  await mkdir(folder, { recursive: true });
  const manifest = { name: "app", private: true, type: "module", devDependencies: { vite: devDependencies.vite } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><title>An app</title><script type="module">document.body.append("Hello");</script>\n`,
  );
}

/** README.md makes what the other pages have. */
const pages = new Map<string, ShellBlock[]>();
for (const block of allShellBlocks()) {
  if (block.marked.kind !== "run" || (only.length > 0 && block.page !== "README.md" && !only.includes(block.page))) continue;
  pages.set(block.page, [...(pages.get(block.page) ?? []), block]);
}

const started = performance.now();
const folder = await mkdtemp(join(tmpdir(), "cognito-bff-docs-"));
let passed = 0;
let failed = 0;

async function runPage(page: string, blocks: readonly ShellBlock[]): Promise<void> {
  const shell = await Shell.open(folder);
  try {
    for (const block of blocks) {
      const beginMs = performance.now();
      const fault = await shell.run(block);
      console.log(`${fault === null ? "ok" : "not ok"} ${page}:${block.line} (${((performance.now() - beginMs) / 1000).toFixed(0)} s)`);
      if (fault === null) {
        passed++;
        continue;
      }
      failed++;
      console.log(`\n${block.text.replace(/^/gm, "    ")}\n\n${fault.replace(/^/gm, "  ")}\n`);
      // What follows on the page builds on it.
      return;
    }
  } finally {
    await shell.close();
  }
}

try {
  await copyOfRepository(join(folder, "cognito-bff"));
  await newcomersApp(join(folder, "app"));
  for (const [page, blocks] of pages) await runPage(page, blocks);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
console.log(`\n${countText(allShellBlocks())}`);
console.log(`\n${passed} passed, ${failed} failed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
process.exitCode = failed === 0 ? 0 : 1;
