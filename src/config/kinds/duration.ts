/** What a text says as a duration. A number without a unit is a kind of its own, so that the person can be asked which one was meant. */
export type DurationReading =
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "no_unit"; readonly number: string }
  | { readonly kind: "malformed" };

const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
]);

// At most 12 digits: the longest (in days) stays an exact number of milliseconds with room to spare after the range check.
const DURATION = /^(\d{1,12})(ms|s|m|h|d)?$/;

/** Reads `500ms`, `90s`, `15m`, `12h` or `30d`: a whole number and one unit, nothing else. */
export function parseDuration(text: string): DurationReading {
  const match = DURATION.exec(text);
  const [, number, unit] = match ?? [];
  if (number === undefined) return { kind: "malformed" };
  if (unit === undefined) return { kind: "no_unit", number };
  return { kind: "duration", ms: Number(number) * (MS_PER_UNIT.get(unit) ?? Number.NaN) };
}

/** A whole, non-negative number of milliseconds in the largest unit that holds it exactly: `3_600_000` → `1h`, `90_000` → `90s`, `0` → `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  for (const [unit, size] of MS_PER_UNIT) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
