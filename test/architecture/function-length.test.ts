import { readdirSync, readFileSync } from "node:fs";
import t from "tap";

const SRC = new URL("../../../src/", import.meta.url);
const LONGEST = 80;
/** The line above a longer function says why it is one. */
const REASON = /^\s*(?:\/\/|\*) Long: \S/;

/** The formatter puts a function's closing brace under the first character of its first line, so lines tell as much as a parser would. */
const BEGINNING =
  /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\b|(?:const|let) \w+.*=>\s*\{$|(?:async )?[\w#]+\(.*\)(?:: [^=]+)? \{$|.*=> \{$)/;
const STATEMENT = /^\s*(?:if|for|while|switch|return|else|catch)\b/;
/** What closes a parameter list, and not the function. */
const PARAMETERS_END = /^\s*\}(?:\s*[),:,{])?.*=>|^\s*\}: /;

interface Long {
  readonly line: number;
  readonly lines: number;
}

function longFunctions(text: string): Long[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index): Long[] => {
    const indent = BEGINNING.exec(line)?.[1];
    if (indent === undefined || STATEMENT.test(line)) return [];
    const length = lines.slice(index + 1).findIndex((later) => later.startsWith(`${indent}}`) && !PARAMETERS_END.test(later)) + 2;
    if (length <= LONGEST) return [];
    return lines.slice(Math.max(0, index - 2), index).some((above) => REASON.test(above)) ? [] : [{ line: index + 1, lines: length }];
  });
}

t.test("no function is longer than 80 lines without a reason beside it", (t) => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  t.ok(files.length > 100);
  const found = files.flatMap((path) =>
    longFunctions(readFileSync(new URL(path, SRC), "utf8")).map(({ line, lines }) => `${path}:${line}: ${lines} lines`),
  );
  t.same(found, []);
  t.end();
});

t.test("the looking works", (t) => {
  const body = "  work();\n".repeat(LONGEST);
  t.same(longFunctions(`function long(): void {\n${body}}\n`), [{ line: 1, lines: LONGEST + 2 }]);
  t.same(longFunctions(`export function long({\n  a,\n}: A): void {\n${body}}\n`), [{ line: 1, lines: LONGEST + 4 }]);
  t.same(longFunctions(`// Long: a table in the form of code.\nfunction long(): void {\n${body}}\n`), []);
  t.same(longFunctions(`function short(): void {\n  work();\n}\n${body}`), []);
  t.end();
});
