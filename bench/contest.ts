/*
 * npm run bench: what a call through each proxy costs, one after another, round by round, before the same API and with the same bytes of headers. The
 * machine's speed goes up and down, so only what was measured in one round is compared: the ratios count. bench/README.md says how to read it.
 */
import { existsSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { closeOnSignals } from "./contest/closing.js";
import { CONTESTANT_NAMES, CONTESTANTS } from "./contest/contestants.js";
import type { UpstreamName } from "./contest/field.js";
import { MIX_NAMES, MIXES } from "./contest/mixes.js";
import { saveReport, skippedText, verdictsText } from "./contest/report/report.js";
import { defaultLoad, defaultUpstream, type LoadName, run } from "./contest/run.js";

const RESULTS = "bench/results";

interface Options {
  readonly only?: readonly (keyof typeof CONTESTANTS)[];
  readonly mix?: readonly (keyof typeof MIXES)[];
  readonly rounds?: number;
  readonly seconds?: number;
  readonly connections?: number;
  readonly streams: number;
  readonly load: LoadName;
  readonly upstream: UpstreamName;
  readonly profile?: string;
  readonly save?: string | true;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1.");
  return number;
}

/** Names separated by commas, each of those that there are. */
function namesOf<Name extends string>(known: readonly Name[]): (text: string) => readonly Name[] {
  return (text) =>
    text.split(",").map((given) => {
      const name = known.find((each) => each === given);
      if (name === undefined) throw new InvalidArgumentError(`There is no ${given}. There are: ${known.join(", ")}.`);
      return name;
    });
}

const listed = (all: Readonly<Record<string, { readonly title: string }>>) =>
  Object.entries(all)
    .map(([name, { title }]) => `  ${name.padEnd(14)}${title}`)
    .join("\n");

async function contest({ only, mix, rounds, seconds, connections, save, profile, ...rest }: Options): Promise<void> {
  if (!existsSync("/proc/self/stat")) throw new Error("CPU time and memory of a process are read from /proc: Linux only");
  closeOnSignals();
  const { report, failed } = await run({
    ...rest,
    mixes: mix ?? MIX_NAMES,
    only: only ?? null,
    rounds: rounds ?? null,
    seconds: seconds ?? null,
    connections: connections ?? null,
    profile: profile ?? null,
  });
  process.stdout.write(`${skippedText(report.skipped)}\n${verdictsText(report.sections, report.skipped)}`);
  const isWhole = [only, mix, rounds, seconds, connections].every((option) => option === undefined);
  const directory = typeof save === "string" ? save : isWhole || save ? RESULTS : null;
  if (directory !== null) for (const path of saveReport(report, directory)) console.log(`written: ${path}`);
  // A target that is missed is a result; a contestant that broke is none.
  if (failed) process.exitCode = 1;
}

await new Command("npm run bench --")
  .description(
    `Compares what a call through each proxy costs, and says for each target whether it holds. Traffic goes to loopback only. Without options it runs
everything, takes about 20 minutes and writes ${RESULTS}/DATE.md and DATE.json.`,
  )
  .option("--only <names>", "who takes part, by comma", namesOf(CONTESTANT_NAMES))
  .option("--mix <names>", "what is measured, by comma", namesOf(MIX_NAMES))
  .option("--rounds <n>", "how often each takes its turn (as each mix says)", count)
  .option("--seconds <n>", "how long a turn is (as each mix says)", count)
  .option("--connections <n>", "how many calls are under way at once (as each mix says)", count)
  .option("--streams <n>", "how many idle streams are opened", count, 1_000)
  .addOption(new Option("--load <program>", "what sends the calls").choices(["wrk", "autocannon"]).default(defaultLoad()))
  .addOption(new Option("--upstream <program>", "the API behind everybody").choices(["nginx", "node"]).default(defaultUpstream()))
  .option("--profile <directory>", "also write a CPU profile of each Node process there")
  .option("--save [directory]", `write DATE.md and DATE.json, also of a part (${RESULTS})`)
  .addHelpText(
    "after",
    `
--only:
${listed(CONTESTANTS)}

--mix:
${listed(MIXES)}

Examples:
  npm run bench -- --only ours,bare --mix small --rounds 3
  npm run bench -- --only ours,least --mix sse,websocket`,
  )
  .action(contest)
  .parseAsync();
