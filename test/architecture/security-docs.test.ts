import { readFile } from "node:fs/promises";
import t from "tap";
import { parseSyntax } from "../support/syntax.js";
import { proves } from "./proof.js";

const ROOT = new URL("../../../", import.meta.url);

/** The classes of attack that have been somebody's advisory; each needs a test that bears its name. */
const CLASSES = [
  "open redirect",
  "parameter injection through the return path",
  "callback XSS",
  "session fixation",
  "login CSRF, static state",
  "cookie reuse after expiry",
  "key use",
  "underscore headers",
  "hop-by-hop stripping",
  "X-Forwarded-* trust",
  "public-path bypass",
  "path normalisation",
  "cached Set-Cookie",
  "cross-user mix-up",
  "fail open",
  "malformed input crash",
  "chunk edges",
  "unchecked refreshed ID token",
  "non-atomic rotation",
  "deletion attributes mismatch",
  "tokens in logs",
];

t.test("a test proves something while it runs and asserts what the code does", (t) => {
  const inTitle = (code: string, title = "fail open") => proves(parseSyntax("x.test.ts", code), title);
  const test = (body: string, more = "") =>
    `t.test("fail open: it stops"${more}, async (t) => {\n${body}\n});\nt.test("another", (t) => t.ok(x));\n`;
  for (const body of [
    "t.equal(answer.status, 403);",
    "await t.rejects(start());",
    "for (const row of rows) t.equal(await refused(row), true, row.name);",
    "await t.test(row.name, async (t) => t.ok(await refused(row)));",
    "rows.forEach((row) => { t.notOk(row); });",
    "if (!answer) return;\nt.ok(answer);",
    "const check = (row) => t.ok(row);\nfor (const row of rows) check(row);",
    "await refuse();\nasync function refuse() { t.match(await answer(), /no/); }",
    "return t.rejects(start());",
    "fc.assert(fc.property(texts, (text) => parse(text) !== null));",
    "expectProblem(t, answer);",
    "t.same(faults, []);",
  ])
    t.ok(inTitle(test(body)), body);
  t.ok(
    inTitle(
      't.test(\n  "fail open: it stops",\n  { timeout: 5_000, skip: false },\n  async (t) => {\n    await t.rejects(start());\n  },\n);\n',
    ),
  );
  t.ok(inTitle("for (const a of all) t.test(`fail open: ${" + "a}`, (t) => t.ok(f(a)));", "fail open: ${" + "a}"));
  for (const body of [
    "",
    't.pass("fine");\nawait start(t);',
    "// t.equal(answer.status, 403);\n/* t.ok(answer); */",
    "return;\nt.ok(answer);",
    "{ return; }\nt.ok(answer);",
    "if (true) return;\nt.ok(answer);",
    "throw new Error();\nt.ok(answer);",
    "if (false) t.ok(answer);",
    "if (!true) { t.ok(answer); }",
    "false && t.ok(answer);",
    "true ? f() : t.ok(answer);",
    "while (0) t.ok(answer);",
    "t.ok(true);",
    't.ok("answer", answer);',
    "t.ok(!0);",
    "t.equal(1, 1);",
    "t.equal(1 + 1, 2);",
    "t.same({ a: [1] }, { a: [1] });",
    "t.equal(answer, answer);",
    "t.equal(answer);",
    "t.ok();",
    'const text = "t.ok(answer)";',
    "const text = `t.ok(answer)`;",
    "const check = () => t.ok(answer);",
    "function check() { t.ok(answer); }",
    "function check() { t.ok(answer); check(); }",
    "other.ok(answer);",
    't.test("part", { skip: true }, (t) => t.ok(answer));',
    't.skip("part", (t) => t.ok(answer));',
  ])
    t.notOk(inTitle(test(body)), body);
  for (const options of [
    "{ skip: true }",
    '{ skip: "not now" }',
    "{ skip: noRedis }",
    "{ skip }",
    '{ "todo": true }',
    "{ ...options }",
    "options",
  ])
    t.notOk(inTitle(test("t.ok(answer);", `, ${options}`)), options);
  t.notOk(inTitle(test("t.ok(answer);"), "fails open"), "renamed");
  for (const instead of ["t.skip", "t.todo", "// t.test", "if (false) t.test", "false && t.test"])
    t.notOk(
      inTitle(
        test("t.ok(answer);")
          .replace("t.test", instead)
          .replace(/^(\/\/.*)\n.*\n\}\);/, "$1"),
      ),
      instead,
    );
  t.end();
});

t.test("every class of attack has a test that bears its name, and docs/security.md says where", async (t) => {
  const text = await readFile(new URL("docs/security.md", ROOT), "utf8");
  const rows = [...text.matchAll(/^\| ([^|]+) \| [^|]+ \| \[`[^`]+`\]\(\.\.\/([^)]+)\) `(.+)` \|$/gm)];
  t.ok(rows.length >= CLASSES.length);
  for (const [, name = "", path = "", title = ""] of rows) {
    const source = await readFile(new URL(path, ROOT), "utf8");
    t.ok(proves(parseSyntax(path, source), title), `${name}: ${path} has "${title}", and it asserts something`);
  }
  for (const name of CLASSES) {
    const row = rows.find(([, named = ""]) => named.includes(name));
    t.ok(row?.[3]?.includes(name), `${name} has a test named after it`);
  }
});

t.test("each limit in the table of docs/security.md is what stands in the file beside it", async (t) => {
  const [, table = ""] = (await readFile(new URL("docs/security.md", ROOT), "utf8")).split(/^## Limits$/m);
  const rows = (table.split(/^##/m, 1)[0] ?? "").split("\n").filter((line) => /^\| [^-W]/.test(line) || line.startsWith("| wrong"));
  t.ok(rows.length > 20);
  let held = 0;
  for (const row of rows) {
    const cells = row.split(" | ");
    t.equal(cells.length, 4, row);
    const [, path = "", code = ""] = /\]\(\.\.\/(src\/[^)]+)\)(?: `([^`]+)`)?/.exec(cells[3] ?? "") ?? [];
    if (path === "") continue;
    const source = await readFile(new URL(path, ROOT), "utf8");
    t.ok(source.includes(code), `${path}: ${code}`);
    if (code !== "") held++;
  }
  t.ok(held > 15);
});
