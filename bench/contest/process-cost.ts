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

/** A process and all below it that still run. */
function tree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => tree(Number(child))))];
}

/** Microseconds of CPU, user and system together. */
export function cpuMicros(pid: number): number {
  let sum = 0;
  for (const each of tree(pid)) {
    // The name, in parentheses, may hold spaces.
    const [, rest = ""] = readFileSync(`/proc/${each}/stat`, "utf8").split(/\) (?!.*\) )/s);
    const fields = rest.split(" ");
    sum += Number(fields[11]) + Number(fields[12]);
  }
  return (sum * 1_000_000) / ticks();
}

export function residentMib(pid: number): number {
  let kib = 0;
  for (const each of tree(pid)) kib += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, "utf8"))?.[1] ?? 0);
  return kib / 1024;
}
