import t from "tap";
import { quantileOf, quartilesOf } from "../../bench/contest/quartiles.js";

t.test("quartiles are those that R and NumPy give", async (t) => {
  t.same(quartilesOf([1, 2, 3, 4]), { lower: 1.75, median: 2.5, upper: 3.25 });
  t.same(quartilesOf([1, 2, 3, 4, 5, 6, 7, 8, 9]), { lower: 3, median: 5, upper: 7 });
  t.same(quartilesOf([7]), { lower: 7, median: 7, upper: 7 });
});

t.test("figures come in any order, and stay in theirs", async (t) => {
  const figures = [10, 9, 2, 1];
  t.same(quartilesOf(figures), { lower: 1.75, median: 5.5, upper: 9.25 });
  t.same(figures, [10, 9, 2, 1]);
});

t.test("no figures have no quartiles", async (t) => {
  t.throws(() => quartilesOf([]), RangeError);
});

t.test("a percentile lies between its neighbours", async (t) => {
  const sorted = Float64Array.from({ length: 101 }, (_, index) => index);
  t.equal(quantileOf(sorted, 0.99), 99);
  t.equal(quantileOf(sorted, 0.995), 99.5);
  t.equal(quantileOf(sorted, 1), 100);
});
