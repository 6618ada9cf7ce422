import type { Running } from "../contestant.js";
import { CONTESTANTS, type ContestantName } from "../contestants.js";
import type { Generator } from "../load/load.js";
import type { CostMix, MixName } from "../mixes.js";
import { cpuMicros, residentMib } from "../process-cost.js";
import type { Progress } from "../progress.js";
import { medianOf, rounded, spread } from "../report/figures.js";
import type { Row, Section } from "../report/section.js";
import { type Rounds, ratioOf } from "../targets.js";
import { type Heat, takeTurns } from "./rounds.js";

/** What is compiled, pooled and cached by then stays so. */
const WARM_UP_SECONDS = 4;
const BASELINES: readonly ContestantName[] = ["bare", "least", "nginx"];

interface Round {
  /** Microseconds of CPU of the proxy's processes. */
  readonly cpuPerCall: number;
  readonly callsPerSecond: number;
  readonly memoryMib: number;
}

export interface Sending {
  /** The program that sends. */
  readonly by: string;
  readonly load: Generator;
}

/** As many calls as go through. */
export function saturate(
  { url, cookies }: Running,
  { request, connections }: Pick<CostMix, "request" | "connections">,
  { load }: Sending,
  seconds: number,
) {
  return load({ url, requests: cookies.map((cookie) => request(url, cookie)), connections, seconds });
}

/** What a call costs each proxy's processes in CPU time. */
export async function measureCost(
  name: MixName,
  mix: CostMix,
  start: () => Promise<Heat<Running>>,
  { sending, progress }: { readonly sending: Sending; readonly progress: Progress },
): Promise<{ readonly section: Section; readonly failed: ReadonlyMap<string, string> }> {
  const { rounds, seconds, connections } = mix;
  const { rounds: measured, failed } = await takeTurns({
    rounds,
    start,
    warmUp: (proxy: Running) => saturate(proxy, mix, sending, Math.min(WARM_UP_SECONDS, seconds)),
    roundBegins: (round, count) => progress.begin(`${name}: round ${round + 1} of ${rounds}`, count * seconds),
    async turn(proxy): Promise<Round> {
      const before = cpuMicros(proxy.pid);
      const { answered, seconds: took } = await saturate(proxy, mix, sending, seconds);
      const cpuPerCall = (cpuMicros(proxy.pid) - before) / answered;
      return { cpuPerCall, callsPerSecond: answered / took, memoryMib: residentMib(proxy.pid) };
    },
  });
  const figures = Object.fromEntries(Object.entries(measured).map(([each, all]) => [each, all.map(({ cpuPerCall }) => cpuPerCall)]));
  return {
    section: {
      mix: name,
      title: mix.title,
      how: `CPU time of the proxy's processes. ${rounds} rounds of ${seconds} s each, ${connections} connections, driven by ${sending.by}.`,
      unit: "µs of CPU a call",
      rows: Object.keys(figures).map((each) => rowOf(each as ContestantName, figures, measured[each] ?? [])),
      figures,
      rounds: measured,
    },
    failed,
  };
}

function rowOf(name: ContestantName, figures: Rounds, rounds: readonly Round[]): Row {
  const baselines = BASELINES.filter((each) => figures[each] !== undefined);
  return {
    Name: name,
    Proxy: CONTESTANTS[name].title,
    "µs of CPU a call": rounded(medianOf(figures[name] ?? [])),
    ...Object.fromEntries(baselines.map((each) => [`× ${each}`, each === name ? "1" : spread(ratioOf(figures, name, each))])),
    "calls a second": medianOf(rounds.map(({ callsPerSecond }) => callsPerSecond)).toFixed(0),
    "memory, MiB": medianOf(rounds.map(({ memoryMib }) => memoryMib)).toFixed(0),
  };
}
