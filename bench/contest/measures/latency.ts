import type { Running } from "../contestant.js";
import { CONTESTANTS, type ContestantName } from "../contestants.js";
import { type Latencies, sendAtRate } from "../load/open-loop.js";
import type { LatencyMix, MixName } from "../mixes.js";
import type { LoopDelay } from "../probe.js";
import type { Progress } from "../progress.js";
import { medianOf, rounded, spread } from "../report/figures.js";
import type { Row, Section } from "../report/section.js";
import { differenceOf, type Rounds, ratioOf } from "../targets.js";
import { type Heat, takeTurns } from "./rounds.js";

/** Open at once. At half of what one core takes few are busy, and after a pause of some milliseconds there are still enough. */
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 4;
/** The API itself, with nobody before it. */
const DIRECT = "direct";

interface Round extends Latencies {
  /** Null for what is no Node.js. */
  readonly loopDelay: LoopDelay | null;
}

async function measureOne({ url, cookies, probe }: Running, { request }: LatencyMix, perSecond: number, seconds: number): Promise<Round> {
  const requests = cookies.map((cookie) => request(url, cookie));
  await probe?.watchDelay();
  const latencies = await sendAtRate({ url, requests, perSecond, seconds, connections: CONNECTIONS });
  return { ...latencies, loopDelay: (await probe?.delay()) ?? null };
}

/** How much later than the API's own its answers come through each proxy, all at the same rate. */
export async function measureLatency(
  name: MixName,
  mix: LatencyMix,
  start: () => Promise<Heat<Running>>,
  { direct, perSecond, progress }: { readonly direct: Running; readonly perSecond: number; readonly progress: Progress },
): Promise<{ readonly section: Section; readonly failed: ReadonlyMap<string, string> }> {
  const { rounds, seconds } = mix;
  const { rounds: measured, failed } = await takeTurns({
    rounds,
    async start() {
      const { players, stop } = await start();
      return { players: new Map([[DIRECT, direct], ...players]), stop };
    },
    warmUp: (proxy) => measureOne(proxy, mix, perSecond, Math.min(WARM_UP_SECONDS, seconds)),
    roundBegins: (round, count) => progress.begin(`${name}: round ${round + 1} of ${rounds}`, count * seconds),
    turn: (proxy) => measureOne(proxy, mix, perSecond, seconds),
  });
  const p99 = figuresOf(measured, ({ p99 }) => p99);
  const added = Object.fromEntries(
    Object.keys(measured).flatMap((each) => (each === DIRECT ? [] : [[each, minus(p99[each] ?? [], p99[DIRECT] ?? [])]])),
  );
  return {
    section: {
      mix: name,
      title: mix.title,
      how: `${perSecond} calls a second, each sent when it is due and timed from then on (open loop). ${rounds} rounds of ${seconds} s each. Event-loop delay: how much later than it was due the loop came round.`,
      unit: "ms that the 99th percentile is above that of the API alone",
      rows: Object.keys(measured).map((each) => rowOf(each, measured, added)),
      figures: added,
      rounds: measured,
    },
    failed,
  };
}

type Measured = Readonly<Record<string, readonly Round[]>>;

function figuresOf(measured: Measured, figure: (round: Round) => number): Record<string, number[]> {
  return Object.fromEntries(Object.entries(measured).map(([name, rounds]) => [name, rounds.map(figure)]));
}

function minus(figures: readonly number[], others: readonly number[]): number[] {
  return figures.flatMap((figure, round) => {
    const other = others[round];
    return other === undefined ? [] : [figure - other];
  });
}

function rowOf(name: string, measured: Measured, added: Rounds): Row {
  const rounds = measured[name] ?? [];
  const p50 = figuresOf(measured, ({ p50 }) => p50);
  const p99 = figuresOf(measured, ({ p99 }) => p99);
  const delays = rounds.flatMap(({ loopDelay }) => (loopDelay === null ? [] : [loopDelay]));
  const delay = (figure: (delay: LoopDelay) => number) => (delays.length === 0 ? "" : rounded(medianOf(delays.map(figure))));
  const above = name !== DIRECT;
  return {
    Name: name,
    Proxy: name === DIRECT ? "the API alone" : CONTESTANTS[name as ContestantName].title,
    "p50, ms": rounded(medianOf(p50[name] ?? [])),
    "p99, ms": rounded(medianOf(p99[name] ?? [])),
    [`p50 × ${DIRECT}`]: above ? spread(ratioOf(p50, name, DIRECT)) : "1",
    [`p99 × ${DIRECT}`]: above ? spread(ratioOf(p99, name, DIRECT)) : "1",
    "added p50, ms": above ? spread(differenceOf(p50, name, DIRECT)) : "",
    "added p99, ms": above ? spread(differenceOf(p99, name, DIRECT)) : "",
    "added p99 × least": above ? (name === "least" ? "1" : spread(ratioOf(added, name, "least"))) : "",
    "loop delay p50, ms": delay(({ p50 }) => p50),
    "loop delay p99, ms": delay(({ p99 }) => p99),
  };
}
