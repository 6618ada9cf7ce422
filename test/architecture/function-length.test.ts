import t from "tap";
import { parseSyntax } from "../support/syntax.js";
import { LONGEST, longFunctions } from "./function-length.js";
import { sourceFiles } from "./source-files.js";

t.test("no function is longer than 80 lines without a reason beside it", (t) => {
  t.ok(sourceFiles.length > 100);
  const found = sourceFiles.flatMap(({ path, syntax }) =>
    longFunctions(syntax).map(({ line, lines }) => `${path}:${line}: ${lines} lines`),
  );
  t.same(found, []);
  t.end();
});

const BODY = "    work();\n".repeat(LONGEST);
const MEMBERS = "      a: 1,\n".repeat(LONGEST);
const longIn = (code: string) => longFunctions(parseSyntax("x.ts", code));

/** A function of each kind, from its first line. */
const FUNCTIONS: readonly string[] = [
  `function long(): void {\n${BODY}}`,
  `export async function long() {\n${BODY}}`,
  `export default function () {\n${BODY}}`,
  `function* long() {\n${BODY}}`,
  `function long<T>(a: T): T {\n${BODY}}`,
  `export function long({\n  a,\n}: A): void {\n${BODY}}`,
  `function long(\n  a: string,\n  b: string,\n): Promise<{ readonly a: string }> {\n${BODY}}`,
  `const long = function () {\n${BODY}};`,
  `const long = () => {\n${BODY}};`,
  `const long = () => ({\n${MEMBERS}});`,
  `const long = async (\n  a: string,\n) => {\n${BODY}};`,
  `on("x", () => {\n${BODY}});`,
  `on("x", async function () {\n${BODY}});`,
];
/** The same for what stands in a class. */
const METHODS: readonly string[] = [
  `long() {\n${BODY}}`,
  `constructor() {\n${BODY}}`,
  `get long() {\n${BODY}}`,
  `set long(value) {\n${BODY}}`,
  `static long() {\n${BODY}}`,
  `private long() {\n${BODY}}`,
  `protected override async long() {\n${BODY}}`,
  `#long() {\n${BODY}}`,
  `*long() {\n${BODY}}`,
  `async *long() {\n${BODY}}`,
  `[Symbol.iterator]() {\n${BODY}}`,
  `async [Symbol.asyncDispose](): Promise<void> {\n${BODY}}`,
  `long<T>(a: T) {\n${BODY}}`,
  `long(\n  a: string,\n  b: string,\n) {\n${BODY}}`,
  `static {\n${BODY}}`,
  `readonly long = () => {\n${BODY}};`,
  `static long = function () {\n${BODY}};`,
];

t.test("a function of whatever kind that is too long is found", (t) => {
  for (const code of FUNCTIONS) t.match(longIn(`before();\n${code}\n`), [{ line: 2 }], code.slice(0, 60));
  for (const code of METHODS) t.match(longIn(`class A {\n${code}\n}\n`), [{ line: 2 }], code.slice(0, 60));
  for (const code of METHODS.filter((code) => /^(?!constructor)(?:async |[gs]et )?\*?[[l]/.test(code)))
    t.match(longIn(`const a = {\n${code},\n};\n`), [{ line: 2 }], `of an object: ${code.slice(0, 60)}`);
  t.same(longIn(`function long(): void {\n${BODY}}\n`), [{ line: 1, lines: LONGEST + 2 }]);
  t.same(longIn(`function outer() {\n  const long = () => {\n${BODY}  };\n}\n`).length, 2, "one in another, and the other");
  t.end();
});

t.test("a reason counts for the function that it stands above", (t) => {
  const reason = "// Long: a table in the form of code.";
  for (const code of FUNCTIONS) t.same(longIn(`before();\n${reason}\n${code}\n`), [], code.slice(0, 60));
  for (const code of METHODS) t.same(longIn(`class A {\n  ${reason}\n${code}\n}\n`), [], code.slice(0, 60));
  t.same(longIn(`/**\n * What it does.\n * Long: a table.\n */\nfunction long() {\n${BODY}}\n`), []);
  t.same(longIn(`${reason}\n// It goes on.\nfunction long() {\n${BODY}}\n`), []);
  t.same(longIn(`${reason}\nexport const long =\n  () =>\n  () => {\n${BODY}};\n`), []);
  t.same(longIn(`on(\n  "x",\n  ${reason}\n  () => {\n${BODY}},\n);\n`), []);
  t.end();
});

t.test("a reason of something else's, or one that says nothing, does not count", (t) => {
  const long = `function long() {\n${BODY}}\n`;
  for (const before of [
    "// Long: for the one below.\nfunction short() {}\n",
    "// Long: for the one below.\nconst short = 1;\n",
    "function short() {\n  // Long: inside another.\n}\n",
    "work(); // Long: behind something.\n",
    "// Long: too far above.\n\n",
    "// Long:\n",
    '"// Long: of a text";\n',
    "// How Long: this is.\n",
  ])
    t.equal(longIn(before + long).length, 1, before);
  t.equal(longIn(`function long() {\n  // Long: inside itself.\n${BODY}}\n`).length, 1);
  t.end();
});

t.test("what is long without being a function, or short beside much, is none", (t) => {
  t.same(longIn(`function short(): void {\n  work();\n}\n${BODY}`), []);
  t.same(longIn(`const a = {\n${MEMBERS}};\n`), []);
  t.same(longIn(`class A {\n${"  a() {}\n".repeat(LONGEST)}}\n`), []);
  t.same(longIn(`const text = \`function a() {\n${BODY}}\`;\n`), []);
  t.end();
});
