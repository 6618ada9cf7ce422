import t from "tap";
import { BUDGETS, sizeOf } from "../../bench/size.js";

t.test("what browsers load is within its budget", (t) => {
  for (const budget of BUDGETS) {
    const { gzipped, most } = sizeOf(budget);
    t.ok(gzipped <= most, `${budget.file}: ${gzipped} of ${most} bytes`);
  }
  t.end();
});
