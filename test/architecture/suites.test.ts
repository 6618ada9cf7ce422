import { readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { filesOf, shareOf } from "../support/share.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const SUITES = readdirSync(new URL("test/suites/", ROOT));

t.test("every test file runs exactly once: by itself, or in one share", (t) => {
  const { tap } = JSON.parse(read("package.json")) as { tap: { include: string[] } };
  t.same(tap.include, ["dist/test/*/*.alone.test.js", "dist/test/suites/*.test.js"]);
  const run = [...filesOf("alone"), ...SUITES.flatMap(shareOf)].sort();
  const sources = readdirSync(new URL("test/", ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts") && !path.startsWith("suites/"))
    .sort();
  t.same(run, sources);
  t.ok(run.length > 100);
  t.end();
});

/** A file of the tests and all that it imports of them. */
function withImports(path: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, target = ""] of read(path).matchAll(/^(?:import|.* from) "(\.[^"]+)\.js"/gm)) {
    const imported = new URL(`${target}.ts`, new URL(path, ROOT)).href.slice(ROOT.href.length);
    if (imported.startsWith("test/")) withImports(imported, seen);
  }
  return seen;
}

t.test("npm run test:quick starts neither a browser nor a process: no file of a share imports what could", (t) => {
  const files = SUITES.flatMap(shareOf).map((path) => `test/${path}`);
  const reached = files.flatMap((path) => [...withImports(path)]);
  t.ok(new Set(reached).size > 100);
  t.same(
    reached.filter((path) => /from "(?:node:child_process|node:cluster|playwright-core|vite)"/.test(read(path))),
    [],
  );
  t.end();
});
