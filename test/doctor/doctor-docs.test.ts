import { readFileSync } from "node:fs";
import t from "tap";
import { CHECKS } from "../../src/doctor/checks/checks.js";
import { withChecks } from "../../src/doctor/examination/doctor-docs.js";
import { type DoctorMode, PERMISSIONS } from "../../src/doctor/iam.js";

const page = readFileSync(new URL("../../../docs/doctor.md", import.meta.url), "utf8");

t.test("docs/doctor.md tells every check as its table says it: `npm run docs` when it does not", (t) => {
  t.equal(withChecks(page), page);
  for (const { id } of CHECKS) t.equal(page.split(`\n#### \`${id}\`\n`).length, 2, id);
  t.end();
});

t.test("what people wrote around the checks stays, and a page without their place is refused", (t) => {
  const around = page.replace(/(made by `npm run docs`[^\n]*\n)[\s\S]*(?=<!-- End)/, "$1");
  t.not(around, page);
  t.equal(withChecks(around), page);
  t.throws(() => withChecks("# The doctor"), /lacks the lines between which the checks stand/);
  t.end();
});

t.test("the table of permissions names every action of every mode, and no other", (t) => {
  const [, section = ""] = page.split("\n## Permissions\n");
  const table = section.split("\n## ")[0] ?? "";
  const row = (mode: string) => table.split("\n").find((line) => line.startsWith("|") && line.includes(mode)) ?? "";
  const rows: readonly (readonly [DoctorMode, string])[] = [
    ["doctor", "| `doctor` |"],
    ["all", "`doctor --all`"],
    ["fix", "`doctor fix`"],
    ["undo", "`doctor undo`"],
    ["backup", "`doctor backup`"],
  ];
  t.same(rows.map(([mode]) => mode).sort(), Object.keys(PERMISSIONS).sort());
  for (const [mode, begins] of rows) {
    const named = row(begins).match(/\b(?:Describe|Get|List|Update)\w+/g) ?? [];
    t.same([...new Set(named)].sort(), [...PERMISSIONS[mode].onPool, ...PERMISSIONS[mode].onAll].sort(), mode);
  }
  t.end();
});
