import { type Child, type Pinning, startServer } from "./child.js";
import type { Arena, Running } from "./contestant.js";
import { CONTESTANTS, type ContestantName } from "./contestants.js";
import { startNginxUpstream } from "./proxies/nginx.js";

type Reasons = ReadonlyMap<ContestantName, string>;

/** Contestants that run before one API, and those that do not. */
export interface Field {
  readonly running: ReadonlyMap<ContestantName, Running>;
  /** What is not installed here, or is not there yet. */
  readonly missing: Reasons;
  /** What should have started. */
  readonly failed: Reasons;
  stop(): Promise<void>;
}

/** Who cannot run here is left out, and so is who does not start: the others are still worth comparing. */
export async function startField(names: readonly ContestantName[], arena: Arena, starting: (name: ContestantName) => void): Promise<Field> {
  const running = new Map<ContestantName, Running>();
  const missing = new Map<ContestantName, string>();
  const failed = new Map<ContestantName, string>();
  for (const name of names) {
    const contestant = CONTESTANTS[name];
    const why = contestant.missing();
    if (why !== null) {
      missing.set(name, why);
      continue;
    }
    starting(name);
    try {
      running.set(name, await contestant.start(arena));
    } catch (error) {
      failed.set(name, `it did not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const stop = async () => {
    for (const proxy of running.values()) await proxy.stop();
  };
  return { running, missing, failed, stop };
}

/** The API behind everybody, by the program that it is. */
export type UpstreamName = "nginx" | "node";

export function startUpstream(name: UpstreamName | "streams", pinning: Pinning): Promise<Child> {
  if (name === "nginx") return startNginxUpstream(pinning);
  return startServer(name === "node" ? "upstream" : "streams", {}, { pinning, profile: null });
}
