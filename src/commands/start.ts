import type { Environment } from "../config/given-settings.js";
import { parseEnvironment } from "../config/parse-config.js";
import { buildServer } from "../http/server.js";
import { checkConfig } from "./check-config.js";
import { untilStopped } from "./stop.js";

/** `cognito-bff start`: the proxy. Resolves with the exit code when it has stopped. */
export async function start(env: Environment): Promise<number> {
  const parsing = parseEnvironment(env);
  if (parsing.kind === "faults") {
    process.stderr.write(checkConfig(env).text);
    return 1;
  }
  const { config, warnings } = parsing;
  const server = await buildServer(config);
  for (const warning of warnings) server.app.log.warn(warning);
  const { url, managementUrl } = await server.listen();
  server.app.log.info({ url, management_url: managementUrl, public_url: config.publicUrl }, "cognito-bff is listening");
  return untilStopped(() => server.close(), config.drainDelayMs + config.shutdownTimeoutMs);
}
