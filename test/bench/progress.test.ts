import t from "tap";
import { createProgress } from "../../bench/contest/progress.js";

t.test("what is left is what was planned, and more where it went slower than planned so far", async (t) => {
  let seconds = 1_000;
  const lines: string[] = [];
  const progress = createProgress(400, { now: () => seconds, say: (line) => lines.push(line) });
  progress.begin("starting", 100);
  seconds += 100;
  progress.begin("round 1", 200);
  seconds += 500;
  progress.begin("round 2", 60);
  seconds += 60;
  progress.begin("round 3", 40);
  t.same(lines, [
    "starting; about 7 min left",
    "round 1; about 5 min left",
    // Twice as slow as planned: 600 s for 300.
    "round 2; about 4 min left",
    "round 3; about 74 s left",
  ]);
});

t.test("what takes longer than planned never has less than nothing left", async (t) => {
  const lines: string[] = [];
  const progress = createProgress(1, { now: () => 0, say: (line) => lines.push(line) });
  progress.begin("a", 5);
  progress.begin("b", 5);
  t.same(lines, ["a; about 1 s left", "b; about 0 s left"]);
});
