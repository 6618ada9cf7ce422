import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { UserPoolClientType, UserPoolType } from "@aws-sdk/client-cognito-identity-provider";
import type { Environment } from "../../config/given-settings.js";
import { systemClock } from "../../model/clock.js";
import { Secret } from "../../model/secret.js";
import { printable, wrapped } from "../../model/terminal-text.js";
import { findLeftovers } from "./leftovers.js";
import { livePolicy } from "./live-policy.js";
import { LivePool } from "./live-pool.js";
import { isNamedByEmail, type LiveOutcome, rehearseLive, WAIT_MINUTES } from "./live-rehearsal.js";
import { readTarget, type TargetFlags } from "./live-target.js";
import { timeOf } from "./live-time.js";
import { credentialsObstacle, type Obstacle, obstaclesOf } from "./obstacles.js";
import { type ProgressOutput, WaitProgress } from "./progress.js";
import { type Recording, verdictWords } from "./recording.js";
import { newRunName } from "./run-name.js";
import { catchStopSignals } from "./stop-signals.js";
import { type Undone, undoAll } from "./undo.js";

/** What the command line says. */
export interface LiveFlags extends TargetFlags {
  readonly yes: boolean;
  readonly cleanup: boolean;
  readonly iam: boolean;
  /** Where Cognito's answer is recorded; null: a file of the run's name in the working directory. */
  readonly record: string | null;
}

export interface LiveConsole {
  readonly out: ProgressOutput;
  readonly errors: ProgressOutput;
  /** Asks a question; false where nobody is there who could answer. */
  ask(question: string): Promise<boolean>;
}

const CLEANUP = "`cognito-bff rehearse --live --cleanup`";

/** Exit codes: 0 as promised, 1 not, or something could not be deleted; 2 nothing was rehearsed; 128 + n after a signal. */
export async function runLive(env: Environment, flags: LiveFlags, console: LiveConsole): Promise<number> {
  const { out, errors } = console;
  const reading = readTarget(env, flags);
  if (reading.kind === "faults") {
    for (const { name, expected } of reading.faults) errors.write(`cognito-bff: ${name}: expected ${expected}\n`);
    return 2;
  }
  const { target, refreshApi } = reading;
  if (flags.iam) {
    out.write(livePolicy(target.region, target.poolId));
    return 0;
  }
  const pool = new LivePool(target);
  try {
    return flags.cleanup ? await cleanUp(pool, flags, console) : await rehearseAt(pool, refreshApi, flags, console);
  } catch (error) {
    errors.write(`cognito-bff: ${lineOf(error)}\n`);
    return 2;
  } finally {
    pool.close();
  }
}

function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = printable(error.message.split("\n", 1)[0] ?? error.name);
  return error.name === "CredentialsProviderError"
    ? `no AWS credentials (${line}): sign in with \`aws sso login\`, or give --profile`
    : line;
}

type RefreshApi = "auto" | "initiate_auth" | "get_tokens";

async function rehearseAt(pool: LivePool, refreshApi: RefreshApi, flags: LiveFlags, console: LiveConsole): Promise<number> {
  const { out, errors } = console;
  const time = await timeOf(pool.target.endpoint);
  // The machine's time, as AWS's credentials have it.
  const ending = credentialsObstacle(await pool.credentialsEnd(), systemClock.now());
  if (ending !== null) {
    errors.write(`cognito-bff: ${ending}\n`);
    return 2;
  }
  const [original, poolSettings] = [await pool.describeClient(), await pool.describePool()];
  const obstacles = obstaclesOf(poolSettings);
  const runName = newRunName(await time.now());
  out.write(plan(pool, original, poolSettings, obstacles, runName));
  if (time.follows !== null)
    out.write(`  The clock is local Cognito's: POST ${time.follows}/_local/clock {"advance":"${WAIT_MINUTES}m"}\n`);
  if (obstacles.some(({ level }) => level === "blocks")) {
    errors.write("cognito-bff: nothing was created: the above has to be out of the way first\n");
    return 2;
  }
  if (!flags.yes && !(await console.ask(`Go on? It takes ${WAIT_MINUTES} minutes; keep this machine awake. [y/N] `))) {
    errors.write("cognito-bff: nothing was created; --yes answers the question\n");
    return 2;
  }

  const progress = new WaitProgress(out);
  const stop = catchStopSignals((name, count) => {
    progress.clear();
    if (count === 1) errors.write(`  ${name}: deleting what was created; a third signal leaves it behind\n`);
    if (count < 3) return;
    errors.write(`cognito-bff: left behind: ${runName}; ${CLEANUP} deletes it\n`);
    process.exit(1);
  });
  const { outcome, undone } = await rehearseLive({
    pool,
    original,
    poolSettings,
    refreshApi,
    runName,
    // Longer than any policy asks for (at most 99), with one of each kind.
    password: new Secret(`Aa1!${randomBytes(72).toString("base64url")}`),
    time,
    signal: stop.signal,
    onStep: (text) => out.write(`  ✔ ${text}\n`),
    onWait: (waitedMs, wholeMs) => progress.show(waitedMs, wholeMs),
  });
  progress.clear();
  const code = await report(outcome, flags.record ?? `${runName}.json`, console);
  const isClean = reportUndone(undone, console);
  stop.release();
  return stop.exitCode() ?? (isClean ? code : 1);
}

function plan(
  { target }: LivePool,
  original: UserPoolClientType,
  poolSettings: UserPoolType | null,
  obstacles: readonly Obstacle[],
  runName: string,
): string {
  const lines = [
    `Rehearsal at the user pool ${target.poolId}, with a copy of the app client`,
    `${target.clientId} (${printable(original.ClientName ?? "without a name")})`,
    "",
    ...obstacles.flatMap(({ level, text }) => wrapped(text, "    ", level === "blocks" ? "  ✖ " : "  ! ")),
    ...(obstacles.length === 0 ? [] : [""]),
    "  It creates these, and deletes them again, whatever happens:",
    `    app client  ${runName}`,
    "                refresh tokens live 60 minutes, the minimum",
    `    user        ${runName}`,
    `                ${isNamedByEmail(poolSettings) ? "with an address at example.com; " : ""}no message is sent`,
    "",
  ];
  return `${lines.join("\n")}\n`;
}

async function report(outcome: LiveOutcome, file: string, { out, errors }: LiveConsole): Promise<number> {
  switch (outcome.kind) {
    case "answered": {
      const { answer, verdict, asked_after_minutes } = outcome.recording;
      out.write(`  ✔ after ${asked_after_minutes} min Cognito says ${printable(`${answer.name}: ${answer.message}`)}\n`);
      out.write(`  ${outcome.asPromised ? "✔" : "✖"} people meet ${verdictWords(verdict)}\n`);
      await record(outcome.recording, file, out, errors);
      if (!outcome.asPromised) errors.write("cognito-bff: that is not 401 expired / refresh_token_expired: please report the recording\n");
      return outcome.asPromised ? 0 : 1;
    }
    case "never_expired":
      errors.write(`cognito-bff: after ${outcome.minutes} min the refresh token still works\n`);
      return 1;
    case "stopped":
      errors.write("cognito-bff: stopped before Cognito was asked\n");
      return 1;
    case "failed":
      errors.write(`cognito-bff: ${printable(outcome.why)}\n`);
      return 1;
  }
}

/** An hour was waited for it: where the file cannot be written it is shown. */
async function record(recording: Recording, file: string, out: ProgressOutput, errors: ProgressOutput): Promise<void> {
  const text = `${JSON.stringify(recording, null, 2)}\n`;
  try {
    await writeFile(file, text);
    out.write(`  ✔ recorded in ${file}\n`);
  } catch (error) {
    errors.write(`cognito-bff: the recording cannot be written, here it is: ${lineOf(error)}\n`);
    out.write(text);
  }
}

/** Whether everything is gone. */
function reportUndone(undone: readonly Undone[], { out, errors }: LiveConsole): boolean {
  for (const { what, problem } of undone) {
    if (problem === null) out.write(`  ✔ deleted: ${what}\n`);
    else errors.write(`cognito-bff: could not delete the ${what}: ${printable(problem)}; ${CLEANUP} tries again\n`);
  }
  return undone.every(({ problem }) => problem === null);
}

async function cleanUp(pool: LivePool, { yes }: LiveFlags, console: LiveConsole): Promise<number> {
  const leftovers = await findLeftovers(pool);
  if (leftovers.length === 0) {
    console.out.write(`Nothing of a rehearsal is left in ${pool.target.poolId}.\n`);
    return 0;
  }
  console.out.write(`Left by rehearsals in ${pool.target.poolId}; one that runs now would end:\n`);
  for (const { what, startedAtMs } of leftovers) console.out.write(`  ${what}, of ${new Date(startedAtMs).toISOString()}\n`);
  if (!yes && !(await console.ask("Delete them? [y/N] "))) {
    console.errors.write("cognito-bff: nothing was deleted; --yes answers the question\n");
    return 2;
  }
  return reportUndone(await undoAll(leftovers), console) ? 0 : 1;
}
