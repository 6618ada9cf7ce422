import { quantileOf } from "../contest/quartiles.js";

/** What an answer was: its status, with the reason where it is a problem of ours; `broken` where the connection went away. */
export type Answered = "broken" | "200" | (string & {});

/** What became of all calls. */
export class Tally {
  readonly #counts = new Map<Answered, number>();
  readonly #tookMs: number[] = [];

  add(answered: Answered, tookMs: number): void {
    this.#counts.set(answered, this.countOf(answered) + 1);
    this.#tookMs.push(tookMs);
  }

  countOf(answered: Answered): number {
    return this.#counts.get(answered) ?? 0;
  }

  /** Answers of every kind but 200, the most frequent first. */
  get others(): readonly (readonly [Answered, number])[] {
    return [...this.#counts].filter(([answered]) => answered !== "200").sort(([, a], [, b]) => b - a);
  }

  get answers(): number {
    return this.#tookMs.length;
  }

  /** Milliseconds from a call to its answer. */
  latencies(): { readonly p50: number; readonly p99: number } {
    const sorted = Float64Array.from(this.#tookMs).sort();
    return { p50: quantileOf(sorted, 0.5), p99: quantileOf(sorted, 0.99) };
  }
}

/**
 * By how much more than a rate and one burst came within any time. Zero where a bucket that holds a burst and is filled at the rate would have let all
 * of it through.
 */
export function excessOf(arrivalsMs: readonly number[], perSecond: number, burst: number): number {
  let [level, atMs, worst] = [burst, Number.NEGATIVE_INFINITY, 0];
  for (const arrivedMs of [...arrivalsMs].sort((a, b) => a - b)) {
    level = Math.min(burst, level + (arrivedMs - atMs) * (perSecond / 1000)) - 1;
    atMs = arrivedMs;
    worst = Math.max(worst, -level);
  }
  return Math.ceil(worst);
}
