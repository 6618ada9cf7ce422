import t from "tap";
import { formatDuration, parseDuration } from "../../src/config/kinds/duration.js";
import fc from "../support/property.js";

t.test("a duration is a whole number and one unit", async (t) => {
  const cases: readonly [string, number][] = [
    ["500ms", 500],
    ["0s", 0],
    ["90s", 90_000],
    ["15m", 900_000],
    ["12h", 43_200_000],
    ["30d", 2_592_000_000],
  ];
  for (const [text, ms] of cases) t.same(parseDuration(text), { kind: "duration", ms }, text);
});

t.test("a number without a unit is told apart from nonsense", async (t) => {
  t.same(parseDuration("30"), { kind: "no_unit", number: "30" });
  for (const text of ["", "s", "1.5h", "1h30m", "-1s", "15M", "1 h", "1w", "1h\n", "1e3s", "9999999999999s"]) {
    t.same(parseDuration(text), { kind: "malformed" }, JSON.stringify(text));
  }
});

t.test("a duration is written in the largest unit that holds it exactly", async (t) => {
  const cases: readonly [number, string][] = [
    [0, "0s"],
    [1, "1ms"],
    [1_500, "1500ms"],
    [90_000, "90s"],
    [3_600_000, "1h"],
    [86_400_000, "1d"],
    [2_592_000_000, "30d"],
  ];
  for (const [ms, text] of cases) t.equal(formatDuration(ms), text);
});

t.test("what is written reads back as the same duration", async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 - 1 }), (ms) => {
      const reading = parseDuration(formatDuration(ms));
      return reading.kind === "duration" && reading.ms === ms;
    }),
  );
});
