import t from "tap";
import { failuresIn, readTap } from "./tap-output.js";

const GOOD = "TAP version 14\n# Subtest: it works\n    ok 1 - yes\n    1..1\nok 1 - it works # time=1ms\n\n1..1\n# { total: 2, pass: 2 }\n";
const BAD = `TAP version 14
# Subtest: it works
    ok 1 - yes
      ---
      found: no matter
      ...
    not ok 2 - should be equal
      ---
      found: 1
      wanted: 2
      ...
    1..2
not ok 1 - it works # time=1ms
a line that somebody printed
1..1
# { total: 3, pass: 2, fail: 1 }
`;
const skipping = (reason: string) => `ok 1 - a suite # SKIP ${reason}\n1..1\n# { total: 1, skip: 1 }\n`;

t.test("what passed is counted", async (t) => {
  t.same(readTap(GOOD, 0, false), { passed: 2, failed: 0, skipped: [] });
  t.equal(failuresIn(GOOD), "");
});

t.test("what failed is counted and shown, with what was printed, and nothing of what passed", async (t) => {
  t.equal(readTap(BAD, 1, true).failed, 1);
  const shown = failuresIn(BAD);
  for (const part of ["not ok 2 - should be equal", "wanted: 2", "not ok 1 - it works", "a line that somebody printed"])
    t.match(shown, part);
  t.notMatch(shown, "no matter");
});

t.test("a process that broke, was killed or counted nothing has failed, whatever it said before", async (t) => {
  for (const [output, code] of [
    [GOOD, 1],
    [GOOD, null],
    ["ok 1 - yes\n", 0],
    ["", 0],
  ] as const)
    t.equal(readTap(output, code, true).failed, 1);
});

t.test("what is skipped fails where nothing may be, but for AWS's CLI, and is named", async (t) => {
  const chromium = skipping("none of chromium is on the PATH");
  t.same(readTap(chromium, 0, true), { passed: 0, failed: 0, skipped: ["a suite # SKIP none of chromium is on the PATH"] });
  t.equal(readTap(chromium, 0, false).failed, 1);
  t.equal(readTap(skipping("aws is not on the PATH"), 0, false).failed, 0);
});
