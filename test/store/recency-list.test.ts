import t from "tap";
import { RecencyList } from "../../src/store/memory/recency-list.js";
import fc from "../support/property.js";

t.test("a list knows the order of use and the bytes, whatever was done to it", (t) => {
  const keys = fc.constantFrom("a", "b", "c", "d");
  const steps = fc.array(fc.tuple(fc.constantFrom("set", "use", "resize", "delete", "look"), keys, fc.nat(9)), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (taken) => {
      const list = new RecencyList<string, number>();
      // The plainest one: an array in the order of use.
      let plain: { key: string; value: number; bytes: number }[] = [];
      for (const [what, key, number] of taken) {
        const entry = list.entry(key);
        const known = plain.find((each) => each.key === key);
        const others = plain.filter((each) => each !== known);
        if (what === "set") {
          list.set(key, number, number);
          plain = [...others, { key, value: number, bytes: number }];
        }
        if (what === "delete") {
          list.delete(key);
          plain = others;
        }
        if (what === "use" && entry && known) {
          list.use(entry);
          plain = [...others, known];
        }
        if (what === "resize" && entry && known) {
          list.resize(entry, number);
          known.bytes = number;
        }
        const order: unknown[] = [];
        for (let each = list.oldest; each; each = each.newer) order.push([each.key, each.value, each.bytes, each.older?.key]);
        t.same(
          order,
          plain.map((each, index) => [each.key, each.value, each.bytes, plain[index - 1]?.key]),
        );
        if (list.bytes !== plain.reduce((sum, { bytes }) => sum + bytes, 0)) return false;
        if ([...list.entries()].length !== plain.length) return false;
      }
      return true;
    }),
    { numRuns: 200 },
  );
  t.end();
});
