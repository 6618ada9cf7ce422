import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { keepOpen } from "./closing.js";
import { type Probe, probeOf } from "./probe.js";
import { processTree } from "./process-cost.js";

/** A server in a process of its own. */
export interface Child {
  readonly pid: number;
  readonly port: number;
  /** What can be asked of it from within; null where it is no Node.js. */
  readonly probe: Probe | null;
  stop(): Promise<void>;
}

/** Whether processes can be kept to one core each: Linux with util-linux. */
export type Pinning = { readonly kind: "pinned"; readonly core: number } | { readonly kind: "free" };

/** What runs before a Node.js contestant's own code; files of `preloads/`. */
export type Preload = "probe" | "open-telemetry";

/** Until then a server that was asked to stop has stopped, or is made to. */
const STOP_WITHIN_MS = 12_000;
const START_WITHIN_MS = 20_000;
/** Characters that are kept of what a program says. */
const MOST_SAID = 2_000;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => killTree(child), STOP_WITHIN_MS);
  await exit;
  clearTimeout(late);
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  for (const pid of processTree(child.pid)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended in between.
    }
  }
}

interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly pinning: Pinning;
  /** Whether it has a channel to this process. */
  readonly ipc: boolean;
}

/** What it writes to stderr is read on, and shown where it ends by itself. */
function start({ program, parameters, env, pinning, ipc }: Command): { readonly child: ChildProcess; stop(): Promise<void> } {
  const [command, all] =
    pinning.kind === "pinned" ? ["taskset", ["-c", String(pinning.core), program, ...parameters]] : [program, parameters];
  const child = spawn(command, all, {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "ignore", "pipe", ...(ipc ? (["ipc"] as const) : [])],
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-MOST_SAID)));
  let stopping = false;
  const close = () => {
    stopping = true;
    return end(child);
  };
  child.once("close", (code, signal) => {
    // Ctrl-C reaches everybody in the terminal.
    if (!stopping && signal !== "SIGINT") process.stderr.write(`${basename(program)} ended with ${code ?? signal}\n${said}`);
  });
  return { child, stop: keepOpen({ close, drop: () => killTree(child) }) };
}

/** What a contestant's Node is started with. */
export function nodeOptions({
  profile,
  preloads = ["probe"],
}: {
  readonly profile: string | null;
  readonly preloads?: readonly Preload[];
}): string[] {
  return [
    "--no-warnings",
    "--expose-gc",
    ...preloads.map((name) => `--import=${new URL(`./preloads/${name}.js`, import.meta.url)}`),
    ...(profile === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`]),
  ];
}

/** Starts one of `servers/`, which tells its port. */
export async function startServer(
  name: string,
  env: Readonly<Record<string, string>>,
  { pinning, profile }: { readonly pinning: Pinning; readonly profile: string | null },
): Promise<Child> {
  const path = new URL(`./servers/${name}.js`, import.meta.url).pathname;
  const { child, stop } = start({ program: process.execPath, parameters: [...nodeOptions({ profile }), path], env, pinning, ipc: true });
  const told = await Promise.race([
    once(child, "message").then(([message]) => message as { readonly port: number }),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${name} ended with ${code} before it listened`))),
  ]);
  return { pid: child.pid ?? 0, port: told.port, probe: probeOf(child), stop };
}

/** Starts a program that listens on a port it was given, and waits until `isUp`. */
export async function startProgram(
  program: string,
  parameters: readonly string[],
  { port, env, pinning, isUp }: { port: number; env: Readonly<Record<string, string>>; pinning: Pinning; isUp: () => Promise<boolean> },
): Promise<Child> {
  const isNode = program === process.execPath;
  const name = basename(program);
  const { child, stop } = start({ program, parameters, env, pinning, ipc: isNode });
  const spawnError = new Promise<never>((_, reject) => child.once("error", reject));
  const endsAt = performance.now() + START_WITHIN_MS;
  const waiting = async () => {
    while (!(await isUp())) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode} before it answered`);
      if (performance.now() > endsAt) throw new Error(`${name} did not answer within ${START_WITHIN_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  try {
    await Promise.race([waiting(), spawnError]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, port, probe: isNode ? probeOf(child) : null, stop };
}

/** Runs a program to its end. @returns what it wrote. @throws Error where it failed. */
export async function runProgram(program: string, parameters: readonly string[]): Promise<string> {
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  const stop = keepOpen({ close: () => end(child), drop: () => killTree(child) });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    if (code !== 0) throw new Error(`${program} ended with ${code ?? signal}: ${text.slice(-500)}`);
    return text;
  } finally {
    await stop();
  }
}
