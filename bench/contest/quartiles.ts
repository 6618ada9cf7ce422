/** The middle of figures, and where the lower and the upper half of them have theirs. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** By linear interpolation between neighbours (type 7 of Hyndman and Fan, as in R and NumPy). */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

/** @throws RangeError without figures. */
export function quartilesOf(figures: readonly number[]): Quartiles {
  if (figures.length === 0) throw new RangeError("there are no figures");
  const sorted = [...figures].sort((a, b) => a - b);
  return { lower: quantileOf(sorted, 0.25), median: quantileOf(sorted, 0.5), upper: quantileOf(sorted, 0.75) };
}
