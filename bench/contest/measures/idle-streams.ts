import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import WebSocket from "ws";
import type { Running } from "../contestant.js";
import { CONTESTANTS, type ContestantName } from "../contestants.js";
import type { IdleMix, MixName } from "../mixes.js";
import type { Memory, Probe } from "../probe.js";
import type { Progress } from "../progress.js";
import { medianOf, rounded, spread } from "../report/figures.js";
import type { Row, Section } from "../report/section.js";
import { differenceOf, type Rounds } from "../targets.js";
import { type Heat, takeTurns } from "./rounds.js";

const AT_ONCE = 50;
/** Opened and closed before anything is measured: what the first ones compile and pool stays. */
const WARM_UP = 100;
/** Until then what was closed is closed at either end, and what was opened is idle; few are sooner. */
const SETTLE_MS = 1_000;
const SETTLE_MS_EACH = 5;
/** About as long as it takes a proxy to open a thousand and to close them. */
export const SECONDS_OF_IDLE_ROUND = 6;
const BYTES_PER_KB = 1_000;

/** What one stream holds; kB. */
interface Round {
  readonly heap: number;
  readonly outside: number;
  readonly resident: number;
}

/** Why so many cannot be opened here; null: they can. A proxy has two ends of each. Node.js raises its own limit as far as it may. */
export function tooFewFiles(streams: number): string | null {
  const limits = existsSync("/proc/self/limits") ? readFileSync("/proc/self/limits", "utf8") : "";
  const hard = /Max open files\s+\S+\s+(\d+)/.exec(limits)?.[1];
  const needed = 2 * streams + 200;
  return hard === undefined || Number(hard) >= needed ? null : `it needs ${needed} open files: raise the hard limit (ulimit -Hn)`;
}

type Close = () => void;

async function openSocket({ url, cookies }: Running): Promise<Close> {
  const [cookie = ""] = cookies;
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/socket`, { origin: url, perMessageDeflate: false, headers: { cookie } });
  await once(socket, "open");
  socket.on("error", () => {});
  return () => socket.terminate();
}

async function openEvents({ url, cookies }: Running, agent: Agent): Promise<Close> {
  const [cookie = ""] = cookies;
  const asked = request(`${url}/api/events`, { agent, headers: { cookie, accept: "text/event-stream", "sec-fetch-site": "same-origin" } });
  asked.end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`a stream was answered ${answer.statusCode}`);
  answer.on("error", () => {}).resume();
  return () => answer.destroy();
}

/** Opens so many, a few at once, lets them settle, looks, and closes them. */
async function withOpen<T>(proxy: Running, { stream }: IdleMix, count: number, look: () => Promise<T>): Promise<T> {
  const agent = new Agent({ keepAlive: false });
  const open = stream === "sse" ? () => openEvents(proxy, agent) : () => openSocket(proxy);
  const closes: Close[] = [];
  try {
    for (let from = 0; from < count; from += AT_ONCE)
      closes.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, open))));
    await settle(count);
    return await look();
  } finally {
    for (const close of closes) close();
    agent.destroy();
    await settle(count);
  }
}

const settle = (count: number) => new Promise((resolve) => setTimeout(resolve, Math.min(SETTLE_MS, count * SETTLE_MS_EACH)));

async function measureOne(proxy: Running, probe: Probe, mix: IdleMix, count: number): Promise<Round> {
  const before = await probe.memory();
  const after = await withOpen(proxy, mix, count, () => probe.memory());
  const each = (figure: (memory: Memory) => number) => (figure(after) - figure(before)) / count / BYTES_PER_KB;
  return { heap: each(({ heap }) => heap), outside: each(({ outside }) => outside), resident: each(({ resident }) => resident) };
}

/** What an idle stream holds in each proxy after garbage collection. */
export async function measureIdle(
  name: MixName,
  mix: IdleMix,
  start: () => Promise<Heat<Running>>,
  { streams, progress }: { readonly streams: number; readonly progress: Progress },
): Promise<{ readonly section: Section; readonly failed: ReadonlyMap<string, string> }> {
  const { rounds } = mix;
  const { rounds: measured, failed } = await takeTurns({
    rounds,
    start,
    warmUp: (proxy: Running) => withOpen(proxy, mix, Math.min(WARM_UP, streams), async () => {}),
    roundBegins: (round, count) => progress.begin(`${name}: round ${round + 1} of ${rounds}`, count * SECONDS_OF_IDLE_ROUND),
    async turn(proxy): Promise<Round> {
      if (proxy.probe === null) throw new Error("it cannot be asked what it holds, since it is no Node.js");
      return measureOne(proxy, proxy.probe, mix, streams);
    },
  });
  const figures = figuresOf(measured, ({ heap }) => heap);
  return {
    section: {
      mix: name,
      title: `${streams} ${mix.title}`,
      how: `What each holds in the proxy after garbage collection. ${rounds} rounds.`,
      unit: "kB of heap each",
      rows: Object.keys(measured).map((each) => rowOf(each as ContestantName, measured, figures)),
      figures,
      rounds: measured,
    },
    failed,
  };
}

function figuresOf(measured: Readonly<Record<string, readonly Round[]>>, figure: (round: Round) => number): Record<string, number[]> {
  return Object.fromEntries(Object.entries(measured).map(([name, rounds]) => [name, rounds.map(figure)]));
}

function rowOf(name: ContestantName, measured: Readonly<Record<string, readonly Round[]>>, heap: Rounds): Row {
  const rounds = measured[name] ?? [];
  return {
    Name: name,
    Proxy: CONTESTANTS[name].title,
    "kB of heap each": rounded(medianOf(heap[name] ?? [])),
    "more than least": name === "least" ? "" : spread(differenceOf(heap, name, "least")),
    "kB outside the heap each": rounded(medianOf(rounds.map(({ outside }) => outside))),
    "kB resident each": rounded(medianOf(rounds.map(({ resident }) => resident))),
  };
}
