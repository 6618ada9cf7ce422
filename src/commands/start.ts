import type { Environment } from "../config/given-settings.js";
import { buildServer } from "../server/server.js";
import { check } from "./advice/check.js";
import { heapLimit, openFilesLimit } from "./advice/process-limits.js";
import { untilStopped } from "./stop.js";

/**
 * Closing keeps to SHUTDOWN_TIMEOUT by itself, cutting calls where it must, and that is no failure: exit code 0. When it has not ended so much
 * later it never will.
 */
const STUCK_AFTER_MS = 1_000;

/** `cognito-bff start`: the proxy. Resolves with the exit code when it has stopped. */
export async function start(env: Environment): Promise<number> {
  const machine = { openFiles: openFilesLimit(), heapBytes: heapLimit(), files: true };
  const checked = check(env, machine);
  if (checked.kind === "faults") {
    const { faultsText } = await import("./advice/config-text.js");
    process.stderr.write(faultsText(checked.faults, checked.warnings));
    return 1;
  }
  const { config } = checked;
  const server = await buildServer(config);
  for (const { text } of checked.warnings) server.app.log.warn(text);
  const { url, managementUrl } = await server.serve();
  server.app.log.info(
    { event: "sys_startup", url, management_url: managementUrl, public_url: config.publicUrl, session_keys: server.keyFingerprints },
    "cognito-bff is listening",
  );
  // A signal from now on finds calls under way.
  const stopped = untilStopped(() => server.close(), config.drainDelayMs + config.shutdownTimeoutMs + STUCK_AFTER_MS);
  await server.load();
  return stopped;
}
