import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { freePort } from "../../src/demo/free-port.js";
import { until } from "./condition.js";
import { findExecutable } from "./executable.js";

/** A real server of its own, without persistence, on a free port of this machine. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Stops its process for a while, say. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const NAMES = ["redis-server", "valkey-server"];

/** Why it is skipped where none is installed; false where it runs. */
export async function withoutRedis(): Promise<string | false> {
  return (await findExecutable(NAMES)) === null && process.env["CI"] !== "true" ? "no redis-server: npm run test:setup installs it" : false;
}

/** Runs one until it says so, in a folder of its own. */
async function run(port: number, folder: string, options: readonly string[], ready: string): Promise<RedisServer> {
  const program = await findExecutable(NAMES);
  if (program === null) throw new Error("no redis-server: npm run test:setup installs it");
  const child = spawn(program, [...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes(ready)) resolve();
    });
    child.once("error", reject);
    void ended.then(() => reject(new Error(`redis-server ended: ${said}`)));
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (signal) => void child.kill(signal),
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const newFolder = () => mkdtempSync(join(tmpdir(), "bff-redis-"));

/** @param settings more of its command line. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const folder = newFolder();
  const quiet = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
  return run(port, folder, [...quiet, ...settings], "Ready to accept connections");
}

/** A Sentinel that watches a master alone, and is quick to give it up. */
export async function startSentinel(name: string, master: RedisServer): Promise<RedisServer> {
  const port = await freePort();
  const folder = newFolder();
  const config = join(folder, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 300`,
    `sentinel failover-timeout ${name} 2000`,
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  return run(port, folder, [config, "--sentinel"], "+monitor master");
}

/** One node of a cluster, without slots. */
export async function startNode(): Promise<RedisServer> {
  // The port of the cluster's bus is 10000 above its own by default, where another server may be.
  const bus = String(await freePort());
  return startRedis(["--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-announce-ip", "127.0.0.1"]);
}

/** A cluster of one node that has all slots. */
export async function startCluster(): Promise<RedisServer> {
  const server = await startNode();
  const client = await createClient({ url: server.url }).connect();
  await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  await until(async () => String(await client.sendCommand(["CLUSTER", "INFO"])).includes("cluster_state:ok"), "the cluster is up");
  client.destroy();
  return server;
}
