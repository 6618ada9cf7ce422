import t from "tap";
import { CHECKS } from "../../src/doctor/checks/checks.js";
import { FIXES } from "../../src/doctor/fix/fixes.js";

t.test("what the table of checks calls fixable is what `doctor fix ID` knows, and no more", async (t) => {
  const fixable = CHECKS.filter((check) => check.fixable).map(({ id }) => id);
  t.same(FIXES.map(({ id }) => id).sort(), fixable.sort());
  for (const { id, fix, fixable: mends } of CHECKS) t.equal(fix.includes(`doctor fix ${id}`), mends, id);
});
