import type { Cancel, Clock } from "../../../model/clock.js";
import { answerDeadline } from "../../../model/deadline.js";
import { UNANSWERED } from "./trouble.js";

/** Something that is connected. */
export interface Opened {
  /** Asks something. Settles once there was an answer, whatever it says; never while nobody answers. */
  look(): Promise<unknown>;
}

export interface KeepOptions<T extends Opened> {
  /**
   * Connects. Rejects where it cannot.
   *
   * @param over it is to be given up.
   * @param lost to be called once it is of no use any more.
   */
  readonly open: (over: AbortSignal, lost: (error: unknown) => void) => Promise<T>;
  /** How long an answer may take before the connection counts as half-open. */
  readonly silenceMs: number;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly onThere: (opened: T) => void;
  /** Each time that it is lost or could not be had. */
  readonly onAway: (error: unknown) => void;
}

export interface Kept<T> {
  /** Null while there is none. */
  current(): T | null;
  /** Gives it up for a new one, where it still is the one. */
  giveUp(opened: T, why: unknown): void;
  close(): void;
}

interface Turn<T> {
  readonly over: AbortController;
  opened: T | null;
}

/** Connecting and being greeted, name look-up and TLS included. */
const OPEN_DEADLINE_MS = 4_000;
const LOOK_EVERY_MS = 500;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Keeps one connection: a new one is made in place of what is lost, refused or silent. A half-open one is found by silence, since the kernel gives it up
 * after a quarter of an hour only; the package's own timeout counts what is sent as a sign of life.
 */
export function keep<T extends Opened>(options: KeepOptions<T>): Kept<T> {
  const { clock, random, silenceMs } = options;
  let turn: Turn<T> | null = null;
  let failures = 0;
  let closed = false;
  let cancel: Cancel = () => {};

  function begin(): void {
    const mine: Turn<T> = { over: new AbortController(), opened: null };
    turn = mine;
    const lost = (error: unknown) => end(mine, error);
    const late = clock.deadline(OPEN_DEADLINE_MS, () => lost(new Error(`${UNANSWERED} ${OPEN_DEADLINE_MS} ms`)));
    options.open(mine.over.signal, lost).then(
      (opened) => {
        late();
        if (turn !== mine) return;
        mine.opened = opened;
        options.onThere(opened);
        watch(mine, opened);
      },
      (error: unknown) => {
        late();
        lost(error);
      },
    );
  }

  function end(mine: Turn<T>, error: unknown): void {
    if (turn !== mine) return;
    turn = null;
    cancel();
    mine.over.abort();
    // Many replicas come back to one server at the same moment.
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures++, 10)) * (0.5 + random() / 2);
    cancel = clock.deadline(pauseMs, begin);
    options.onAway(error);
  }

  function watch(mine: Turn<T>, opened: T): void {
    cancel = clock.deadline(LOOK_EVERY_MS, () => {
      const silent = answerDeadline(clock, silenceMs, () => end(mine, new Error(`it has been silent for ${silenceMs} ms`)));
      const answered = () => {
        silent();
        if (turn !== mine) return;
        failures = 0;
        watch(mine, opened);
      };
      opened.look().then(answered, answered);
    });
  }

  begin();
  return {
    current: () => turn?.opened ?? null,
    giveUp(opened, why) {
      if (turn?.opened === opened) end(turn, why);
    },
    close() {
      if (closed) return;
      closed = true;
      cancel();
      turn?.over.abort();
      turn = null;
    },
  };
}
