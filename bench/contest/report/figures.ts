import { type Quartiles, quartilesOf } from "../quartiles.js";

/** Three digits that count, as far as behind the point. */
export function rounded(figure: number): string {
  if (!Number.isFinite(figure)) return "";
  const digits = Math.abs(figure) >= 100 ? 0 : Math.abs(figure) >= 10 ? 1 : 2;
  return figure.toFixed(digits);
}

/** `0.71 (0.69 to 0.73)`: the median and the quartiles beside it. */
export function spread(quartiles: Quartiles | null): string {
  if (quartiles === null) return "";
  const { lower, median, upper } = quartiles;
  return `${rounded(median)} (${rounded(lower)} to ${rounded(upper)})`;
}

export function medianOf(figures: readonly number[]): number {
  return quartilesOf(figures).median;
}
