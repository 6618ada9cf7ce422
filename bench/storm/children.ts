import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { FaultPlan } from "../../src/local-cognito/index.js";
import { keepOpen } from "../contest/closing.js";
import type { Order, Rotation, SignedIn, StandInsFigures, StandInsOptions, Told } from "./stand-ins.js";

/*
 * Processes that the storm starts, and ends whichever way it ends itself.
 */

const STAND_INS = new URL("./stand-ins.js", import.meta.url).pathname;
const MAIN = new URL("../../src/main.js", import.meta.url).pathname;
const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5_000;

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

/** Ends a process by a signal, and by SIGKILL where that does not help. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (isOver(child)) return;
  const exit = once(child, "exit");
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await exit;
  clearTimeout(late);
}

export const keep = (child: ChildProcess, signal: NodeJS.Signals) =>
  keepOpen({ close: () => end(child, signal), drop: () => void (!isOver(child) && child.kill("SIGKILL")) });

export interface StandIns {
  readonly cognitoUrl: string;
  readonly apiUrl: string;
  signIn(rotation: Rotation, count: number): Promise<readonly SignedIn[]>;
  faults(plans: readonly FaultPlan[]): Promise<void>;
  forget(): Promise<void>;
  figures(): Promise<StandInsFigures>;
  stop(): Promise<void>;
}

export async function startStandIns(options: StandInsOptions): Promise<StandIns> {
  const child = fork(STAND_INS, { env: { PATH: process.env["PATH"] ?? "", STAND_INS: JSON.stringify(options) } });
  const stop = keep(child, "SIGTERM");
  /** One order at a time, so that the next message is its answer. */
  async function next<Kind extends Told["told"]>(kind: Kind): Promise<Extract<Told, { told: Kind }>> {
    const over = new AbortController();
    const gone = once(child, "exit", { signal: over.signal }).then(() => Promise.reject(new Error("the stand-ins ended")));
    const [told] = (await Promise.race([once(child, "message"), gone]).finally(() => over.abort())) as [Told];
    if (told.told !== kind) throw new Error(`the stand-ins told ${told.told}, not ${kind}`);
    return told as Extract<Told, { told: Kind }>;
  }
  const order = (what: Order) => child.send(what);
  const { cognitoUrl, apiUrl } = await next("addresses");
  return {
    cognitoUrl,
    apiUrl,
    async signIn(rotation, count) {
      order({ order: "sign in", rotation, count });
      return (await next("signed in")).people;
    },
    async faults(plans) {
      order({ order: "faults", plans });
      await next("done");
    },
    async forget() {
      order({ order: "forget" });
      await next("done");
    },
    async figures() {
      order({ order: "figures" });
      return (await next("figures")).figures;
    },
    stop,
  };
}

/** One `cognito-bff start`. */
export interface Replica {
  readonly port: number;
  /** As a machine that loses power. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface ReplicaOptions {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** Where its log goes; null: nowhere. */
  readonly log: string | null;
}

export async function startReplica({ port, env, log }: ReplicaOptions): Promise<Replica> {
  const child = spawn(process.execPath, ["--no-warnings", MAIN, "start"], {
    env: { PATH: process.env["PATH"] ?? "", PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // How it stops is no part of a storm.
  const stop = keep(child, "SIGKILL");
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  if (log !== null) child.stdout.pipe(createWriteStream(log));
  const endsAtMs = performance.now() + START_WITHIN_MS;
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/auth/session`).then(
      ({ status }) => status > 0,
      () => false,
    );
  while (!(await isUp())) {
    if (isOver(child) || performance.now() > endsAtMs) throw new Error(`a replica did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { port, kill: () => end(child, "SIGKILL"), stop };
}
