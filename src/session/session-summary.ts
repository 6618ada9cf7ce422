import type { Clock } from "../model/clock.js";
import type { SessionDirectory, StoreUnavailable } from "../store/session-store.js";
import type { SeenSessions } from "./seen-sessions.js";

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

/** Which sessions are counted: all in a shared store, or those that one process has seen lately. */
export type Counted =
  | { readonly kind: "all" }
  | {
      readonly kind: "seen_here";
      /** How long one counts that is not seen again. */
      readonly withinMs: number;
      /** When the process began to look, where that is less long ago. */
      readonly sinceMs: number;
      /** Whether the counts are right within about a percent alone. */
      readonly estimated: boolean;
    };

/**
 * Sessions counted by when they began. Of a store, exact but for two: those nobody comes back for count until their time is up, since
 * nobody says that they are over; and a session may end sooner than here, by its person, an idle limit or Cognito's verdict.
 */
export interface Summary {
  readonly kind: "summary";
  readonly counted: Counted;
  readonly asOfMs: number;
  readonly sessions: number;
  readonly byAge: readonly Bucket[];
  /** When they end at the latest; null where no setting says how long they live. */
  readonly ends: { readonly lifeMs: number; readonly buckets: readonly Bucket[] } | null;
}

export interface SummaryOptions {
  /** What is counted: a shared store, or what this process has seen. */
  readonly directory: Pick<SessionDirectory, "countSince"> | SeenSessions;
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

function countedOf(directory: SummaryOptions["directory"], nowMs: number): Counted {
  if (!("keptMs" in directory)) return { kind: "all" };
  const { keptMs: withinMs, sinceMs, estimated } = directory;
  return { kind: "seen_here", withinMs, sinceMs: Math.max(sinceMs, nowMs - withinMs), estimated };
}

export function createSummary({ directory, refreshableMs, clock }: SummaryOptions): () => Promise<Summary | StoreUnavailable> {
  const lifeMs = refreshableMs ?? LONGEST_MS;
  // Up to the hour or the day in which the longest life is over: the latest to begin end in it, and nothing lies behind it.
  const endsMs = refreshableMs === null ? [] : ENDS_MS.filter((_, index) => (ENDS_MS[index - 1] ?? 0) < lifeMs);

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
      counted: countedOf(directory, nowMs),
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

const twoDigits = (number: number) => String(number).padStart(2, "0");

/** A summary for metrics. What is said of a span holds what is said of the shorter ones; what is said of an hour or a day is of it alone. */
export function figuresOf({ asOfMs, sessions, byAge, ends }: Summary) {
  const ages = WITHIN_MS.filter(([, ms]) => AGES_MS.includes(ms));
  const spans = (length: number) => ends?.buckets.filter(({ fromMs, toMs }) => toMs !== null && toMs - fromMs === length) ?? [];
  const hours = spans(HOUR_MS);
  const fullest = hours.reduce<Bucket | null>((best, hour) => (hour.sessions > (best?.sessions ?? 0) ? hour : best), null);
  return {
    sessions,
    begun: ages.map(([within, ms]) => ({ within, sessions: withinOf(byAge, ms) })),
    ending: ends && {
      within: WITHIN_MS.map(([within, ms]) => ({ within, sessions: ms >= ends.lifeMs ? sessions : withinOf(ends.buckets, ms) })),
      byHour: hours.map(({ fromMs, sessions: count }) => ({ hour: twoDigits(fromMs / HOUR_MS), sessions: count })),
      byDay: spans(DAY_MS).map(({ fromMs, sessions: count }) => ({ day: twoDigits(fromMs / DAY_MS), sessions: count })),
      mostInOneHour: fullest?.sessions ?? 0,
      /** When that hour begins; null where none ends within a day. */
      mostAtMs: fullest && asOfMs + fullest.fromMs,
    },
  };
}

export type Figures = ReturnType<typeof figuresOf>;

/** What is known of many sessions at once. */
export interface SessionCounts {
  summary(): Promise<Summary | StoreUnavailable>;
  /** The same for metrics, at most a few seconds old; null while the store is away. */
  figures(): Promise<Figures | null>;
}

const FIGURES_LAST_MS = 5_000;

/** One question for all metrics of a scrape, whoever scrapes. */
export function createSessionCounts(options: SummaryOptions): SessionCounts {
  const { clock } = options;
  const summary = createSummary(options);
  let [askedAtMs, asked]: [number, Promise<Figures | null> | null] = [0, null];
  return {
    summary,
    figures() {
      if (asked && clock.monotonicMs() - askedAtMs < FIGURES_LAST_MS) return asked;
      askedAtMs = clock.monotonicMs();
      asked = summary().then((answer) => (answer.kind === "summary" ? figuresOf(answer) : null));
      return asked;
    },
  };
}
