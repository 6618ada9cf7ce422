import { createInterface } from "node:readline";
import type { Environment } from "../config/given-settings.js";
import { parseEnvironment } from "../config/parse-config.js";
import { type LiveFlags, runLive } from "../rehearse/live/live-session.js";
import type { Streams } from "./rehearse-command.js";

/** What the command line says of a rehearsal here. */
export interface LocalFlags {
  readonly only: readonly string[];
  readonly json: boolean;
  /** A file for JUnit XML. */
  readonly junit: string | null;
}

/** `cognito-bff rehearse`: the configuration of the environment against local Cognito. Resolves with the exit code. */
export async function rehearseLocally(env: Environment, flags: LocalFlags, { stdout, stderr }: Streams): Promise<number> {
  // Only now: local Cognito is not in the production image.
  const { runLocally } = await import("../rehearse/local/local-session.js");
  const parsing = parseEnvironment(env);
  if (parsing.kind === "faults") {
    const { checkConfig } = await import("./check-config.js");
    stderr.write(checkConfig(env).text);
    return 2;
  }
  return runLocally(parsing.config, flags, { out: stdout, errors: stderr, noColor: Boolean(env["NO_COLOR"]) });
}

/** `cognito-bff rehearse --live`: a real user pool, and an hour. Resolves with the exit code. */
export function rehearseLive(env: Environment, flags: LiveFlags, { stdin, stdout, stderr }: Streams): Promise<number> {
  return runLive(env, flags, { out: stdout, errors: stderr, ask: (question) => ask(question, { stdin, stdout }) });
}

async function ask(question: string, { stdin, stdout }: Pick<Streams, "stdin" | "stdout">): Promise<boolean> {
  if (stdin.isTTY !== true) return false;
  const lines = createInterface({ input: stdin, output: stdout });
  const answer = await new Promise<string>((resolve) => {
    // Ctrl+D, and Ctrl+C: no answer is a no.
    lines.once("close", () => resolve("")).once("SIGINT", () => lines.close());
    lines.question(question, resolve);
  });
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
