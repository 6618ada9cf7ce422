import t from "tap";
import { Histogram } from "../../src/doctor/logs/histogram.js";
import { readLogs } from "../../src/doctor/logs/read-logs.js";
import { SeenNames } from "../../src/doctor/logs/seen-names.js";
import { heldBytes } from "../support/held-memory.js";

const MIB = 2 ** 20;
const name = (number: number) => number.toString(16).padStart(16, "0");

/** A log in which every session ends at an age and a time of its own; what was made of it is not kept. */
async function* logOf(lines: number, wrap: (line: string, number: number) => string): AsyncGenerator<Buffer> {
  for (let from = 0; from < lines; from += 1_000) {
    const texts: string[] = [];
    for (let number = from; number < from + 1_000; number++) {
      const age = (number * 7_919) % 34_000_000;
      const line = `{"level":30,"time":${1_764_000_000_000 + number * 1_000},"event":"session_expired","session":"${name(number)}","user":"${name(number)}","reason":"expired","cause":"refresh_token_expired","age_seconds":${age},"msg":"session ended"}`;
      texts.push(wrap(line, number));
    }
    yield Buffer.from(texts.join(""));
  }
}

const FORMATS = {
  NDJSON: (line: string) => `${line}\n`,
  "one document of CloudWatch Logs": (line: string, number: number) =>
    `${number === 0 ? '{\n    "events": [' : ","}\n        {\n            "message": ${JSON.stringify(line)}\n        }`,
};

for (const [format, wrap] of Object.entries(FORMATS))
  t.test(`a long log takes constant memory, as ${format}`, async (t) => {
    const LINES = 300_000;
    const before = await heldBytes();
    let held = 0;
    let chunks = 0;
    async function* watched(): AsyncGenerator<Buffer> {
      for await (const chunk of logOf(LINES, wrap)) {
        if (chunks++ % 50 === 0) held = Math.max(held, (await heldBytes()) - before);
        yield chunk;
      }
    }
    const tally = await readLogs(watched());
    t.same([tally.ended, tally.people], [LINES, LINES]);
    t.ok(held < 80 * MIB, `${Math.round(held / MIB)} MiB`);
  });

t.test("a histogram holds no more bins than it may, and stays right to its resolution", (t) => {
  const histogram = new Histogram(1_000);
  for (let value = 0; value < 100_000; value++) histogram.add(value);
  for (let again = 0; again < 5_000; again++) histogram.add(70_000);
  t.ok(histogram.resolution > 1 && histogram.resolution <= 256, `${histogram.resolution}`);
  t.same([histogram.count, histogram.min, histogram.max], [105_000, 0, 99_999]);
  t.ok(Math.abs((histogram.quantile(0.25) ?? 0) - 26_250) <= histogram.resolution);
  const densest = histogram.densest(100);
  t.ok(densest !== null && densest.count > 5_000 && Math.abs(densest.from - 70_000) <= 2 * histogram.resolution);
  t.end();
});

t.test("an empty histogram has nothing to say", (t) => {
  const histogram = new Histogram();
  t.same([histogram.quantile(0.5), histogram.densest(10)], [null, null]);
  t.end();
});

t.test("names are known again, whatever their digits, and those named long ago are forgotten", (t) => {
  const seen = new SeenNames(1_024);
  for (const number of [0, 1, 2 ** 32, 2 ** 32 + 1]) {
    t.equal(seen.note(name(number), 1), 0, name(number));
    t.equal(seen.note(name(number), 2), 1);
    t.equal(seen.note(name(number), 1), 3);
  }
  for (let number = 100; number < 800; number++) seen.note(name(number), 1);
  t.equal(seen.note(name(1), 1), 3, "one generation later it is known");
  let known = 0;
  for (let number = 10_000; number < 20_000; number++) known += seen.note(name(number), 1) ?? 1;
  t.equal(known, 0);
  t.equal(seen.note(name(100), 1), 0);
  for (const none of ["", "g".repeat(16), "0".repeat(17), 7, null, undefined, {}]) t.equal(seen.note(none, 1), null);
  t.end();
});
