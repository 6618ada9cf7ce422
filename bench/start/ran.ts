import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a command that ends by itself has cost. */
export interface Run {
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly memoryMib: number;
}

/** Nobody else can tell once a process is gone: it tells on its way out, on a channel of its own. */
const TELLS = `process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  require("node:fs").writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, memoryMib: maxRSS / 1024 }));
});`;

/** Runs Node.js with these arguments. @throws Error where it ends with anything but 0. */
export async function runOnce(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), "cognito-bff-bench-"));
  const tells = join(directory, "tells.cjs");
  writeFileSync(tells, TELLS);
  try {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ["--require", tells, ...args], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "ignore", "inherit", "pipe"],
    });
    let told = "";
    child.stdio[3]?.on("data", (bytes: Buffer) => {
      told += bytes.toString();
    });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${code}`);
    return { tookMs: performance.now() - startedAt, ...(JSON.parse(told) as Omit<Run, "tookMs">) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
