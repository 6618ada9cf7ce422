/** More bins than that, and each becomes twice as wide: what it holds does not grow with what was added. */
const MOST_BINS = 65_536;

/** Where values lie: the ends are exact to a bin. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

interface Bins {
  /** Numbers of the bins, in order; bin `n` reaches from `n × width` to `(n + 1) × width`. */
  readonly numbers: readonly number[];
  readonly counts: readonly number[];
}

/** Counts of values near each other, in constant memory: exact to a unit while they are few different ones. */
export class Histogram {
  readonly #mostBins: number;
  #bins = new Map<number, number>();
  #width = 1;
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #sorted: Bins | null = null;

  constructor(mostBins = MOST_BINS) {
    this.#mostBins = mostBins;
  }

  get count(): number {
    return this.#count;
  }

  get min(): number {
    return this.#min;
  }

  get max(): number {
    return this.#max;
  }

  /** How far a value may lie from where it is said to. */
  get resolution(): number {
    return this.#width;
  }

  add(value: number): void {
    this.#count += 1;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#sorted = null;
    const bin = Math.floor(value / this.#width);
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    if (this.#bins.size > this.#mostBins) this.#coarsen();
  }

  /** The value below or at which this part of all lies; null where there is none. */
  quantile(part: number): number | null {
    if (this.#count === 0) return null;
    const { numbers, counts } = this.#inOrder();
    let left = part * this.#count;
    for (const [index, number] of numbers.entries()) {
      left -= counts[index] ?? 0;
      if (left <= 0) return this.#bounded(number * this.#width);
    }
    return this.#max;
  }

  /** The window of this width that holds most, the earliest of equals, as narrow as what it holds; null where there is nothing. */
  densest(width: number, without: readonly Window[] = []): Window | null {
    const { numbers, counts } = this.#inOrder();
    const taken = numbers.map((number) => {
      const value = this.#bounded(number * this.#width);
      return without.some(({ from, to }) => value >= from && value <= to);
    });
    let best: { first: number; last: number; count: number } | null = null;
    let first = 0;
    let count = 0;
    for (const [last, number] of numbers.entries()) {
      if (taken[last]) {
        first = last + 1;
        count = 0;
        continue;
      }
      count += counts[last] ?? 0;
      while ((number - (numbers[first] ?? number)) * this.#width > width) {
        count -= counts[first] ?? 0;
        first += 1;
      }
      if (count > (best?.count ?? 0)) best = { first, last, count };
    }
    if (best === null) return null;
    const at = (index: number) => this.#bounded((numbers[index] ?? 0) * this.#width);
    return { from: at(best.first), to: at(best.last), count: best.count };
  }

  #bounded(value: number): number {
    return Math.min(this.#max, Math.max(this.#min, value));
  }

  #inOrder(): Bins {
    if (this.#sorted === null) {
      const entries = [...this.#bins].sort(([a], [b]) => a - b);
      this.#sorted = { numbers: entries.map(([number]) => number), counts: entries.map(([, count]) => count) };
    }
    return this.#sorted;
  }

  #coarsen(): void {
    const wider = new Map<number, number>();
    for (const [bin, count] of this.#bins) {
      const number = Math.floor(bin / 2);
      wider.set(number, (wider.get(number) ?? 0) + count);
    }
    this.#bins = wider;
    this.#width *= 2;
  }
}
