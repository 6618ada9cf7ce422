import { readFileSync } from "node:fs";
import t from "tap";
import { PROBE_CHECKS } from "../../src/doctor/probe/probe.js";
import { withProbeChecks } from "../../src/doctor/probe/probe-docs.js";

const page = readFileSync(new URL("../../../docs/doctor.md", import.meta.url), "utf8");

t.test("docs/doctor.md tells every check of a deployment as its table says it: `npm run docs` when it does not", (t) => {
  t.equal(withProbeChecks(page), page);
  for (const { id } of PROBE_CHECKS) t.equal(page.split(`\n#### \`${id}\`\n`).length, 2, id);
  t.equal(new Set(PROBE_CHECKS.map(({ id }) => id)).size, PROBE_CHECKS.length);
  t.throws(() => withProbeChecks("# The doctor"), /lacks the lines/);
  t.end();
});
