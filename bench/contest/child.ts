import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";

/** A server in a process of its own. */
export interface Child {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** Whether processes can be kept to one core each: Linux with util-linux. */
export type Pinning = { readonly kind: "pinned"; readonly core: number } | { readonly kind: "free" };

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

function pinned(command: string, parameters: readonly string[], pinning: Pinning): [string, string[]] {
  return pinning.kind === "pinned" ? ["taskset", ["-c", String(pinning.core), command, ...parameters]] : [command, [...parameters]];
}

/** What a contestant's Node is started with. */
export function nodeOptions({ profile }: { readonly profile: string | null }): string[] {
  return ["--no-warnings", ...(profile === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`])];
}

/** Starts one of `servers/`, which tells its port. */
export async function startServer(
  name: string,
  env: Readonly<Record<string, string>>,
  { pinning, profile }: { readonly pinning: Pinning; readonly profile: string | null },
): Promise<Child> {
  const path = new URL(`./servers/${name}.js`, import.meta.url).pathname;
  const [execPath, execArgv] = pinned(process.execPath, nodeOptions({ profile }), pinning);
  const child = fork(path, {
    execPath,
    execArgv,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const told = await Promise.race([
    once(child, "message").then(([message]) => message as { readonly port: number }),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${name} ended with ${code} before it listened`))),
  ]);
  return { pid: child.pid ?? 0, port: told.port, stop: () => end(child) };
}

/** Starts a program that listens on a port it was given, and waits until `isUp`. */
export async function startProgram(
  command: string,
  parameters: readonly string[],
  { port, env, pinning, isUp }: { port: number; env: Readonly<Record<string, string>>; pinning: Pinning; isUp: () => Promise<boolean> },
): Promise<Child> {
  const child = spawn(...pinned(command, parameters, pinning), {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const endsAt = performance.now() + 20_000;
  while (!(await isUp())) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode} before it answered`);
    if (performance.now() > endsAt) {
      await end(child);
      throw new Error(`${command} did not answer within 20 s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { pid: child.pid ?? 0, port, stop: () => end(child) };
}
