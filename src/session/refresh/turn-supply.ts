import type { Clock } from "../../model/clock.js";

/** Where the turns of refreshes come from: a bucket of this process's own, or one that all replicas draw from. */
export interface TurnSupply {
  /** Takes a turn, where one is at hand. */
  take(): boolean;
  /**
   * Calls back once, when another try is worth it; with `unavailable` where nobody can say when that is.
   *
   * @param waiting how many turns are wanted.
   */
  more(waiting: number, tryAgain: (result: "more" | "unavailable") => void): void;
  /** How long whoever asked now would wait behind so many. */
  waitMs(waiting: number): number;
}

export interface OwnTurnsOptions {
  readonly perSecond: number;
  readonly clock: Clock;
}

/** A token bucket that holds one second's worth of turns. */
export function createOwnTurns({ perSecond, clock }: OwnTurnsOptions): TurnSupply {
  const capacity = Math.max(1, perSecond);
  let available = capacity;
  let filledAtMs = clock.monotonicMs();

  function refill(): void {
    const nowMs = clock.monotonicMs();
    available = Math.min(capacity, available + ((nowMs - filledAtMs) * perSecond) / 1000);
    filledAtMs = nowMs;
  }

  return {
    take() {
      refill();
      if (available < 1) return false;
      available -= 1;
      return true;
    },
    more: (_waiting, tryAgain) => void clock.after(Math.ceil(((1 - available) * 1000) / perSecond), () => tryAgain("more")),
    waitMs(waiting) {
      refill();
      return (Math.max(0, waiting + 1 - available) * 1000) / perSecond;
    },
  };
}

/** Turns of the deployment that this process may use, drawn together. */
export interface TurnBatch {
  readonly turns: number;
  /** How many other replicas wait for turns. */
  readonly others: number;
  /** Until there is one more, whoever gets it. */
  readonly nextInMs: number;
}

/** What is drawn is used within so long or not at all, so that turns that are kept by nobody's fault never come on top of a full bucket. */
export const TURNS_KEPT_MS = 250;
/** Where turns are scarce a replica draws no oftener than so, or whoever is the quickest gets all. */
const SHORTEST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 100;
/** What comes within this is expected to come again: at a high rate a batch is drawn for many. */
const EXPECTED_MS = 100;
/** So long after turns were scarce they count as that. */
const SCARCE_MS = 1_000;

export interface SharedTurnsOptions extends OwnTurnsOptions {
  /**
   * Draws a batch; rejects where nobody can be asked.
   *
   * @param waiting how many turns are wanted now.
   * @param expected how many more may be of use, where nobody else waits.
   */
  readonly draw: (waiting: number, expected: number) => Promise<TurnBatch>;
  /** 0 to 1. */
  readonly random: () => number;
}

/** How many turns were used lately, by slots of time. */
function createUse(clock: Clock): { note(): void; lately(): number } {
  let [slot, now, before] = [0, 0, 0];
  function move(): void {
    const current = Math.floor(clock.monotonicMs() / EXPECTED_MS);
    if (current === slot) return;
    before = current === slot + 1 ? now : 0;
    now = 0;
    slot = current;
  }
  return {
    note() {
      move();
      now += 1;
    },
    lately() {
      move();
      return Math.max(now, before);
    },
  };
}

/**
 * Turns that all replicas draw from one bucket, in batches: whoever waits is served by one question for all, and at a high rate there is something
 * for those who come next.
 */
export function createSharedTurns({ perSecond, clock, draw, random }: SharedTurnsOptions): TurnSupply {
  const use = createUse(clock);
  let [atHand, keptUntilMs] = [0, 0];
  let [others, nextDrawAtMs, scarceUntilMs] = [0, 0, 0];

  function forgetOld(): void {
    if (clock.monotonicMs() >= keptUntilMs) atHand = 0;
  }

  function took(batch: TurnBatch, waiting: number, askedAtMs: number): void {
    // From when it was asked for: nobody keeps a turn for longer.
    [atHand, keptUntilMs, others] = [batch.turns, askedAtMs + TURNS_KEPT_MS, batch.others];
    if (batch.turns >= waiting) return;
    const nowMs = clock.monotonicMs();
    const dueMs = Math.max(SHORTEST_PAUSE_MS, batch.nextInMs, Math.min(LONGEST_PAUSE_MS, batch.nextInMs * (others + 1)));
    nextDrawAtMs = nowMs + dueMs * (0.75 + random() / 2);
    scarceUntilMs = nowMs + SCARCE_MS;
  }

  return {
    take() {
      forgetOld();
      if (atHand < 1) return false;
      atHand -= 1;
      use.note();
      return true;
    },
    more(waiting, tryAgain) {
      clock.deadline(Math.max(0, nextDrawAtMs - clock.monotonicMs()), () => {
        const askedAtMs = clock.monotonicMs();
        draw(waiting, use.lately()).then(
          (batch) => {
            took(batch, waiting, askedAtMs);
            tryAgain("more");
          },
          () => tryAgain("unavailable"),
        );
      });
    },
    waitMs(waiting) {
      forgetOld();
      const missing = waiting + 1 - atHand;
      if (missing <= 0 || (waiting === 0 && clock.monotonicMs() >= scarceUntilMs)) return 0;
      return (missing * 1000 * (others + 1)) / perSecond;
    },
  };
}
