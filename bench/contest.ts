import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { type Pinning, startServer } from "./contest/child.js";
import { CONTESTANTS, type Running } from "./contest/contestants.js";
import { installed, LOAD_GENERATOR, sendLoad } from "./contest/load.js";
import { MIXES, type MixName } from "./contest/mixes.js";
import { startNginxUpstream } from "./contest/nginx.js";
import { cpuMicros, residentMib } from "./contest/process-cost.js";
import { quartilesOf } from "./contest/quartiles.js";
import { ratioOf, TARGETS, verdictOn } from "./contest/targets.js";

/*
 * npm run bench: what a call through each proxy costs its processes in CPU time, one after another, round by round, before the same API and with
 * the same bytes of headers. The machine's speed goes up and down, so only what was measured in one round is compared: the ratios count.
 */

const BASELINE = "bare";
/** What is compiled, pooled and cached by then stays so. */
const WARM_UP_SECONDS = 2;

interface Round {
  /** Microseconds of CPU of the proxy's processes. */
  readonly cpuPerCall: number;
  readonly callsPerSecond: number;
}

interface Options {
  readonly mix: MixName;
  readonly only?: string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly save?: true;
  readonly profile?: string;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1.");
  return number;
}

function names(text: string): string[] {
  const chosen = text.split(",");
  const unknown = chosen.find((name) => !Object.hasOwn(CONTESTANTS, name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no ${unknown}. There are: ${Object.keys(CONTESTANTS).join(", ")}.`);
  return chosen;
}

/** Proxies on the first core, everything else on the second; free where the system or the machine cannot. */
function pin(): Pinning {
  if (availableParallelism() < 2) return { kind: "free" };
  try {
    execFileSync("taskset", ["-cp", "1", String(process.pid)], { stdio: "ignore" });
    return { kind: "pinned", core: 0 };
  } catch {
    return { kind: "free" };
  }
}

function mixName(text: string): MixName {
  if (!Object.hasOwn(MIXES, text)) throw new InvalidArgumentError(`There is no ${text}. There are: ${Object.keys(MIXES).join(", ")}.`);
  return text as MixName;
}

async function measure(proxy: Running, { mix, connections, seconds }: Pick<Options, "mix" | "connections" | "seconds">): Promise<Round> {
  const { pid, url, cookies } = proxy;
  const before = cpuMicros(pid);
  const requests = cookies.map((cookie) => MIXES[mix].request(url, cookie));
  const { answered, seconds: took } = await sendLoad({ url, requests, connections, seconds });
  return { cpuPerCall: (cpuMicros(pid) - before) / answered, callsPerSecond: answered / took };
}

function show(rounds: Readonly<Record<string, readonly Round[]>>, memory: Readonly<Record<string, number>>): void {
  const costs = Object.fromEntries(Object.entries(rounds).map(([name, each]) => [name, each.map(({ cpuPerCall }) => cpuPerCall)]));
  const table: Record<string, Record<string, string>> = {};
  for (const [name, each] of Object.entries(rounds)) {
    const cost = quartilesOf(costs[name] ?? []);
    const ratio = ratioOf(costs, name, BASELINE);
    table[CONTESTANTS[name]?.name ?? name] = {
      "µs of CPU a call": cost.median.toFixed(0),
      [`× ${BASELINE}`]: ratio === null ? "" : `${ratio.median.toFixed(2)} (${ratio.lower.toFixed(2)} to ${ratio.upper.toFixed(2)})`,
      "calls a second": quartilesOf(each.map(({ callsPerSecond }) => callsPerSecond)).median.toFixed(0),
      "memory, MiB": (memory[name] ?? Number.NaN).toFixed(0),
    };
  }
  console.table(table);
  for (const target of TARGETS) {
    const verdict = verdictOn(target, costs);
    if (verdict !== null) console.log(`${target.of} ≤ ${target.most} × ${target.against}: ${verdict}`);
  }
}

function versions(): object {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, { version?: string }> };
  const of = (name: string) => lock.packages[`node_modules/${name}`]?.version ?? null;
  return { node: process.version, fastify: of("fastify"), undici: of("undici"), "@fastify/http-proxy": of("@fastify/http-proxy") };
}

async function contest({ mix, only = Object.keys(CONTESTANTS), rounds, seconds, connections, save, profile }: Options): Promise<void> {
  const pinning = pin();
  const free: Pinning = pinning.kind === "pinned" ? { kind: "pinned", core: 1 } : pinning;
  const upstream = await (installed("nginx") ? startNginxUpstream(free) : startServer("upstream", {}, { pinning: free, profile: null }));
  console.log(`${MIXES[mix].title}; ${connections} connections, driven by ${LOAD_GENERATOR}; ${pinning.kind}`);
  const running = new Map<string, Running>();
  const measured: Record<string, Round[]> = {};
  try {
    for (const name of only) {
      const contestant = CONTESTANTS[name];
      const missing = contestant?.missing() ?? null;
      if (missing !== null) console.log(`skipped: ${contestant?.name}, since ${missing}`);
      if (!contestant || missing !== null) continue;
      console.log(`starting: ${contestant.name}`);
      measured[name] = [];
      running.set(name, await contestant.start({ upstream: `http://127.0.0.1:${upstream.port}`, pinning, profile: profile ?? null }));
    }
    for (const proxy of running.values()) await measure(proxy, { mix, connections, seconds: Math.min(WARM_UP_SECONDS, seconds) });
    for (let round = 1; round <= rounds; round++) {
      console.log(`round ${round} of ${rounds}`);
      // Another order each time, so that nobody always comes after the same.
      const order = [...running].map((_, index, all) => all[(index + round) % all.length]).filter((entry) => entry !== undefined);
      for (const [name, proxy] of order) measured[name]?.push(await measure(proxy, { mix, connections, seconds }));
    }
    const memory = Object.fromEntries([...running].map(([name, { pid }]) => [name, residentMib(pid)]));
    show(measured, memory);
    if (save) {
      mkdirSync("bench/results", { recursive: true });
      const date = new Date().toISOString().slice(0, 10);
      const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), kernel: release(), pinned: pinning.kind === "pinned" };
      writeFileSync(
        `bench/results/${date}.json`,
        `${JSON.stringify({ date, machine, versions: versions(), seconds, connections, measured, memory }, null, 2)}\n`,
      );
      console.log(`saved: bench/results/${date}.json`);
    }
  } finally {
    for (const { stop } of running.values()) await stop();
    await upstream.stop();
  }
}

await new Command("npm run bench --")
  .description("Compares what a call through each proxy costs. Traffic goes to loopback only.")
  .option("--only <names>", `some of: ${Object.keys(CONTESTANTS).join(", ")}`, names)
  .option("--mix <name>", `one of: ${Object.keys(MIXES).join(", ")}`, mixName, "small")
  .option("--rounds <n>", "how often each takes its turn", count, 9)
  .option("--seconds <n>", "how long a turn is", count, 5)
  .option("--connections <n>", "how many calls are under way at once", count, 32)
  .option("--profile <directory>", "also write a CPU profile of each Node process there")
  .option("--save", "also write bench/results/DATE.json")
  .action(contest)
  .parseAsync();
