import type { Environment } from "../config/given-settings.js";

/**
 * A port from the environment.
 * @throws RangeError naming the variable when it is not a whole number from 0 to 65535.
 */
export function portOf(env: Environment, name: string, fallback: number): number {
  const text = env[name] || String(fallback);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new RangeError(`${name}: expected a port from 0 to 65535, got ${JSON.stringify(text)}`);
  return port;
}
