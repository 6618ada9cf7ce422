import type { Environment } from "../config/given-settings.js";
import { parseEnvironment } from "../config/parse-config.js";
import { buildServer } from "../server/server.js";
import { heapLimit, heapWarning, openFilesLimit, openFilesWarning } from "./process-limits.js";
import { untilStopped } from "./stop.js";

/**
 * Closing keeps to SHUTDOWN_TIMEOUT by itself, cutting calls where it must, and that is no failure: exit code 0. When it has not ended so much
 * later it never will.
 */
const STUCK_AFTER_MS = 1_000;

/** `cognito-bff start`: the proxy. Resolves with the exit code when it has stopped. */
export async function start(env: Environment): Promise<number> {
  const parsing = parseEnvironment(env);
  if (parsing.kind === "faults") {
    const { checkConfig } = await import("./check-config.js");
    process.stderr.write(checkConfig(env).text);
    return 1;
  }
  const { config } = parsing;
  const warnings = [...parsing.warnings, openFilesWarning(config, openFilesLimit()), heapWarning(config, heapLimit())];
  const server = await buildServer(config);
  for (const warning of warnings) if (warning !== null) server.app.log.warn(warning);
  const { url, managementUrl } = await server.serve();
  server.app.log.info(
    { event: "sys_startup", url, management_url: managementUrl, public_url: config.publicUrl },
    "cognito-bff is listening",
  );
  // A signal from now on finds calls under way.
  const stopped = untilStopped(() => server.close(), config.drainDelayMs + config.shutdownTimeoutMs + STUCK_AFTER_MS);
  await server.load();
  return stopped;
}
