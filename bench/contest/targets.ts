import { type Quartiles, quartilesOf } from "./quartiles.js";

/** What one contestant may cost at most, as a multiple of another in the same round. */
export interface Target {
  readonly of: string;
  readonly against: string;
  readonly most: number;
}

export const TARGETS: readonly Target[] = [
  { of: "ours", against: "bare", most: 0.75 },
  { of: "ours", against: "least", most: 1.4 },
  { of: "anew", against: "bare", most: 0.95 },
];

/** CPU microseconds a call, by contestant and round. */
export type Rounds = Readonly<Record<string, readonly number[]>>;

/** One contestant's cost as a multiple of another's, round by round; null where one of them did not run. */
export function ratioOf(rounds: Rounds, of: string, against: string): Quartiles | null {
  const base = rounds[against];
  const figures = rounds[of];
  if (!base?.length || !figures?.length) return null;
  return quartilesOf(figures.map((figure, round) => figure / (base[round] ?? Number.NaN)));
}

/** A target holds where three quarters of the rounds hold it. */
export function verdictOn(target: Target, rounds: Rounds): string | null {
  const ratio = ratioOf(rounds, target.of, target.against);
  if (ratio === null) return null;
  return ratio.upper <= target.most ? "PASS" : `SHORT by ${(ratio.upper - target.most).toFixed(2)}`;
}
