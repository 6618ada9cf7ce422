import { writeFile } from "node:fs/promises";
import type { Config } from "../../config/config.js";
import { systemClock } from "../../model/clock.js";
import { SCENARIOS } from "../scenarios/table.js";
import { junitXml } from "./junit.js";
import { rehearse } from "./rehearsal.js";
import { painter, reportEnd, reportHead, resultLines } from "./report.js";

/** What the command line says. */
export interface LocalFlags {
  readonly only: readonly string[];
  readonly json: boolean;
  /** A file for JUnit XML. */
  readonly junit: string | null;
}

/** Where it is written; a terminal gets colours and progress. */
export interface LocalConsole {
  readonly out: LocalOutput;
  readonly errors: LocalOutput;
  /** https://no-color.org */
  readonly noColor: boolean;
}

interface LocalOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Back to the start of the line, which is emptied (ECMA-48 EL). */
const CLEAR_LINE = "\r\u001b[K";

/** Exit codes: 0 every scenario passed, 1 one failed, 2 nothing could be rehearsed, or the JUnit XML not be written. */
export async function runLocally(config: Config, flags: LocalFlags, { out, errors, noColor }: LocalConsole): Promise<number> {
  const unknown = flags.only.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    errors.write(`cognito-bff: there is no scenario ${unknown}. There are: ${SCENARIOS.map(({ name }) => name).join(", ")}\n`);
    return 2;
  }
  const paint = painter(out.isTTY === true && !noColor);
  const showsProgress = errors.isTTY === true;
  const startedAtMs = systemClock.monotonicMs();
  if (!flags.json) out.write(reportHead(config.publicUrl, paint));
  const results = await rehearse({
    config,
    only: flags.only,
    onProgress: (running, finished, count) => {
      if (showsProgress) errors.write(`${CLEAR_LINE}  ${finished} of ${count}  ${running.join(", ")}`);
    },
  });
  if (showsProgress) errors.write(CLEAR_LINE);
  const seconds = Math.round(systemClock.monotonicMs() - startedAtMs) / 1_000;
  const passed = results.every(({ outcome }) => outcome !== "failed");
  if (flags.json) out.write(`${JSON.stringify({ passed, seconds, scenarios: results }, null, 2)}\n`);
  else out.write(`${results.flatMap((result) => resultLines(result, paint)).join("\n")}\n${reportEnd(results, seconds, paint)}`);
  // After the results have been shown: they are not lost where the file cannot be written.
  const fault = flags.junit === null ? null : await faultOfWriting(flags.junit, junitXml(results, seconds));
  if (fault !== null) errors.write(`cognito-bff: --junit: ${flags.junit} cannot be written (${fault})\n`);
  if (!passed) return 1;
  return fault === null ? 0 : 2;
}

async function faultOfWriting(file: string, text: string): Promise<string | null> {
  try {
    await writeFile(file, text);
    return null;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}
