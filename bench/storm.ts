/*
 * npm run storm: three replicas with one Redis, and everybody's tokens end at once. Whether each session is refreshed once, nobody is signed out, and
 * what happens where a replica, Redis or Cognito fails meanwhile. Everything is started on loopback, and ends with this process.
 */
import { mkdirSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { freePort } from "../src/demo/free-port.js";
import { closeOnSignals } from "./contest/closing.js";
import { startStandIns } from "./storm/children.js";
import { brokenResult, type Result, resultOf, tableOf, verdictOf } from "./storm/report.js";
import { CALLS_EACH, run, WARM_UP } from "./storm/run.js";
import type { Scenario } from "./storm/scenario.js";
import { SCENARIOS } from "./storm/scenarios.js";

const MOST_SESSIONS = 5_000;
const PROGRESS_EVERY_MS = 200;

interface Options {
  readonly only?: readonly Scenario[];
  readonly sessions: number;
  readonly json?: true;
  readonly logs?: string;
}

function sessionCount(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 3 || number > MOST_SESSIONS)
    throw new InvalidArgumentError(`A whole number from 3 to ${MOST_SESSIONS}.`);
  return number;
}

function scenariosOf(text: string): readonly Scenario[] {
  return text.split(",").map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (!found) throw new InvalidArgumentError(`There is no ${name}. There are: ${SCENARIOS.map((scenario) => scenario.name).join(", ")}.`);
    return found;
  });
}

/** One line that is written over, on a terminal alone. */
function createProgress(scenario: Scenario): { tell(what: string, done: number, all: number): void; clear(): void } {
  const { stderr } = process;
  let toldAtMs = 0;
  return {
    tell(what, done, all) {
      const nowMs = performance.now();
      if (!stderr.isTTY || (nowMs - toldAtMs < PROGRESS_EVERY_MS && done > 0)) return;
      toldAtMs = nowMs;
      stderr.write(`\r\x1b[K${scenario.name}: ${what}, ${done} of ${all}`);
    },
    clear: () => void (stderr.isTTY && stderr.write("\r\x1b[K")),
  };
}

async function storm({ only = SCENARIOS, sessions, json, logs = null }: { logs?: string | null } & Omit<Options, "logs">): Promise<void> {
  closeOnSignals();
  if (logs !== null) mkdirSync(logs, { recursive: true });
  const publicUrl = `http://localhost:${await freePort()}`;
  const standIns = await startStandIns({ publicUrl, people: sessions + WARM_UP });
  const results: Result[] = [];
  for (const scenario of only) {
    const progress = createProgress(scenario);
    const result = await run({ scenario, publicUrl, standIns, sessions, logs, progress: progress.tell }).then(
      (outcome) => resultOf(scenario, outcome),
      (error: unknown) => brokenResult(scenario, sessions, error),
    );
    progress.clear();
    results.push(result);
    if (!json) console.log(verdictOf(result, scenario.title));
  }
  await standIns.stop();
  if (json) console.log(JSON.stringify(results, null, 2));
  else console.log(`\n${sessions} sessions, ${CALLS_EACH} calls at once each\n${tableOf(results)}`);
  if (results.some(({ passed }) => !passed)) process.exitCode = 1;
}

await new Command("npm run storm --")
  .description(
    `Lets the tokens of many sessions end at once, at three replicas with one Redis, and says for each scenario whether it went as promised.
Traffic goes to loopback only; it needs redis-server (npm run test:setup). The exit code is 1 where a scenario fails.`,
  )
  .option("--only <names>", "scenarios, by comma (all)", scenariosOf)
  .option("--sessions <n>", `how many, up to ${MOST_SESSIONS}`, sessionCount, 2_000)
  .option("--json", "the figures as JSON, on stdout")
  .option("--logs <directory>", "writes each replica's log there")
  .addHelpText(
    "after",
    `
--only:
${SCENARIOS.map(({ name, title }) => `  ${name.padEnd(17)}${title}`).join("\n")}

Examples:
  npm run storm -- --only calm,killed --sessions 300
  npm run storm -- --only cut-off --logs /tmp/storm`,
  )
  .action(storm)
  .parseAsync();
