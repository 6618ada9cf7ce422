/*
 * A thread that sleeps from beat to beat and says each time how many have been due: a timer of the event loop knows whole milliseconds, and a loop
 * that watched the clock would take the core from the API beside it.
 */
import { parentPort, workerData } from "node:worker_threads";

export interface Beats {
  readonly perSecond: number;
  readonly count: number;
}

export type Beat = { readonly kind: "start"; readonly atMs: number } | { readonly kind: "due"; readonly beats: number };

/** The same clock for every thread of a process, as `performance.now` is not. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const dueAfterMs = (beat: number, perSecond: number): number => (beat * 1000) / perSecond;

function run({ perSecond, count }: Beats, tell: (beat: Beat) => void): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const startedAtMs = monotonicMs();
  tell({ kind: "start", atMs: startedAtMs });
  let beats = 0;
  while (beats < count) {
    const waitMs = startedAtMs + dueAfterMs(beats, perSecond) - monotonicMs();
    if (waitMs > 0) Atomics.wait(never, 0, 0, waitMs);
    const passedMs = monotonicMs() - startedAtMs;
    const before = beats;
    while (beats < count && dueAfterMs(beats, perSecond) <= passedMs) beats++;
    if (beats > before) tell({ kind: "due", beats });
  }
}

// Imported by the main thread it is only its types and its clock.
if (parentPort) {
  const port = parentPort;
  run(workerData as Beats, (beat) => port.postMessage(beat));
}
