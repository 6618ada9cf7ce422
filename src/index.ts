import { requireConfig } from "./config/config-error.js";
import type { BffOptions } from "./config/options.js";
import { parseEnvironment } from "./config/parse-config.js";
import { type BffServer, buildServer, type ServerRuntime } from "./server/server.js";

export type { Config } from "./config/config.js";
export { ConfigError } from "./config/config-error.js";
export type { ConfigFault } from "./config/given-settings.js";
export type { ProxyRoute } from "./config/kinds/proxy-route.js";
export type { BffOptions } from "./config/options.js";
export type { ConfigParsing } from "./config/parse-config.js";
export type { Clock } from "./model/clock.js";
export { type BffDecoration, type BffPluginOptions, type BffSession, cognitoBff } from "./server/plugin.js";
export type { BffServer, ServerRuntime } from "./server/server.js";
export type { Cause, Reason } from "./wire/reasons.js";
export type { LogoutDocument, ProblemDocument, SessionDocument } from "./wire/shapes.js";

/** Every fault of a configuration at once, or the frozen configuration; from environment variables. */
export const parseConfig = parseEnvironment;

/**
 * The whole product: sign-in, session, proxy, SPA, error pages and the management address, not listening yet.
 *
 * @param options the settings of docs/configuration.md, names in camel case: `{ publicUrl: "https://app.example.com", … }`.
 * @throws ConfigError with every fault at once.
 */
export async function createServer(options: BffOptions, runtime: ServerRuntime = {}): Promise<BffServer> {
  return buildServer(requireConfig(options), runtime);
}
