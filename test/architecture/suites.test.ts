import { readdirSync, readFileSync } from "node:fs";
import t from "tap";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

t.test("every test file runs exactly once: by itself, or in one suite", (t) => {
  const files = readdirSync(new URL("test/", ROOT), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".test.ts"));
  const { tap } = JSON.parse(read("package.json")) as { tap: { include: string[] } };
  const included = tap.include.map((pattern) => new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`));
  const imported = files
    .filter((path) => path.startsWith("suites/"))
    .flatMap((path) => [...read(`test/${path}`).matchAll(/^import "\.\.\/(.+)\.js";$/gm)].map(([, name]) => `${name}.ts`));
  const runs = files.map((path) => {
    const compiled = `dist/test/${path.replace(/\.ts$/, ".js")}`;
    return { path, times: included.filter((pattern) => pattern.test(compiled)).length + imported.filter((name) => name === path).length };
  });
  t.same(
    runs.filter(({ times }) => times !== 1),
    [],
  );
  t.ok(runs.length > 100);
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

t.test("npm run test:quick starts neither a browser nor a process: no file of a suite imports what could", (t) => {
  const suites = readdirSync(new URL("test/suites/", ROOT)).map((name) => `test/suites/${name}`);
  const reached = suites.flatMap((suite) => [...withImports(suite)]);
  t.ok(new Set(reached).size > 100);
  t.same(
    reached.filter((path) => /from "(?:node:child_process|node:cluster|playwright-core|vite)"/.test(read(path))),
    [],
  );
  t.end();
});
