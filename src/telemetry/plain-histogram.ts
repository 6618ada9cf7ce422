import { Histogram, type HistogramConfiguration, type LabelValues } from "prom-client";

type Exported<Label extends string> = Awaited<ReturnType<Histogram<Label>["get"]>>;

/** The observations of one set of labels, as plain numbers. */
export class PlainSeries {
  readonly bounds: readonly number[];
  /** How many lay in each bucket alone; those above the last bound are in `count`. */
  readonly buckets: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.buckets = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    for (let i = 0; i < this.bounds.length; i++) {
      if (value > (this.bounds[i] ?? 0)) continue;
      this.buckets[i] = (this.buckets[i] ?? 0) + 1;
      return;
    }
  }
}

/**
 * A histogram of prom-client whose series count in plain numbers, and are put into its words when somebody scrapes. Its own hashes the labels anew at
 * each observation: 0.7 to 1.0 µs for three labels, and 0.1 to 0.2 µs here, the finding of the series included.
 */
export class PlainHistogram<Label extends string = never> extends Histogram<Label> {
  readonly #name: string;
  /** An empty one, for all that is not a value. */
  readonly #frame: Histogram<Label>;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { readonly labels: LabelValues<Label>; readonly series: PlainSeries }>();

  constructor(configuration: HistogramConfiguration<Label> & { readonly buckets: number[] }) {
    super(configuration);
    this.#name = configuration.name;
    this.#frame = new Histogram({ ...configuration, registers: [] });
    this.#bounds = configuration.buckets;
  }

  /** The series of these labels, to be kept by whoever observes: the labels' values have to be bounded. */
  series(labels: LabelValues<Label>): PlainSeries {
    const key = JSON.stringify(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    const series = new PlainSeries(this.#bounds);
    this.#series.set(key, { labels, series });
    return series;
  }

  override async get(): Promise<Exported<Label>> {
    return {
      ...(await this.#frame.get()),
      values: [...this.#series.values()].flatMap(({ labels, series }) => this.#valuesOf(labels, series)),
    };
  }

  /** What a registry asks for instead, when it makes its text. */
  getForPromString(): Promise<Exported<Label>> {
    return this.get();
  }

  override reset(): void {
    // prom-client's constructor begins with one.
    if (!(#series in this)) {
      super.reset();
      return;
    }
    for (const { series } of this.#series.values()) {
      series.sum = 0;
      series.count = 0;
      series.buckets.fill(0);
    }
  }

  #valuesOf(labels: LabelValues<Label>, { bounds, buckets, sum, count }: PlainSeries): Exported<Label>["values"] {
    let below = 0;
    const inBuckets = buckets.map((inBucket, index) => {
      below += inBucket;
      return { metricName: `${this.#name}_bucket`, labels: { le: bounds[index] ?? 0, ...labels }, value: below };
    });
    return [
      ...inBuckets,
      { metricName: `${this.#name}_bucket`, labels: { le: "+Inf", ...labels }, value: count },
      { metricName: `${this.#name}_sum`, labels, value: sum },
      { metricName: `${this.#name}_count`, labels, value: count },
    ];
  }
}
