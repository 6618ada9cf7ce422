import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/*
 * What a process and its children have cost so far, as Linux counts it (proc(5)). A round of five seconds is some hundred ticks of 10 ms.
 */

let ticksPerSecond: number | null = null;

function ticks(): number {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ticksPerSecond;
}

/** A process and all below it that still run; none where it does not run any more. */
export function processTree(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => processTree(Number(child))))];
  } catch {
    return [];
  }
}

/** Microseconds of CPU, user and system together, with those of children that are over. */
export function cpuMicros(pid: number): number {
  let sum = 0;
  for (const each of processTree(pid)) {
    // The name, in parentheses, may hold spaces and parentheses.
    const text = readFileSync(`/proc/${each}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(") ") + 2).split(" ");
    // utime, stime, cutime, cstime
    for (const field of fields.slice(11, 15)) sum += Number(field);
  }
  return (sum * 1_000_000) / ticks();
}

export function residentMib(pid: number): number {
  let kib = 0;
  for (const each of processTree(pid)) kib += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, "utf8"))?.[1] ?? 0);
  return kib / 1024;
}
