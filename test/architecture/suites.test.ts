import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { filesOf, shareOf } from "../support/share.js";
import { parseSyntax } from "../support/syntax.js";
import { importsOf } from "./imports.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const SUITES = readdirSync(new URL("test/suites/", ROOT));

t.test("every test file runs exactly once: by itself, in one share, or with the examples", (t) => {
  const { tap } = JSON.parse(read("package.json")) as { tap: { include: string[] } };
  t.same(tap.include, ["dist/test/**/*.alone.test.js", "dist/test/suites/*.test.js"]);
  const run = [...filesOf("alone"), ...filesOf("installed"), ...SUITES.flatMap(shareOf)].sort();
  const sources = readdirSync(new URL("test/", ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts") && !path.startsWith("suites/"))
    .sort();
  t.same(run, sources);
  t.ok(run.length > 100);
  t.end();
});

/** Each file's imports, read once. */
const IMPORTS = new Map<string, readonly string[]>();
function importsIn(path: string): readonly string[] {
  const known = IMPORTS.get(path) ?? importsOf(parseSyntax(path, read(path))).found.map(({ specifier }) => specifier);
  IMPORTS.set(path, known);
  return known;
}

/** A file of the tests and all that it imports of them. */
function withImports(path: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const specifier of importsIn(path)) {
    if (!specifier.startsWith(".")) continue;
    const imported = join(dirname(path), specifier.replace(/\.js$/, ".ts"));
    if (imported.startsWith("test/")) withImports(imported, seen);
  }
  return seen;
}

const STARTERS = new Set(["node:child_process", "node:cluster", "playwright-core", "vite"]);

t.test("npm run test:quick starts neither a browser nor a process: no file of its shares imports what could", (t) => {
  const files = SUITES.filter((suite) => /^(quick|long)-/.test(suite))
    .flatMap(shareOf)
    .map((path) => `test/${path}`);
  const reached = new Set(files.flatMap((path) => [...withImports(path)]));
  t.ok(reached.size > 100);
  t.same(
    [...reached].filter((path) => importsIn(path).some((specifier) => STARTERS.has(specifier))),
    [],
  );
  t.end();
});
