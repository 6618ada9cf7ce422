import type { Test } from "tap";
import type { BffOptions } from "../../src/config/options.js";
import { type Clock, systemClock } from "../../src/model/clock.js";
import type { BuildRuntime } from "../../src/server/server.js";
import { type AnotherServer, runAnotherServer } from "./another-server.js";
import { type RunningDemo, runDemo } from "./running-demo.js";
import { SlowBackend } from "./slow-store.js";

/** The demo with its sessions in a shared store that takes its time. */
export interface SharedDemo extends RunningDemo {
  readonly backend: SlowBackend;
  /** One more process behind the same address: a person's `call` takes its whole URL. */
  another(t: Test): Promise<AnotherServer>;
}

/** Half of an answer takes a millisecond or two, so that answers overtake each other. */
const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1 + Math.random()));

/** @param trustMs how long a process goes on without asking; 0: every call asks. */
export async function runSharedDemo(
  t: Test,
  settings: Partial<BffOptions> = {},
  runtime: BuildRuntime = {},
  trustMs = 0,
): Promise<SharedDemo> {
  let clock: Clock = systemClock;
  const backend = new SlowBackend({
    clock: { ...systemClock, now: () => clock.now(), after: (delayMs, callback) => clock.after(delayMs, callback) },
    wait,
    trustMs,
  });
  const demo = await runDemo(t, settings, { ...runtime, openStore: () => backend.open() });
  clock = demo.clock;
  return {
    ...demo,
    backend,
    another: (t) => runAnotherServer(t, demo, { changes: { publicUrl: demo.url }, openStore: () => backend.open() }),
  };
}
