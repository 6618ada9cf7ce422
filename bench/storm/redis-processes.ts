import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { freePort } from "../../src/demo/free-port.js";
import { until } from "../../test/support/condition.js";
import { findExecutable } from "../../test/support/executable.js";
import { openRedisLine } from "../../test/support/redis-line.js";
import { temporaryDirectory } from "../contest/temporary-directory.js";
import { end, keep } from "./children.js";

/** What the replicas keep their sessions in. */
export interface SharedStore {
  /** `SESSION_STORE`. */
  readonly url: string;
  /** The server that is written to, as it is first. */
  readonly port: number;
  stop(): Promise<void>;
}

export interface RedisProcess extends SharedStore {
  /** Ends it in peace; its data stays. */
  interrupt(): Promise<void>;
  /** The same data at the same port. */
  startAgain(): Promise<void>;
  kill(): Promise<void>;
}

const NAMES = ["redis-server", "valkey-server"];

async function program(): Promise<string> {
  const found = await findExecutable(NAMES);
  if (found === null) throw new Error("there is no redis-server: npm run test:setup installs it");
  return found;
}

/** Starts a server with persistence, as docs/scaling.md asks for: every second to the disk, and nothing evicted. */
export async function startRedisProcess(settings: readonly string[] = []): Promise<RedisProcess> {
  const [command, port, folder] = [await program(), await freePort(), temporaryDirectory("redis")];
  const ours = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder.path, "--save", "", "--maxmemory-policy", "noeviction"];
  const persistent = ["--appendonly", "yes", "--appendfsync", "everysec"];

  async function start(): Promise<{ readonly child: ChildProcess; readonly stop: () => Promise<void> }> {
    const child = spawn(command, [...ours, ...persistent, ...settings], { stdio: ["ignore", "pipe", "inherit"] });
    const stop = keep(child, "SIGKILL");
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
    await until(() => said.includes("Ready to accept connections") || child.exitCode !== null, "redis-server starts");
    if (child.exitCode !== null) throw new Error(`redis-server ended: ${said}`);
    return { child, stop };
  }

  let running = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    interrupt: () => end(running.child, "SIGTERM"),
    async startAgain() {
      running = await start();
    },
    kill: () => end(running.child, "SIGKILL"),
    async stop() {
      await running.stop();
      await folder.remove();
    },
  };
}

/** One that is written to, one that follows it, and a Sentinel that replaces the first by the second. */
export interface SentinelStore extends SharedStore {
  /** From now on the second hears nothing any more. */
  pauseReplication(): void;
  killMaster(): Promise<void>;
  /** Once the second takes writes. */
  failedOver(): Promise<void>;
}

const MASTER_NAME = "sessions";

/** Null where it cannot be asked. */
async function ask(port: number, ...command: readonly string[]): Promise<unknown> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } });
  // What goes wrong is in the answer, too.
  client.on("error", () => {});
  try {
    await client.connect();
    return await client.sendCommand([...command]);
  } catch {
    return null;
  } finally {
    client.destroy();
  }
}

async function roleOf(port: number): Promise<"follows" | "takes writes" | "neither"> {
  const text = String(await ask(port, "INFO", "replication"));
  if (text.includes("role:master")) return "takes writes";
  return text.includes("master_link_status:up") ? "follows" : "neither";
}

export async function startSentinelStore(): Promise<SentinelStore> {
  const master = await startRedisProcess();
  // The way between the two, which can be held up without either noticing.
  const line = await openRedisLine(master.port);
  const replica = await startRedisProcess(["--replicaof", `127.0.0.1 ${new URL(line.url).port}`]);
  await until(async () => (await roleOf(replica.port)) === "follows", "the replica follows");
  const [command, port, folder] = [await program(), await freePort(), temporaryDirectory("sentinel")];
  const configuration = join(folder.path, "sentinel.conf");
  writeFileSync(
    configuration,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder.path}`,
      `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${MASTER_NAME} 1000`,
      `sentinel failover-timeout ${MASTER_NAME} 5000`,
      "",
    ].join("\n"),
  );
  const sentinel = spawn(command, [configuration, "--sentinel"], { stdio: ["ignore", "ignore", "inherit"] });
  const stopSentinel = keep(sentinel, "SIGKILL");
  await until(async () => {
    const answer = await ask(port, "SENTINEL", "REPLICAS", MASTER_NAME);
    return Array.isArray(answer) && answer.length === 1;
  }, "Sentinel knows the replica");
  return {
    url: `redis-sentinel://127.0.0.1:${port}/${MASTER_NAME}`,
    port: master.port,
    pauseReplication: () => line.halfOpen(),
    killMaster: () => master.kill(),
    failedOver: () => until(async () => (await roleOf(replica.port)) === "takes writes", "the replica takes writes"),
    async stop() {
      await stopSentinel();
      await Promise.all([master.stop(), replica.stop(), line.close(), folder.remove()]);
    },
  };
}
