import type { Clock } from "../model/clock.js";
import type { SessionDirectory, StoreUnavailable } from "../store/session-store.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Where nobody said how long sessions live: as long as a browser keeps a cookie. */
const LONGEST_MS = 400 * DAY_MS;

const AGES_MS = [HOUR_MS, 8 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];
/** Hour by hour for a day, and day by day for the next 29. */
const ENDS_MS = [
  ...Array.from({ length: 24 }, (_, hour) => (hour + 1) * HOUR_MS),
  ...Array.from({ length: 29 }, (_, day) => (day + 2) * DAY_MS),
];

/** How many sessions from one moment to another, both reckoned from now. */
export interface Bucket {
  readonly fromMs: number;
  /** Null: for ever after. */
  readonly toMs: number | null;
  readonly sessions: number;
}

/**
 * What there is in the store, counted by when sessions began. Exact but for two: those nobody comes back for count until their time is up, since
 * nobody says that they are over; and a session may end sooner than here, by its person, an idle limit or Cognito's verdict.
 */
export interface Summary {
  readonly kind: "summary";
  readonly asOfMs: number;
  readonly sessions: number;
  readonly byAge: readonly Bucket[];
  /** When they end at the latest; null where no setting says how long they live. */
  readonly ends: { readonly lifeMs: number; readonly buckets: readonly Bucket[] } | null;
}

export interface SummaryOptions {
  readonly directory: Pick<SessionDirectory, "countSince">;
  /** How long after its start a session ends at the latest; null where nobody said. */
  readonly refreshableMs: number | null;
  readonly clock: Clock;
}

/** Rising counts up to each bound as one bucket for each; the last has no bound. */
function bucketsOf(boundsMs: readonly number[], upTo: readonly number[], all: number): Bucket[] {
  const ends: readonly (number | null)[] = [...boundsMs, null];
  return ends.map((toMs, index) => ({
    fromMs: boundsMs[index - 1] ?? 0,
    toMs,
    sessions: Math.max(0, (upTo[index] ?? all) - (upTo[index - 1] ?? 0)),
  }));
}

export function createSummary({ directory, refreshableMs, clock }: SummaryOptions): () => Promise<Summary | StoreUnavailable> {
  const lifeMs = refreshableMs ?? LONGEST_MS;
  // A bound beyond the longest life has nothing behind it.
  const endsMs = refreshableMs === null ? [] : ENDS_MS.filter((inMs) => inMs < lifeMs);

  return async () => {
    const nowMs = clock.now();
    /** The first moment at which a session that began lives on beyond `inMs` from now. */
    const beyond = (inMs: number) => nowMs + inMs - lifeMs + 1;
    const moments = [beyond(0), ...AGES_MS.map((ageMs) => Math.max(beyond(0), nowMs - ageMs + 1)), ...endsMs.map(beyond)];
    const counts = await directory.countSince(moments);
    if ("kind" in counts) return counts;
    const [all = 0, ...rest] = counts;
    const younger = rest.slice(0, AGES_MS.length);
    const within = rest.slice(AGES_MS.length).map((later) => all - later);
    return {
      kind: "summary",
      asOfMs: nowMs,
      sessions: all,
      byAge: bucketsOf(AGES_MS, younger, all),
      ends: refreshableMs === null ? null : { lifeMs, buckets: bucketsOf(endsMs, within, all) },
    };
  };
}

const WITHIN_MS: readonly (readonly [within: string, ms: number])[] = [
  ["1h", HOUR_MS],
  ["6h", 6 * HOUR_MS],
  ["1d", DAY_MS],
  ["2d", 2 * DAY_MS],
  ["7d", 7 * DAY_MS],
  ["30d", 30 * DAY_MS],
];

/** How many lie in buckets that are over by then. */
function withinOf(buckets: readonly Bucket[], ms: number): number {
  return buckets.reduce((sum, { toMs, sessions }) => (toMs !== null && toMs <= ms ? sum + sessions : sum), 0);
}

/** A summary for a metric, each count with those of the shorter spans. */
export function figuresOf({ sessions, byAge, ends }: Summary) {
  const ages = WITHIN_MS.filter(([, ms]) => AGES_MS.includes(ms));
  return {
    sessions,
    begun: ages.map(([within, ms]) => ({ within, sessions: withinOf(byAge, ms) })),
    ending: ends && {
      within: WITHIN_MS.map(([within, ms]) => ({ within, sessions: ms >= ends.lifeMs ? sessions : withinOf(ends.buckets, ms) })),
      mostInOneHour: Math.max(
        ...ends.buckets.map(({ fromMs, toMs, sessions: count }) => (toMs !== null && toMs - fromMs <= HOUR_MS ? count : 0)),
      ),
    },
  };
}
