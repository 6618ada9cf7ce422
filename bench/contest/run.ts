import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Child, Pinning } from "./child.js";
import { type Arena, foreignCookie, type Running } from "./contestant.js";
import { CONTESTANTS, type ContestantName } from "./contestants.js";
import { startField, startUpstream, type UpstreamName } from "./field.js";
import { sendWithAutocannon } from "./load/autocannon.js";
import { type Generator, installed } from "./load/load.js";
import { sendWithWrk } from "./load/wrk.js";
import { measureCost, type Sending, saturate } from "./measures/cost.js";
import { measureIdle, SECONDS_OF_IDLE_ROUND, tooFewFiles } from "./measures/idle-streams.js";
import { measureLatency } from "./measures/latency.js";
import { type Heat, ROUNDS_OF_A_PROCESS } from "./measures/rounds.js";
import { type IdleMix, type LatencyMix, MIXES, type Mix, type MixName } from "./mixes.js";
import { createProgress, type Progress } from "./progress.js";
import { describeMachine, describeVersions } from "./report/machine.js";
import { inMix, type Report } from "./report/report.js";
import { type Section, sectionText } from "./report/section.js";

export type LoadName = "wrk" | "autocannon";

export interface Plan {
  readonly mixes: readonly MixName[];
  /** Who takes part; null: those that each mix names. */
  readonly only: readonly ContestantName[] | null;
  /** Null: as many as each mix names. */
  readonly rounds: number | null;
  readonly seconds: number | null;
  readonly connections: number | null;
  readonly streams: number;
  readonly load: LoadName;
  readonly upstream: UpstreamName;
  /** Where CPU profiles go; null: none are made. */
  readonly profile: string | null;
}

const GENERATORS: Readonly<Record<LoadName, Generator>> = { wrk: sendWithWrk, autocannon: sendWithAutocannon };

/** wrk where it is installed, since it costs the machine least. */
export const defaultLoad = (): LoadName => (installed("wrk") ? "wrk" : "autocannon");
export const defaultUpstream = (): UpstreamName => (installed("nginx") ? "nginx" : "node");

/** Proxies on the first core, everything else on the second; free where the system or the machine cannot. */
export function pin(): { readonly proxies: Pinning; readonly others: Pinning } {
  const free = { proxies: { kind: "free" }, others: { kind: "free" } } as const;
  if (availableParallelism() < 2) return free;
  try {
    // Every thread, since a new one inherits from the one that makes it.
    execFileSync("taskset", ["-acp", "1", String(process.pid)], { stdio: "ignore" });
    return { proxies: { kind: "pinned", core: 0 }, others: { kind: "pinned", core: 1 } };
  } catch {
    return free;
  }
}

/** A mix with what the command line says of it. */
function planned<M extends Mix>(mix: M, { only, rounds, seconds, connections }: Plan): M {
  return {
    ...mix,
    ...(only === null ? {} : { contestants: mix.kind === "cost" ? only : mix.contestants.filter((name) => only.includes(name)) }),
    ...(rounds === null ? {} : { rounds }),
    ...(seconds === null || mix.kind === "idle" ? {} : { seconds }),
    ...(connections === null || mix.kind === "idle" ? {} : { connections }),
  };
}

/** Of one process, with its warming up. */
const SECONDS_TO_START = 6;

function secondsOf(mix: Mix): number {
  const contestants = mix.contestants.filter((name) => CONTESTANTS[name].missing() === null).length;
  const starts = contestants * Math.ceil(mix.rounds / ROUNDS_OF_A_PROCESS) * SECONDS_TO_START;
  switch (mix.kind) {
    case "cost":
      return starts + contestants * mix.rounds * mix.seconds;
    case "latency":
      return starts + (contestants + 1) * mix.rounds * mix.seconds;
    case "idle":
      return starts + contestants * mix.rounds * SECONDS_OF_IDLE_ROUND;
  }
}

/** Runs what is planned, and prints each table as soon as it is there. */
export async function run(plan: Plan): Promise<{ readonly report: Report; readonly failed: boolean }> {
  const run = new Run(plan);
  for (const [name, mix] of run.mixes) {
    const upstream = await startUpstream(mix.kind === "idle" ? "streams" : plan.upstream, run.pinning.others);
    try {
      await run.measure(name, mix, upstream);
    } finally {
      await upstream.stop();
    }
  }
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(run.pinning.proxies.kind === "pinned"),
    versions: describeVersions(),
    upstream: plan.upstream,
    sections: run.sections,
    skipped: run.skipped,
  };
  return { report, failed: run.failed };
}

interface Measured {
  readonly section: Section;
  readonly failed: ReadonlyMap<string, string>;
}

class Run {
  readonly pinning: ReturnType<typeof pin> = pin();
  readonly sections: Section[] = [];
  readonly skipped = new Map<string, string>();
  /** Whether something failed that is not just missing. */
  failed = false;
  readonly mixes: readonly (readonly [MixName, Mix])[];
  readonly #plan: Plan;
  readonly #progress: Progress;
  readonly #sending: Sending;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.mixes = plan.mixes.map((name) => [name, planned(MIXES[name], plan)]);
    this.#progress = createProgress(this.mixes.reduce((sum, [, mix]) => sum + secondsOf(mix), 0));
    this.#sending = { by: plan.load, load: GENERATORS[plan.load] };
  }

  async measure(name: MixName, mix: Mix, upstream: Child): Promise<void> {
    const measured = await this.#measured(name, mix, upstream);
    if (measured === null) return;
    const { section, failed } = measured;
    for (const [contestant, why] of failed) this.#fail(inMix(contestant as ContestantName, name), `it failed: ${why}`);
    this.sections.push(section);
    console.log(sectionText(section));
  }

  async #measured(name: MixName, mix: Mix, upstream: Child): Promise<Measured | null> {
    const start = () => this.#start(name, mix.contestants, upstream);
    const progress = this.#progress;
    switch (mix.kind) {
      case "cost":
        return measureCost(name, mix, start, { sending: this.#sending, progress });
      case "latency":
        return this.#latency(name, mix, upstream);
      case "idle":
        return this.#idle(name, mix, start);
    }
  }

  async #start(name: MixName, contestants: readonly ContestantName[], upstream: Child): Promise<Heat<Running>> {
    const arena: Arena = { upstream: addressOf(upstream), pinning: this.pinning.proxies, profile: this.#plan.profile };
    const starting = (contestant: ContestantName) => this.#progress.begin(`${name}: starting ${contestant}`, SECONDS_TO_START);
    const { running, missing, failed, stop } = await startField(contestants, arena, starting);
    for (const [contestant, why] of missing) this.skipped.set(contestant, why);
    for (const [contestant, why] of failed) this.#fail(inMix(contestant, name), why);
    return { players: running, stop };
  }

  async #latency(name: MixName, mix: LatencyMix, upstream: Child): Promise<Measured | null> {
    const perSecond = mix.contestants.includes("ours") ? await this.#halfOfOurs(name, mix, upstream) : null;
    if (perSecond === null) {
      this.skipped.set(name, "its rate is half of what ours goes up to, and ours does not take part");
      return null;
    }
    const { pid, probe } = upstream;
    const direct: Running = { pid, probe, url: addressOf(upstream), cookies: [foreignCookie()], stop: async () => {} };
    return measureLatency(name, mix, () => this.#start(name, mix.contestants, upstream), { direct, perSecond, progress: this.#progress });
  }

  /** Calls a second; null where ours does not start. */
  async #halfOfOurs(name: MixName, mix: LatencyMix, upstream: Child): Promise<number | null> {
    const { players, stop } = await this.#start(name, ["ours"], upstream);
    try {
      const ours = players.get("ours");
      if (!ours) return null;
      this.#progress.begin(`${name}: what ours goes up to`, 0);
      await saturate(ours, mix, this.#sending, mix.seconds);
      const { answered, seconds } = await saturate(ours, mix, this.#sending, mix.seconds);
      return Math.ceil(answered / seconds / 2);
    } finally {
      await stop();
    }
  }

  async #idle(name: MixName, mix: IdleMix, start: () => Promise<Heat<Running>>): Promise<Measured | null> {
    const tooFew = tooFewFiles(this.#plan.streams);
    if (tooFew === null) return measureIdle(name, mix, start, { streams: this.#plan.streams, progress: this.#progress });
    this.skipped.set(name, tooFew);
    return null;
  }

  #fail(what: string, why: string): void {
    this.skipped.set(what, why);
    this.failed = true;
  }
}

const addressOf = ({ port }: Child) => `http://127.0.0.1:${port}`;
