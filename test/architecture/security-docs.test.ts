import { readFile } from "node:fs/promises";
import t from "tap";

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

/** Methods of tap's that can fail; `pass`, `end`, `comment` and the like cannot. */
const ASSERTION =
  /\bt\.(?:ok|notOk|equal|not|same|notSame|strictSame|strictNotSame|match|notMatch|matchOnly|has|hasStrict|notHas|rejects|throws|resolves|resolveMatch)\(|\bfc\.assert\(|\bexpect\w*\(t\b/;

/**
 * The body of the test whose title holds these words, without comments; null where none runs under it. The sources are formatted, so that a call
 * ends at the first line indented as it is that closes it.
 */
function bodyOf(source: string, title: string): string | null {
  const lines = source.split("\n");
  for (const [at, line] of lines.entries()) {
    const indent = /^(\s*)t\.test\(/.exec(line)?.[1];
    if (indent === undefined) continue;
    const end = lines.findIndex((later, index) => index > at && new RegExp(`^${indent}[})]`).test(later));
    const call = lines.slice(at, end === -1 ? at + 1 : end).join("\n");
    const literal = /^\s*t\.test\(\s*(["'`])((?:(?!\1)[^\\]|\\[\s\S])*)\1/.exec(call);
    if (!literal?.[2]?.includes(title)) continue;
    const body = call.slice(literal[0].length);
    // A test that is passed over promises nothing.
    if (/^,\s*\{[^}]*\b(?:skip|todo)\b/.test(body)) return null;
    return body.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/(^|\s)\/\/[^\n]*/g, "$1");
  }
  return null;
}

const proves = (source: string, title: string): boolean => ASSERTION.test(bodyOf(source, title) ?? "");

t.test("a test proves something while it asserts: not renamed, emptied, commented out or passed over", (t) => {
  const test = (body: string, more = "") =>
    `t.test("fail open: it stops"${more}, async (t) => {\n${body}\n});\nt.test("another", (t) => {\n  t.ok(true);\n});\n`;
  t.ok(proves(test("  t.equal(1, 1);"), "fail open"));
  t.ok(proves('t.test(\n  "fail open: it stops",\n  async (t) => {\n    await t.rejects(start());\n  },\n);\n', "fail open"));
  t.notOk(proves(test("  t.equal(1, 1);"), "fails open"), "renamed");
  t.notOk(proves(test(""), "fail open"), "emptied");
  t.notOk(proves('t.test("fail open", async () => {});\nt.ok(true);\n', "fail open"), "emptied, on one line");
  t.notOk(proves(test('  const server = await start(t);\n  t.pass("fine");'), "fail open"), "nothing that can fail");
  t.notOk(proves(test("  // t.equal(1, 1);\n  /* t.ok(true); */"), "fail open"), "commented out");
  t.notOk(proves(test("  t.equal(1, 1);", ", { skip: true }"), "fail open"), "passed over");
  t.notOk(proves(test("  t.equal(1, 1);").replace("t.test", "// t.test"), "fail open"), "the whole of it commented out");
  t.end();
});

t.test("every class of attack has a test that bears its name, and docs/security.md says where", async (t) => {
  const text = await readFile(new URL("docs/security.md", ROOT), "utf8");
  const rows = [...text.matchAll(/^\| ([^|]+) \| [^|]+ \| \[`[^`]+`\]\(\.\.\/([^)]+)\) `(.+)` \|$/gm)];
  t.ok(rows.length >= CLASSES.length);
  for (const [, name = "", path = "", title = ""] of rows) {
    const source = await readFile(new URL(path, ROOT), "utf8");
    t.ok(proves(source, title), `${name}: ${path} has "${title}", and it asserts something`);
  }
  for (const name of CLASSES) {
    const row = rows.find(([, named = ""]) => named.includes(name));
    t.ok(row?.[3]?.includes(name), `${name} has a test named after it`);
  }
});
