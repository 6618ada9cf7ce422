import type { Config } from "./config/config.js";
import { requireConfig } from "./config/config-error.js";
import type { BffOptions } from "./config/options.js";
import { type ConfigParsing, type EnvironmentReading, parseEnvironment } from "./config/parse-config.js";
import { requireClock } from "./model/clock.js";
import { type BffServer, buildServer, type ServerRuntime } from "./server/server.js";

export type { Config } from "./config/config.js";
export { ConfigError } from "./config/config-error.js";
export type { ConfigFault } from "./config/given-settings.js";
export type { ProxyRoute } from "./config/kinds/proxy-route.js";
export type { RouteOptions } from "./config/kinds/proxy-routes-kind.js";
export type { BffOptions } from "./config/options.js";
export type { ConfigParsing, EffectiveSetting, EnvironmentReading } from "./config/parse-config.js";
export { type AdjustableClock, type Clock, createAdjustableClock } from "./model/clock.js";
export { type BffDecoration, type BffPluginOptions, type BffSession, cognitoBff } from "./server/plugin.js";
export type { BffServer, ServerRuntime } from "./server/server.js";
export type { Cause, Reason } from "./wire/reasons.js";
export type { ListedSession, LogoutDocument, ProblemDocument, SessionDocument, SessionsDocument } from "./wire/shapes.js";

/**
 * The frozen configuration that environment variables make, which `createServer` takes as it is; or every fault at once.
 *
 * @param env such as `process.env`. Nothing else is read but the files that its NAME_FILE variables name.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, reading: EnvironmentReading = {}): ConfigParsing {
  return parseEnvironment(env, reading);
}

/**
 * The whole product: sign-in, session, proxy, SPA, error pages and the management address, not listening yet.
 *
 * @param settings a configuration of `parseConfig`, or the settings of docs/configuration.md with names in camel case:
 *   `{ publicUrl: "https://app.example.com", … }`.
 * @throws ConfigError with every fault of such options at once; TypeError for a clock that has no timers.
 */
export async function createServer(settings: BffOptions | Config, runtime: ServerRuntime = {}): Promise<BffServer> {
  requireClock(runtime.clock);
  // Worked out from the pool's id, so that no option has this name.
  const config = "cognitoRegion" in settings ? settings : requireConfig(settings);
  return buildServer(config, runtime);
}
