/* Loaded before a contestant's own code: answers what the bench asks over the channel that it started this process with, and costs nothing until then. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Question, Reply } from "../probe.js";

/** The histogram counts from tick to tick, so that this much of each figure is no delay. */
const RESOLUTION_MS = 10;

let histogram: IntervalHistogram | null = null;

async function answer({ ask }: Question): Promise<Reply> {
  if (ask === "memory") return { told: "memory", memory: await memory() };
  if (ask === "watch-delay") {
    histogram?.disable();
    histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    return { told: "watching" };
  }
  const delayOf = (percentile: number) => Math.max(0, (histogram?.percentile(percentile) ?? Number.NaN) / 1e6 - RESOLUTION_MS);
  const delay = { p50: delayOf(50), p99: delayOf(99) };
  histogram?.disable();
  histogram = null;
  return { told: "delay", delay };
}

/** What a first collection only marks to be finalised goes with a second one. */
async function memory() {
  for (let times = 0; times < 3; times++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, outside: external, resident: rss };
}

process.on("message", (question: Question) => {
  void answer(question).then((reply) => process.send?.(reply));
});
// A listener would keep this process alive, and a contestant has to end as it ends without it.
process.channel?.unref();
// Nobody is left to ask, nor to stop it.
process.on("disconnect", () => process.exit(0));
