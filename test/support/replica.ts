import { parseEnvironment } from "../../src/config/parse-config.js";
import { systemClock } from "../../src/model/clock.js";
import { type BffServer, buildServer } from "../../src/server/server.js";
import { openRedis } from "../../src/store/redis/open-redis.js";
import { memoryLogger } from "./running-demo.js";

export interface Replica extends BffServer {
  readonly managementUrl: string;
}

/**
 * Starts what `cognito-bff start` does, from an environment; `LEASE_MS` there says how long its leases last in place of five seconds.
 *
 * @param logLines where the lines of its log go.
 */
export async function startReplica({ LEASE_MS, ...env }: NodeJS.ProcessEnv, logLines: string[]): Promise<Replica> {
  const parsing = parseEnvironment(env);
  if (parsing.kind === "faults") throw new Error(JSON.stringify(parsing));
  const { config } = parsing;
  const { sessionStore, sessionKeys } = config;
  if (sessionStore.kind === "cookie") throw new Error("it has no shared store");
  const logger = memoryLogger(logLines);
  const options = { clock: systemClock, random: Math.random, log: logger, maxAgeMs: null };
  const opened =
    LEASE_MS === undefined ? null : await openRedis({ ...options, url: sessionStore.url, sessionKeys, leaseMs: Number(LEASE_MS) });
  const server = await buildServer(config, { logger, ...(opened && { openStore: opened.openStore }) });
  const { managementUrl } = await server.serve();
  return { ...server, managementUrl, close: () => server.close().finally(() => opened?.close()) };
}
