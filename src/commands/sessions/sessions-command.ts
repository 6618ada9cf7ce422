import type { Command } from "commander";
import type { Environment } from "../../config/given-settings.js";
import type { ListOptions, RevokeOptions, SessionsOptions, SessionsStreams } from "./sessions.js";

/** What the command is run with. */
export interface SessionsSurroundings {
  readonly env: Environment;
  readonly streams: SessionsStreams;
  /** Runs it and leaves with its exit code. */
  readonly run: (command: () => Promise<number>) => Promise<void>;
}

const NOTES = `
It asks a running proxy on its management port (MANAGEMENT_HOST and
MANAGEMENT_PORT, or --url) with MANAGEMENT_TOKEN, or MANAGEMENT_TOKEN_FILE;
whatever it ends is ended at every process within a second. A handle is what
the log calls a session. For a shared store (SESSION_STORE) alone, but for
summary: with sessions in cookies it counts those that one process has seen.
Exit codes: 0 done, 1 no such session, 2 could not ask.`;

/** Declares \`sessions\` and what it does with them, which is loaded when it runs. */
export function addSessions(program: Command, { env, streams, run }: SessionsSurroundings): void {
  const open = async (options: SessionsOptions) => (await import("./sessions.js")).openSessionsCommand(env, options, streams);
  const sessions = program
    .command("sessions")
    .description("who is signed in, when their sessions end, and ending them (shared store; summary with any)")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .addHelpText("after", NOTES);
  const mode = (usage: string, description: string) =>
    sessions
      .command(usage)
      .description(description)
      .option("--url <url>", "the proxy's management address")
      .option("--json", "for programs")
      .addHelpText("after", NOTES);
  mode("list", "those that live, the latest begun first")
    .option("--user <user>", "one person's, by subject (sub) or username")
    .option("--limit <number>", "how many (50)")
    .action((options: ListOptions) => run(async () => (await open(options)).list(options)));
  mode("show <handle>", "one session").action((handle: string, options: SessionsOptions) =>
    run(async () => (await open(options)).show(handle)),
  );
  mode("revoke [handles...]", "ends sessions, and revokes their refresh tokens")
    .option("--user <user>", "all of one person, by subject (sub) or username")
    .option("--all", "everybody's")
    .option("--yes", "with --all: asks nothing")
    .action((handles: readonly string[], options: RevokeOptions) => run(async () => (await open(options)).revoke(handles, options)));
  mode("summary", "how many, how old, and when they will end").action((options: SessionsOptions) =>
    run(async () => (await open(options)).summary()),
  );
}
