import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
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
  stop(): Promise<void>;
}

const NAMES = ["redis-server", "valkey-server"];

/** Why it is skipped where none is installed; false where it runs. */
export async function withoutRedis(): Promise<string | false> {
  return (await findExecutable(NAMES)) === null && process.env["CI"] !== "true" ? "no redis-server: npm run test:setup installs it" : false;
}

/** @param settings more of its command line. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const program = await findExecutable(NAMES);
  if (program === null) throw new Error("no redis-server: npm run test:setup installs it");
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "bff-redis-"));
  const quiet = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
  const child = spawn(program, [...quiet, ...settings], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Ready to accept connections")) resolve();
    });
    child.once("error", reject);
    void ended.then(() => reject(new Error(`redis-server ended: ${said}`)));
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster of one node that has all slots. */
export async function startCluster(): Promise<RedisServer> {
  // The port of the cluster's bus is 10000 above its own by default, where another server may be.
  const server = await startRedis(["--cluster-enabled", "yes", "--cluster-port", String(await freePort())]);
  const client = await createClient({ url: server.url }).connect();
  await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  await until(async () => String(await client.sendCommand(["CLUSTER", "INFO"])).includes("cluster_state:ok"), "the cluster is up");
  client.destroy();
  return server;
}
