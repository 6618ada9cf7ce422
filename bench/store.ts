/*
 * What the shared store costs a call: CPU time of a proxy with its sessions in Redis beside the same with cookies, round by round, and how often Redis is
 * asked; what a session takes there. The client, the API and Redis are other processes. bench/README.md says how to read ratios.
 */
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "@redis/client";
import { Command, InvalidArgumentError } from "commander";
import { closeOnSignals } from "./contest/closing.js";
import type { Arena, Running } from "./contest/contestant.js";
import { CONTESTANTS } from "./contest/contestants.js";
import { startField, startUpstream } from "./contest/field.js";
import { sendWithAutocannon } from "./contest/load/autocannon.js";
import type { Generator } from "./contest/load/load.js";
import { sendWithWrk } from "./contest/load/wrk.js";
import { saturate } from "./contest/measures/cost.js";
import { takeTurns } from "./contest/measures/rounds.js";
import { MIXES } from "./contest/mixes.js";
import { cpuMicros } from "./contest/process-cost.js";
import { createProgress } from "./contest/progress.js";
import { medianOf, rounded, spread } from "./contest/report/figures.js";
import { defaultLoad, defaultUpstream, pin } from "./contest/run.js";
import { ratioOf } from "./contest/targets.js";
import { measureCapacity } from "./store/capacity.js";

const MOST_TIMES = 1.05;
const WARM_UP_SECONDS = 3;
const SECONDS_TO_START = 6;
/** Longer than what Redis said counts without a question (docs/decisions/020, "Trust is a second"). */
const FORGOTTEN_MS = 1_200;
const LATER_CALLS = 5;
/** What is sent for sessions, as Redis calls it; the two connections' own pings are not. */
const ASKED = /^cmdstat_(?:evalsha|eval|hmget|zrem|zrangebyscore):calls=(\d+)/gm;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly json?: true;
  readonly capacity?: true;
}

/** What a session takes in Redis, without any call. */
async function capacity({ json }: Options): Promise<void> {
  const figures = await measureCapacity();
  const { bytesALive, bytesEnded, commandsARefresh, roundTripsARefresh } = figures;
  if (json) console.log(JSON.stringify(figures, null, 2));
  else {
    console.log(`${bytesALive.toFixed(0)} bytes of Redis for a session that lives, ${bytesEnded.toFixed(0)} for one that has ended`);
    console.log(`${commandsARefresh.toFixed(1)} commands in ${roundTripsARefresh.toFixed(1)} round trips for a refresh`);
  }
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100) throw new InvalidArgumentError("A whole number from 1 to 100.");
  return number;
}

/** Commands for sessions so far. One inside of a script counts beside it: rather too many than too few. */
async function asked(port: number): Promise<number> {
  const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
  const text = String(await client.sendCommand(["INFO", "commandstats"]));
  client.destroy();
  return [...text.matchAll(ASKED)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

interface Turn {
  readonly cpuPerCall: number;
  /** Round trips to Redis for each call; zero with cookies. */
  readonly askedPerCall: number;
}

async function turn(running: Running, load: Generator, seconds: number): Promise<Turn> {
  const { pid, storePort } = running;
  const askedBefore = storePort === undefined ? 0 : await asked(storePort);
  const before = cpuMicros(pid);
  const { answered } = await saturate(running, MIXES.small, { by: "", load }, seconds);
  const cpuPerCall = (cpuMicros(pid) - before) / answered;
  const askedPerCall = storePort === undefined ? 0 : ((await asked(storePort)) - askedBefore) / answered;
  return { cpuPerCall, askedPerCall };
}

/** Round trips of a call to a session that has not been called for a while. */
async function askedLater({ url, cookies, storePort }: Running): Promise<number> {
  if (storePort === undefined) return 0;
  const { path, headers } = MIXES.small.request(url, cookies[0] ?? "");
  const before = await asked(storePort);
  for (let calls = 0; calls < LATER_CALLS; calls++) {
    await wait(FORGOTTEN_MS);
    const answer = await fetch(`${url}${path}`, { headers });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    await answer.arrayBuffer();
  }
  return ((await asked(storePort)) - before) / LATER_CALLS;
}

interface Measured {
  readonly rounds: Readonly<Record<string, readonly Turn[]>>;
  readonly later: number;
}

async function measure({ rounds, seconds }: Options): Promise<Measured> {
  const pinning = pin();
  const progress = createProgress(rounds * 2 * seconds + Math.ceil(rounds / 3) * 2 * SECONDS_TO_START);
  const load: Generator = defaultLoad() === "wrk" ? sendWithWrk : sendWithAutocannon;
  const upstream = await startUpstream(defaultUpstream(), pinning.others);
  const arena: Arena = { upstream: `http://127.0.0.1:${upstream.port}`, pinning: pinning.proxies, profile: null };
  let later = 0;
  try {
    const { rounds: measured, failed } = await takeTurns({
      rounds,
      start: async () => {
        const starting = (name: string) => progress.begin(`starting ${name}`, SECONDS_TO_START);
        const { running, failed, stop } = await startField(["ours", "redis"], arena, starting);
        for (const [name, why] of failed) throw new Error(`${name}: ${why}`);
        const stopped = async () => {
          const redis = running.get("redis");
          if (redis) later = Math.max(later, await askedLater(redis));
          await stop();
        };
        return { players: running, stop: stopped };
      },
      warmUp: (running: Running) => saturate(running, MIXES.small, { by: "", load }, WARM_UP_SECONDS),
      roundBegins: (round, players) => progress.begin(`round ${round + 1} of ${rounds}`, players * seconds),
      turn: (running) => turn(running, load, seconds),
    });
    for (const [name, why] of failed) throw new Error(`${name}: ${why}`);
    return { rounds: measured, later };
  } finally {
    await upstream.stop();
  }
}

async function store(options: Options): Promise<void> {
  if (!existsSync("/proc/self/stat")) throw new Error("CPU time of a process is read from /proc: Linux only");
  const missing = CONTESTANTS.redis.missing();
  if (missing !== null) throw new Error(`${missing}: npm run test:setup installs it`);
  closeOnSignals();
  if (options.capacity) return capacity(options);
  const { rounds, later } = await measure(options);
  const figures = Object.fromEntries(Object.entries(rounds).map(([name, turns]) => [name, turns.map(({ cpuPerCall }) => cpuPerCall)]));
  const ratio = ratioOf(figures, "redis", "ours");
  const askedPerCall = medianOf((rounds["redis"] ?? []).map((each) => each.askedPerCall));
  const passed = ratio !== null && ratio.median <= MOST_TIMES && later <= 1;
  if (options.json) {
    console.log(
      JSON.stringify({ cpu_per_call: figures, ratio, round_trips: { under_load: askedPerCall, after_a_pause: later }, passed }, null, 2),
    );
  } else {
    for (const [name, title] of [
      ["ours", "cookies"],
      ["redis", "Redis"],
    ] as const)
      console.log(
        `${title.padEnd(8)} ${rounded(medianOf(figures[name] ?? []))} µs of CPU a call (${(figures[name] ?? []).map(rounded).join(", ")})`,
      );
    console.log(`Redis is ${spread(ratio)} times cookies; ${MOST_TIMES} at most`);
    console.log(`round trips a call: ${askedPerCall.toFixed(4)} of a session in use, ${later.toFixed(2)} after a pause`);
    console.log(passed ? "PASS" : "SHORT");
  }
  // As in the contest: a target that is missed is a result.
}

await new Command("node dist/bench/store.js")
  .description("What the shared store costs a call, beside cookies. It needs redis-server; traffic goes to loopback only.")
  .option("--rounds <n>", "how often each takes its turn", count, 5)
  .option("--seconds <n>", "how long a turn is", count, 5)
  .option("--capacity", "only what a session takes in Redis, in bytes and commands")
  .option("--json", "the figures as JSON, on stdout")
  .action(store)
  .parseAsync();
