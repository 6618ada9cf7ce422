import { existsSync, readFileSync } from "node:fs";
import t from "tap";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const DOCUMENT = read("docs/frontend.md");

/** As GitHub names a heading. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

/** The members of an interface in a source. */
function membersOf(path: string, name: string): string[] {
  const [, body = ""] = new RegExp(`export interface ${name}\\b[^{]*\\{\\n(.*?)^\\}`, "ms").exec(read(path)) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[?:(<]/gm)].map(([, member = ""]) => member);
}

t.test("docs/frontend.md tells of every method, option and state of the client", async (t) => {
  const members = [
    ...membersOf("src/client/session-client.ts", "SessionClient"),
    ...membersOf("src/client/session-client.ts", "SessionClientOptions"),
    ...membersOf("src/client/session-fetch.ts", "RepeatOptions"),
    ...membersOf("src/client/session-fetch.ts", "RecoverOptions"),
  ];
  t.ok(members.length > 25, members.join());
  const statuses = [...read("src/client/session-state.ts").matchAll(/readonly status: "(\w+)"/g)].map(([, status = ""]) => status);
  t.equal(new Set(statuses).size, 7);
  t.same(
    [...members, ...statuses].filter((name) => !new RegExp(`\`${name}\\b`).test(DOCUMENT)),
    [],
  );
});

t.test("it shows the recipes as they are", async (t) => {
  const shown = [...DOCUMENT.matchAll(/^\[examples\/recipes\/([\w.-]+)\][\s\S]*?^```\w+\n([\s\S]*?)^```$/gm)];
  t.equal(shown.length, 5);
  for (const [, name = "", code] of shown) t.equal(code, read(`examples/recipes/${name}`), name);
});

t.test("its links lead to files and headings that exist", async (t) => {
  const targets = [...DOCUMENT.matchAll(/\]\((?!https?:)([^)]*)\)/g)].map(([, target = ""]) => target);
  t.ok(targets.length > 15);
  for (const target of targets) {
    const [path = "", anchor] = target.split("#");
    const url = new URL(path || "frontend.md", new URL("docs/", ROOT));
    t.ok(existsSync(url), target);
    if (anchor === undefined) continue;
    const headings = [...readFileSync(url, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => anchorOf(title));
    t.ok(headings.includes(anchor), target);
  }
});
