import t from "tap";
import { inMix, verdicts, verdictsText } from "../../bench/contest/report/report.js";
import type { Section } from "../../bench/contest/report/section.js";
import { differenceOf, type Rounds, ratioOf, TARGETS, verdictOn } from "../../bench/contest/targets.js";

const even = (figure: number) => ({ lower: figure, median: figure, upper: figure });

t.test("a ratio is that of two figures of the same round", async (t) => {
  // The machine was ten times as slow in the second round.
  const rounds = { ours: [3, 30, 3], bare: [4, 40, 4] };
  t.same(ratioOf(rounds, "ours", "bare"), even(0.75));
  t.same(differenceOf({ ours: [9, 8], least: [4, 3] }, "ours", "least"), even(5));
});

t.test("who did not run has no ratio, and a round of one alone counts for nothing", async (t) => {
  t.equal(ratioOf({ ours: [1] }, "ours", "bare"), null);
  t.equal(ratioOf({ bare: [1] }, "ours", "bare"), null);
  t.equal(differenceOf({ ours: [1], least: [] }, "ours", "least"), null);
  t.same(ratioOf({ ours: [1, 5], bare: [2] }, "ours", "bare"), even(0.5));
});

t.test("a round in which the other's figure is not above zero says nothing", async (t) => {
  t.same(ratioOf({ ours: [2, 2, 2], least: [-1, 0, 4] }, "ours", "least"), even(0.5));
  t.equal(ratioOf({ ours: [2], least: [0] }, "ours", "least"), null);
});

t.test("a target holds where the upper quartile does, and is short by what that is above it", async (t) => {
  t.equal(verdictOn(0.75, { lower: 0.6, median: 0.7, upper: 0.75 }), "PASS");
  t.equal(verdictOn(0.75, { lower: 0.6, median: 0.7, upper: 0.8 }), "SHORT by 0.05");
  t.equal(verdictOn(1.4, { lower: 1, median: 1, upper: 2.9 }), "SHORT by 1.50");
});

t.test("what is short by less than a hundredth is not short by nothing", async (t) => {
  t.equal(verdictOn(0.75, even(0.7501)), "SHORT by 0.01");
});

function section(mix: Section["mix"], figures: Rounds): Section {
  return { mix, title: mix, how: "", unit: "", rows: [], figures, rounds: {} };
}

t.test("a ratio to what was nothing in more than a tenth of the rounds is no verdict", async (t) => {
  const latency = (least: readonly number[]) => {
    const lines = verdicts([section("latency", { ours: least.map(() => 1), least })], new Map());
    return lines.find(({ Mix }) => Mix === "latency")?.["Verdict"];
  };
  t.equal(latency([1, 1, 1, 1, 1, 1, 1, 1, 1]), "PASS");
  t.equal(latency([1, 1, 1, 1, 1, 1, 1, 1, 1, -1]), "PASS");
  t.match(latency([1, 1, 1, 1, 1, 1, 1, 0, -1]), /^not measured: the machine ran so unevenly .* least .* 2 of 9 rounds$/);
});

t.test("who failed in one mix is named there, and measured in the others", async (t) => {
  const lines = verdicts([section("large", { ours: [1], least: [1] })], new Map([[inMix("ours", "upload"), "it failed: answered 502"]]));
  t.match(lines, [
    ...Array(6).fill({}),
    { Mix: "large", Verdict: "PASS" },
    { Mix: "upload", Verdict: "not measured: it failed: answered 502" },
  ]);
});

t.test("every target has its line, and one that was not measured says why", async (t) => {
  const skipped = new Map([
    ["oauth2-proxy", "oauth2-proxy is not in PATH"],
    ["sse", "it needs 2200 open files"],
  ] as const);
  const sections = [section("small", { ours: [3], bare: [5], least: [2.5] }), section("websocket", { ours: [12], least: [5] })];
  const lines = verdicts(sections, skipped).map(({ Mix, Target, Measured, Verdict, Stretch }) => [Mix, Target, Measured, Verdict, Stretch]);
  t.equal(lines.length, TARGETS.length);
  t.same(lines.slice(0, 2), [
    ["small", "ours ≤ 0.75 × bare", "0.60 (0.60 to 0.60)", "PASS", "≤ 0.65: PASS"],
    ["small", "ours ≤ 1.4 × least", "1.20 (1.20 to 1.20)", "PASS", "≤ 1.15: SHORT by 0.05"],
  ]);
  t.same(lines[3], ["small", "ours ≤ 0.3 × oauth2-proxy", "", "not measured: oauth2-proxy is not in PATH", ""]);
  t.same(lines.at(-2), ["sse", "ours ≤ least + 6 kB", "", "not measured: it needs 2200 open files", ""]);
  t.same(lines.at(-1), ["websocket", "ours ≤ least + 6 kB", "7.00 (7.00 to 7.00) kB", "SHORT by 1.00", ""]);
  t.match(lines[6], ["large", "ours ≤ 1.1 × least", "", "not measured: this run left it out", ""]);
});

t.test("columns stand below each other in a terminal, too", async (t) => {
  const table = verdictsText([], new Map())
    .split("\n")
    .filter((line) => line.startsWith("|"));
  t.equal(table.length, TARGETS.length + 2);
  t.equal(new Set(table.map((line) => line.length)).size, 1);
});
