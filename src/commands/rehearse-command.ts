import type { Command } from "commander";
import type { Environment } from "../config/given-settings.js";

/** The streams of the process. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** What the rehearsal is run with. */
export interface RehearseSurroundings {
  readonly env: Environment;
  readonly streams: Streams;
  /** Runs it and leaves with its exit code. */
  readonly run: (rehearsal: () => Promise<number>) => Promise<void>;
}

/** What commander makes of the options. */
interface Given {
  readonly only?: readonly string[];
  readonly json?: true;
  readonly junit?: string;
  readonly live?: true;
  readonly userPoolId?: string;
  readonly clientId?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly record?: string;
  readonly yes?: true;
  readonly cleanup?: true;
  readonly iam?: true;
}

const NOTES = `
Exit codes: 0 as promised, 1 not, 2 nothing was rehearsed. docs/rehearse.md
says what is played, and how --live leaves nothing behind.`;

/** Declares `rehearse`. What it does is loaded when it runs. */
export function addRehearse(program: Command, { env, streams, run }: RehearseSurroundings): void {
  program
    .command("rehearse")
    .description("proves what users see when the refresh token expires, with the configuration of the environment, in seconds")
    // 1 would say that a scenario failed.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .option("--only <name>", "a scenario by its name; may be repeated", (name: string, names: readonly string[] = []) => [...names, name])
    .option("--json", "the results as JSON")
    .option("--junit <file>", "the results as JUnit XML too")
    .option("--live", "at a real user pool instead, in 61 minutes: with a copy of the app client, deleted again whatever happens")
    .option("--user-pool-id <id>", "with --live: the user pool (COGNITO_USER_POOL_ID)")
    .option("--client-id <id>", "with --live: the app client to copy (COGNITO_CLIENT_ID)")
    .option("--endpoint <url>", "with --live: another endpoint of Cognito's API (COGNITO_ENDPOINT)")
    .option("--region <region>", "with --live: the AWS Region (the one the user pool's id begins with)")
    .option("--profile <name>", "with --live: a profile of AWS's configuration files (AWS's default credential chain)")
    .option("--record <file>", "with --live: where Cognito's answer is recorded")
    .option("--yes", "with --live: asks nothing")
    .option("--cleanup", "with --live: deletes what rehearsals have left behind")
    .option("--iam", "with --live: prints the least-privilege IAM policy, and does nothing else")
    .addHelpText("after", NOTES)
    .action((options: Given) =>
      run(async () => {
        const { rehearseLive, rehearseLocally } = await import("./rehearse.js");
        const { only = [], json = false, junit = null, live = false, yes = false, cleanup = false, iam = false } = options;
        const { userPoolId = null, clientId = null, endpoint = null, region = null, profile = null, record = null } = options;
        if (live || cleanup || iam) {
          if (only.length > 0 || json || junit !== null) throw new Error("--only, --json and --junit are not for --live");
          return rehearseLive(env, { userPoolId, clientId, endpoint, region, profile, record, yes, cleanup, iam }, streams);
        }
        if (yes || [userPoolId, clientId, endpoint, region, profile, record].some((value) => value !== null))
          throw new Error("these options are for --live: see rehearse --help");
        return rehearseLocally(env, { only, json, junit }, streams);
      }),
    );
}
