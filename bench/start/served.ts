import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { residentMib } from "../contest/process-cost.js";

/** What a process that serves has cost, by its first answer and once it has come to rest. */
export interface Start {
  readonly firstAnswerMs: number;
  /** Null where it has no management port. */
  readonly readyMs: number | null;
  readonly cpuMs: number;
  readonly memoryMib: number;
  readonly restCpuMs: number;
  readonly restMemoryMib: number;
  /** By its own metrics; null where it has none. */
  readonly restHeapMib: number | null;
}

export interface Served {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly managementPort: number | null;
}

/** What is loaded once it listens is there by then. */
const REST_MS = 1_500;
const LONGEST_START_MS = 20_000;
const ASK_AGAIN_MS = 3;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Of all threads, in nanoseconds (the first figure of schedstat, Documentation/scheduler/sched-stats.rst); ticks of 10 ms are too coarse. */
function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1_000_000;
}

/** Status and body; null where nobody listens yet. */
function ask(port: number, path: string): Promise<{ status: number; body: string } | null> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    }).on("error", () => resolve(null));
  });
}

/** @throws Error where it takes too long, or the process ends. */
async function untilAnswered(child: ChildProcess, port: number, path: string, status: number): Promise<void> {
  const endsAt = performance.now() + LONGEST_START_MS;
  while ((await ask(port, path))?.status !== status) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode} before it answered`);
    if (performance.now() > endsAt) throw new Error(`${path} was not answered with ${status} within ${LONGEST_START_MS} ms`);
    await wait(ASK_AGAIN_MS);
  }
}

function heapMibOf(metrics: string): number {
  return Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1]) / 2 ** 20;
}

/** A process that has come to rest, and goes on until it is stopped. */
export interface Rested {
  readonly start: Start;
  stop(): Promise<void>;
}

/** Starts it, and waits for the first answer and for its rest. */
export async function startOnce({ args, env, port, managementPort }: Served): Promise<Rested> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "ignore", "inherit"] });
  const pid = child.pid ?? 0;
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  try {
    await untilAnswered(child, port, "/auth/session", 401);
    const firstAnswerMs = performance.now() - startedAt;
    const [cpuMs, memoryMib] = [cpuMsOf(pid), residentMib(pid)];
    if (managementPort !== null) await untilAnswered(child, managementPort, "/readyz", 200);
    const readyMs = managementPort === null ? null : performance.now() - startedAt;
    await wait(REST_MS);
    const rest = { restCpuMs: cpuMsOf(pid), restMemoryMib: residentMib(pid) };
    const metrics = managementPort === null ? null : await ask(managementPort, "/metrics");
    const restHeapMib = metrics === null ? null : heapMibOf(metrics.body);
    return { start: { firstAnswerMs, readyMs, cpuMs, memoryMib, ...rest, restHeapMib }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
