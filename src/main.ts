#!/usr/bin/env node
import { Command } from "commander";
import { addDoctor } from "./commands/doctor/doctor-command.js";
import { olderNodeAdvice } from "./commands/node-version.js";
import { addRehearse } from "./commands/rehearse-command.js";
import { addSessions } from "./commands/sessions/sessions-command.js";
import { exitWhileStarting } from "./commands/stop.js";
import { version } from "./model/version.js";

/** A file that the production image leaves out. */
const ONLY_IN_DEMO = /\/src\/(?:demo|local-cognito|commands|rehearse)\//;

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" || !ONLY_IN_DEMO.test(error.message)) return error.message;
  const live = error.message.includes("/src/rehearse/") ? "; `rehearse --live` needs none" : "";
  return `${error.message}; the production image has no demo in it: build the target \`demo\`${live}`;
}

/** Runs a command and leaves with its exit code, or with `failed`; what it could not do is said in one line. */
function run(command: () => Promise<number>, failed = 1): () => Promise<void> {
  return async () => {
    try {
      process.exit(await command());
    } catch (error) {
      process.stderr.write(`cognito-bff: ${messageOf(error)}\n`);
      process.exit(failed);
    }
  };
}

/** Runs a command that stays until it is stopped. */
function serve(command: () => Promise<number>): () => Promise<void> {
  return () => {
    exitWhileStarting();
    // A reader that goes away (`| head`) ends what is read, not what serves.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    recommendNode();
    return run(command)();
  };
}

/** Says in one line what the AWS SDK would say in eight; nothing where Node.js has been told not to warn. */
function recommendNode(): void {
  const advice = olderNodeAdvice(process.versions.node);
  if (advice === null || process.execArgv.includes("--no-warnings") || process.env["NODE_NO_WARNINGS"] === "1") return;
  process.stderr.write(`cognito-bff: ${advice}\n`);
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
}

function print({ text, exitCode = 0 }: { text: string; exitCode?: number }, to: NodeJS.WritableStream = process.stdout): Promise<number> {
  return new Promise((resolve) => {
    to.write(text, () => resolve(exitCode));
  });
}

const program = new Command("cognito-bff")
  .description("Keeps the users of a single-page app signed in through Amazon Cognito, and says why when it cannot.")
  .version(version)
  .showHelpAfterError()
  // So that an option after a mode of a command, as in `doctor fix --region …`, is the mode's own.
  .enablePositionalOptions()
  .addHelpText("after", "\nEverything is configured through the environment; docs/configuration.md lists\nevery variable.");

// Each command loads what it needs and nothing else: `health` runs every few seconds, and local Cognito is not in the production image.
program
  .command("start")
  .description("the proxy")
  .action(serve(async () => (await import("./commands/start.js")).start(process.env)));
program
  .command("demo")
  .description(
    "everything on one machine with nothing to configure; your app in the place of its shop with SPA_URL or SPA_DIR, and your API with PROXY_ROUTES (PORT, LOCAL_COGNITO_PORT, SESSION_STORE)",
  )
  .action(serve(async () => (await import("./commands/demo.js")).demo(process.env)));
program
  .command("local-cognito")
  .description(
    "the local Cognito alone, for development and tests (LOCAL_COGNITO_HOST, _PORT, _ISSUER, _CORS_ORIGINS, _MIN_TOKEN_VALIDITY)",
  )
  .action(serve(async () => (await import("./commands/local-cognito.js")).localCognito(process.env)));
program
  .command("sample-api")
  .description("the demo's API alone (SAMPLE_API_HOST, SAMPLE_API_PORT, COGNITO_ENDPOINT)")
  .action(serve(async () => (await import("./commands/sample-api.js")).sampleApi(process.env)));
program
  .command("check-config")
  .description("every fault of the configuration at once, or the effective configuration with secrets redacted")
  .option("--json", "for programs")
  .action(({ json }: { json?: boolean }) =>
    run(async () => {
      const [{ checkConfig }, { heapLimit, openFilesLimit }] = await Promise.all([
        import("./commands/check-config.js"),
        import("./commands/advice/process-limits.js"),
      ]);
      return print(checkConfig(process.env, { openFiles: openFilesLimit(), heapBytes: heapLimit(), files: true }, { json }));
    })(),
  );
program
  .command("keygen")
  .description("a new session key on standard output; on standard error, in what order to roll it out")
  .action(
    run(async () => {
      const { out, err } = (await import("./commands/keygen.js")).keygen();
      await print({ text: out });
      return print({ text: err }, process.stderr);
    }),
  );
program
  .command("health")
  .description("asks the running proxy's /livez; for HEALTHCHECK")
  .action(run(async () => (await import("./commands/health.js")).health(process.env)));
addDoctor(program, {
  env: process.env,
  output: () => ({
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colours: process.stdout.isTTY && !process.env["NO_COLOR"],
    ...(process.stderr.isTTY ? { progress: (text: string) => void process.stderr.write(`\r\u001b[K${text}`) } : {}),
  }),
  run: (mode) => {
    recommendNode();
    // A reader that goes away (`| head`) has what it wanted.
    process.stdout.on("error", () => {});
    return run(async () => print({ text: "", exitCode: await mode() }), 2)();
  },
});
addRehearse(program, {
  env: process.env,
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  run: (rehearsal) => {
    recommendNode();
    // A terminal that is closed within the hour of a live one must not keep anything from being deleted.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    return run(rehearsal, 2)();
  },
});
addSessions(program, {
  env: process.env,
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  run: (command) => {
    // A reader that goes away (`| head`) has what it wanted.
    process.stdout.on("error", () => {});
    return run(async () => print({ text: "", exitCode: await command() }), 2)();
  },
});

await program.parseAsync();
