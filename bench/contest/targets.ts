import type { ContestantName } from "./contestants.js";
import type { MixName } from "./mixes.js";
import { type Quartiles, quartilesOf } from "./quartiles.js";

/** What one contestant may cost at most, measured by another in the same round. */
export interface Target {
  readonly mix: MixName;
  readonly of: ContestantName;
  readonly against: ContestantName;
  /** `times`: as a multiple of the other's. `plus`: so much more than the other's. */
  readonly compared: "times" | "plus";
  readonly most: number;
  /** What would be better still. */
  readonly stretch?: number;
}

export const TARGETS: readonly Target[] = [
  { mix: "small", of: "ours", against: "bare", compared: "times", most: 0.75, stretch: 0.65 },
  { mix: "small", of: "ours", against: "least", compared: "times", most: 1.4, stretch: 1.15 },
  { mix: "small", of: "ours", against: "apache-shm", compared: "times", most: 0.55 },
  { mix: "small", of: "ours", against: "oauth2-proxy", compared: "times", most: 0.3 },
  { mix: "small", of: "anew", against: "bare", compared: "times", most: 0.95 },
  { mix: "small", of: "redis", against: "ours", compared: "times", most: 1.05 },
  { mix: "large", of: "ours", against: "least", compared: "times", most: 1.1 },
  { mix: "upload", of: "ours", against: "least", compared: "times", most: 1.1 },
  { mix: "latency", of: "ours", against: "least", compared: "times", most: 1.3 },
  { mix: "sse", of: "ours", against: "least", compared: "plus", most: 6 },
  { mix: "websocket", of: "ours", against: "least", compared: "plus", most: 6 },
];

/** One figure a round, by contestant. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

function pairs(rounds: Rounds, of: string, against: string): readonly (readonly [number, number])[] {
  const base = rounds[against] ?? [];
  return (rounds[of] ?? []).flatMap((figure, round) => {
    const other = base[round];
    return other === undefined ? [] : [[figure, other] as const];
  });
}

/**
 * One contestant's figure as a multiple of another's, round by round; null where there is no round with both. A round in which the other's is not
 * above zero is left out: what was to be measured was less than how unevenly the machine ran.
 */
export function ratioOf(rounds: Rounds, of: string, against: string): Quartiles | null {
  const ratios = pairs(rounds, of, against).flatMap(([figure, other]) => (other > 0 ? [figure / other] : []));
  return ratios.length === 0 ? null : quartilesOf(ratios);
}

/** How much one contestant's figure is above another's, round by round; null where there is no round with both. */
export function differenceOf(rounds: Rounds, of: string, against: string): Quartiles | null {
  const differences = pairs(rounds, of, against).map(([figure, other]) => figure - other);
  return differences.length === 0 ? null : quartilesOf(differences);
}

/** What the rounds of a target came to. */
export type Outcome =
  | { readonly kind: "measured"; readonly quartiles: Quartiles }
  /** One of its two did not run. */
  | { readonly kind: "absent" }
  /** A ratio to what is often nothing is chance, whichever way it turns out. */
  | { readonly kind: "uneven"; readonly rounds: number; readonly without: number };

/** With more rounds than that share of which nothing can be said, nothing is said of the rest. */
const MOST_UNEVEN = 0.1;

export function outcomeOf({ of, against, compared }: Target, rounds: Rounds): Outcome {
  const all = pairs(rounds, of, against);
  const without = compared === "times" ? all.filter(([, other]) => other <= 0).length : 0;
  if (without > all.length * MOST_UNEVEN) return { kind: "uneven", rounds: all.length, without };
  const quartiles = compared === "times" ? ratioOf(rounds, of, against) : differenceOf(rounds, of, against);
  return quartiles === null ? { kind: "absent" } : { kind: "measured", quartiles };
}

const HUNDREDTHS = 100;

/** A target holds where three quarters of the rounds hold it. By how much it is short is rounded up, so that it never reads as nothing. */
export function verdictOn(most: number, { upper }: Quartiles): string {
  if (upper <= most) return "PASS";
  return `SHORT by ${(Math.ceil((upper - most) * HUNDREDTHS - 1e-9) / HUNDREDTHS).toFixed(2)}`;
}
