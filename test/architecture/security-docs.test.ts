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

t.test("every class of attack has a test that bears its name, and docs/security.md says where", async (t) => {
  const text = await readFile(new URL("docs/security.md", ROOT), "utf8");
  const rows = [...text.matchAll(/^\| ([^|]+) \| [^|]+ \| \[`[^`]+`\]\(\.\.\/([^)]+)\) `(.+)` \|$/gm)];
  t.ok(rows.length >= CLASSES.length);
  for (const [, name = "", path = "", title = ""] of rows) {
    const source = await readFile(new URL(path, ROOT), "utf8");
    t.ok(source.includes(title), `${name}: ${path} has "${title}"`);
  }
  for (const name of CLASSES) {
    const row = rows.find(([, named = ""]) => named.includes(name));
    t.ok(row?.[3]?.includes(name), `${name} has a test named after it`);
  }
});
