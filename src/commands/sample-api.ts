import type { Environment } from "../config/given-settings.js";
import { idTokenCheck } from "../demo/id-token-check.js";
import { startSampleApi } from "../demo/sample-api.js";
import { DEFAULT_SEED } from "../local-cognito/index.js";
import { systemClock } from "../model/clock.js";
import { listenFault } from "../model/listen-fault.js";
import { portOf } from "./port.js";
import { untilStopped } from "./stop.js";

const SHUTDOWN_TIMEOUT_MS = 5_000;

/**
 * `cognito-bff sample-api`: the demo's API alone, for a proxy in another container. It trusts the ID tokens that local Cognito issues to the
 * demo's app client. Resolves with the exit code when it has stopped.
 */
export async function sampleApi(env: Environment): Promise<number> {
  const endpoint = (env["COGNITO_ENDPOINT"] || "http://127.0.0.1:9229").replace(/\/+$/, "");
  const { region, userPoolId, clientId } = DEFAULT_SEED;
  const client = {
    userPoolId: env["COGNITO_USER_POOL_ID"] || userPoolId,
    region,
    clientId: env["COGNITO_CLIENT_ID"] || clientId,
    endpoint,
  };
  const running = await startSampleApi({
    host: env["SAMPLE_API_HOST"] || "127.0.0.1",
    port: portOf(env, "SAMPLE_API_PORT", 8080),
    verify: idTokenCheck(client, systemClock),
  }).catch((error: unknown) => {
    throw listenFault(error, { host: "SAMPLE_API_HOST", port: "SAMPLE_API_PORT" });
  });
  process.stdout.write(`
  The demo's sample API: ${running.url}/api/echo
  It trusts the ID tokens of ${endpoint}.

`);
  return untilStopped(() => running.close(), SHUTDOWN_TIMEOUT_MS);
}
