import { type Command, Option } from "commander";
import type { Environment } from "../../config/given-settings.js";
import type { DoctorOptions, Output } from "./doctor.js";
import { addWritingModes } from "./writing-command.js";

/** What the doctor's modes are run with. */
export interface DoctorSurroundings {
  readonly env: Environment;
  readonly output: () => Output;
  /** Runs a mode and leaves with its exit code. */
  readonly run: (mode: () => Promise<number>) => Promise<void>;
}

/** The options by which every mode finds its app client. */
function clientOptions(command: Command): Command {
  return command
    .option("--user-pool-id <id>", "the user pool (COGNITO_USER_POOL_ID)")
    .option("--client-id <id>", "the app client (COGNITO_CLIENT_ID)")
    .option("--public-url <url>", "where people reach the app (PUBLIC_URL)")
    .option("--endpoint <url>", "another endpoint of Cognito's API (COGNITO_ENDPOINT)")
    .option("--region <region>", "the AWS Region (the one the user pool's id begins with)")
    .option("--profile <name>", "a profile of AWS's configuration files (AWS's default credential chain)")
    .option("--iam", "print the least-privilege IAM policy of this mode, and do nothing else");
}

const NOTES = `
Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 could not look.
Severities, the gravest first: error, warning, note. docs/doctor.md explains
each finding.`;

/** Declares \`doctor\` and its modes. What they do is loaded when one of them runs. */
export function addDoctor(program: Command, { env, output, run }: DoctorSurroundings): void {
  const doctor = program
    .command("doctor")
    .description("what is wrong with the app client, and the safe fix")
    // 1 would say that there are findings.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  clientOptions(doctor)
    // So that \`doctor fix --region …\` is fix's option, not doctor's.
    .enablePositionalOptions()
    .option("--policy <policy>", "how long people stay signed in: banking, saas, or a lifetime such as 30d")
    .option("--replicas <number>", "how many processes of the proxy there are")
    .option("--sample-token <file>", "an ID token of somebody with many groups: whether its cookie fits; - reads standard input")
    .option("--fail-on <severity>", "exit with 1 from this severity on: error, warning, note, never", "warning")
    .option("--all", "every app client of the user pool, or of all pools of the account in a Region, in one table")
    .option("--url <url>", "a running deployment as its visitors see it; nothing else is looked at")
    .addOption(
      new Option("--logs <file>", "what the proxy's log says of ended sessions; nothing else is looked at (-: standard input)").conflicts(
        "url",
      ),
    )
    .option("--json", "for programs")
    .addHelpText("after", NOTES)
    .action((options: DoctorOptions & { readonly url?: string; readonly logs?: string }) =>
      run(async () => {
        const { url, logs } = options;
        if (url !== undefined) return (await import("./url.js")).doctorOfUrl(env, { ...options, url }, output());
        if (logs !== undefined) return (await import("./logs.js")).doctorOfLogs({ ...options, logs }, output(), process.stdin);
        const [{ doctor: examineClient }, { pauseBetweenCalls }] = await Promise.all([import("./doctor.js"), import("./pause.js")]);
        return examineClient(env, options, output(), pauseBetweenCalls);
      }),
    );
  addWritingModes(doctor, { env, output, run }, clientOptions);
}
