import type { Config } from "./config.js";
import type { ConfigFault } from "./given-settings.js";
import type { BffOptions } from "./options.js";
import { parseOptions } from "./parse-config.js";

/** Options that cannot be used; `message` names every fault, and holds no secret. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(`the configuration has faults:\n${faults.map(({ name, expected }) => `  ${name}: expected ${expected}`).join("\n")}`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/**
 * The configuration of options that have to be right.
 * @throws ConfigError with every fault at once.
 */
export function requireConfig(options: BffOptions): Config {
  const parsing = parseOptions(options);
  if (parsing.kind === "faults") throw new ConfigError(parsing.faults);
  return parsing.config;
}
