import { readFileSync } from "node:fs";
import t from "tap";
import { wanted } from "../../src/rehearse/local/judgement.js";
import { painter, reportHead } from "../../src/rehearse/local/report.js";
import { SCENARIOS } from "../../src/rehearse/scenarios/table.js";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const PAGE = read("docs/rehearse.md");

t.test("docs/rehearse.md has every scenario, and no other", async (t) => {
  const rows = SCENARIOS.map(({ name, title, expected }) => {
    const cookie = expected.kind === "problem" ? expected.cookie : "kept";
    return `| \`${name}\` | ${title} | ${wanted(expected)} | ${cookie} |`;
  });
  t.same(PAGE.match(/^\| `[a-z].*\| (?:kept|cleared) \|$/gm), rows);
});

t.test("docs/rehearse.md says what is replaced, word for word", async (t) => {
  const [head = ""] = reportHead("https://app.example.com", painter(false)).split("\n\n");
  t.ok(PAGE.includes(head), head);
});

t.test("docs/rehearse.md names every option", async (t) => {
  const [, command = ""] = /\.command\("rehearse"\)([\s\S]*?)\.action\(/.exec(read("src/commands/rehearse-command.ts")) ?? [];
  const options = [...command.matchAll(/\.option\(\s*"(--[\w-]+)/g)].map(([, name = ""]) => name);
  t.ok(options.length > 10);
  for (const option of options) t.match(PAGE, `\`${option}`, option);
});
