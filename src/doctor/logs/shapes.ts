import type { Histogram, Window } from "./histogram.js";
import { ageInWords } from "./words.js";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Fewer tell nothing of how they lie. */
const FEWEST = 5;
const FEWEST_AT_ONCE = 10;
/**
 * How near each other ages lie that one lifetime made. Cognito says so at the first refresh past it: that is within minutes for who refreshes
 * often, and within one ID token's life for everybody who stays.
 */
const HALF_WIDTHS_SECONDS = [2 * MINUTE, 10 * MINUTE, 30 * MINUTE] as const;
/** Two or three of them where the setting was changed on the way. */
const MOST_PILES = 3;
const LEAST_PART_OF_ONE = 0.15;
const LEAST_PART_OF_ALL = 0.75;
/** A quarter of an hour is no fixed age among ages of half an hour. */
const NARROWEST_PART = 0.05;
/** Minutes in which an operator's command, or a script, ends many. */
const AT_ONCE_SECONDS = 5 * MINUTE;

/** Where ages pile up, the fullest pile first; empty where they do not. Seconds. */
export function pilesOf(ages: Histogram): readonly Window[] {
  if (ages.count < FEWEST) return [];
  for (const most of [1, MOST_PILES])
    for (const half of HALF_WIDTHS_SECONDS) {
      const piles = fullest(ages, 2 * half, most);
      if (piles.reduce((sum, { count }) => sum + count, 0) >= LEAST_PART_OF_ALL * ages.count) return piles;
    }
  return [];
}

function fullest(ages: Histogram, width: number, most: number): readonly Window[] {
  const piles: Window[] = [];
  while (piles.length < most) {
    // Those beside one another would be no piles, but slices of what is spread.
    const apart = piles.map(({ from, to, count }) => ({ from: from - width, to: to + width, count }));
    const pile = ages.densest(width, apart);
    if (pile === null || pile.count < LEAST_PART_OF_ONE * ages.count) break;
    piles.push(pile);
  }
  return piles;
}

/** Whether a pile is narrow for its age. */
export function isNarrow({ from, to }: Window): boolean {
  return to - from <= NARROWEST_PART * to;
}

/** The five minutes in which most of them were, where that is half or more; null where they are spread, or too few to tell. Seconds. */
export function atOnce(times: Histogram): Window | null {
  const window = times.count < FEWEST_AT_ONCE ? null : times.densest(AT_ONCE_SECONDS);
  return window !== null && 2 * window.count >= times.count ? window : null;
}

/** `30.0 h ± 2 min`, or `30.0 to 30.9 h` for a wide pile. */
export function pileInWords({ from, to }: Window): string {
  const half = (to - from) / 2;
  if (half <= 10 * MINUTE) return `${ageInWords((from + to) / 2)} ± ${Math.max(1, Math.ceil(half / MINUTE))} min`;
  const [low = "", lowUnit = ""] = ageInWords(from).split(" ");
  const [high = "", highUnit = ""] = ageInWords(to).split(" ");
  return lowUnit === highUnit ? `${low} to ${high} ${highUnit}` : `${low} ${lowUnit} to ${high} ${highUnit}`;
}

/** A session begins a moment after its refresh token did. */
const BEGUN_LATER_SECONDS = 2 * MINUTE;
/** Numbers of days that people mean, and set with another unit. */
const MEANT_DAYS: ReadonlySet<number> = new Set([7, 14, 30, 60, 90, 365]);

export interface LikelyLifetime {
  readonly words: string;
  /** What was meant, where the number is one of days and the unit another; null where nothing is odd. */
  readonly meant: string | null;
}

/** The round setting that makes sessions end from this age on. */
export function likelyLifetime(fromSeconds: number): LikelyLifetime {
  const age = fromSeconds + BEGUN_LATER_SECONDS;
  // Past it, sessions last until their next refresh: one ID token's life at most.
  const days = Math.floor(age / DAY);
  if (days >= 2 && age - days * DAY <= HOUR) return { words: `${days} days`, meant: null };
  const hours = Math.floor(age / HOUR);
  if (hours >= 2) return { words: `${hours} hours`, meant: meantBy(hours) };
  const minutes = Math.floor(age / (5 * MINUTE)) * 5;
  return { words: `${minutes} minutes`, meant: meantBy(minutes) };
}

const meantBy = (value: number) => (MEANT_DAYS.has(value) ? `${value} days` : null);
