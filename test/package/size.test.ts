import t from "tap";
import { BUDGETS, sizeOf } from "../../bench/size.js";

t.test("what browsers load is within its budget", async (t) => {
  for (const budget of BUDGETS) {
    const { gzipped, most } = await sizeOf(budget);
    t.ok(gzipped <= most, `${budget.name}: ${gzipped} of ${most} bytes`);
  }
});
