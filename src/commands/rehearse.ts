import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { ReadStream } from "node:tty";
import type { Environment } from "../config/given-settings.js";
import { parseEnvironment } from "../config/parse-config.js";
import { systemClock } from "../model/clock.js";
import { junitXml } from "../rehearse/junit.js";
import { type LiveFlags, runLive } from "../rehearse/live/live-session.js";
import { painter, reportEnd, reportHead, resultLines } from "../rehearse/report.js";
import { SCENARIOS } from "../rehearse/scenarios/table.js";

/** What the command line says. */
export interface RehearseOptions {
  readonly only: readonly string[];
  readonly json: boolean;
  /** A file for JUnit XML. */
  readonly junit: string | null;
}

/** Where it is written; a terminal gets colours and progress. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Back to the start of the line, which is emptied (ECMA-48 EL). */
const CLEAR_LINE = "\r\u001b[K";

/**
 * `cognito-bff rehearse`: the configuration of the environment against local Cognito. Resolves with the exit code: 0 every scenario passed, 1 one
 * failed, 2 nothing could be rehearsed.
 */
export async function rehearseLocally(env: Environment, options: RehearseOptions, out: Output, errors: Output): Promise<number> {
  const unknown = options.only.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    errors.write(`cognito-bff: there is no scenario ${unknown}. There are: ${SCENARIOS.map(({ name }) => name).join(", ")}\n`);
    return 2;
  }
  const parsing = parseEnvironment(env);
  if (parsing.kind === "faults") {
    const { checkConfig } = await import("./check-config.js");
    errors.write(checkConfig(env).text);
    return 2;
  }
  const { config } = parsing;
  const paint = painter(isColoured(out, env));
  const progress = errors.isTTY === true;
  const startedAtMs = systemClock.monotonicMs();
  if (!options.json) out.write(reportHead(config.publicUrl, paint));
  // Only now: local Cognito is not in the production image.
  const { rehearse } = await import("../rehearse/rehearsal.js");
  const results = await rehearse({
    config,
    only: options.only,
    onProgress: (running, finished, count) => {
      if (progress) errors.write(`${CLEAR_LINE}  ${finished} of ${count}  ${running.join(", ")}`);
    },
  });
  if (progress) errors.write(CLEAR_LINE);
  const seconds = Math.round(systemClock.monotonicMs() - startedAtMs) / 1_000;
  const passed = results.every(({ outcome }) => outcome !== "failed");
  if (options.junit !== null) await writeFile(options.junit, junitXml(results, seconds));
  if (options.json) out.write(`${JSON.stringify({ passed, seconds, scenarios: results }, null, 2)}\n`);
  else out.write(`${results.flatMap((result) => resultLines(result, paint)).join("\n")}\n${reportEnd(results, seconds, paint)}`);
  return passed ? 0 : 1;
}

/** https://no-color.org: any value but the empty one. */
function isColoured({ isTTY }: Output, env: Environment): boolean {
  return isTTY === true && !env["NO_COLOR"];
}

/** `cognito-bff rehearse --live`: a real user pool, and an hour. Resolves with the exit code. */
export function rehearseLive(
  env: Environment,
  flags: LiveFlags,
  input: Pick<ReadStream, "isTTY"> & NodeJS.ReadableStream,
  out: Output,
  errors: Output,
): Promise<number> {
  return runLive(env, flags, {
    out,
    errors,
    async ask(question) {
      if (!input.isTTY) return false;
      const lines = createInterface({ input, output: process.stdout });
      const answer = await new Promise<string>((resolve) => {
        // Ctrl+D, and Ctrl+C: no answer is a no.
        lines.once("close", () => resolve("")).once("SIGINT", () => lines.close());
        lines.question(question, resolve);
      });
      lines.close();
      return /^y(?:es)?$/i.test(answer.trim());
    },
  });
}
