import { aheadOfMachineMs, isoTime, type SharedClock } from "../common/clock.js";

/** What moving the clock came to. */
export interface ClockMove {
  /** ISO 8601. */
  readonly now: string;
  /** How many processes that follow the clock have made the move. */
  readonly followers: number;
  /** Those that did not say so in time, and are no longer waited for. */
  readonly dropped: readonly string[];
}

/** A process that asks where the clock stands, and says by it how far it has come itself. */
export interface FollowRequest {
  readonly id: string;
  /** What it is called where people read it. */
  readonly name: string;
  /** How far ahead of the machine's clock it is; null where it has not been told yet. */
  readonly reachedMs: number | null;
}

interface Follower {
  readonly name: string;
  reachedMs: number | null;
  gone: boolean;
  /** Answers the question that is kept waiting, if there is one. */
  answer: () => void;
  /** While nobody asks: stops the timer at whose end it counts as gone. */
  cancelGone: () => void;
  /** Those who wait for it to come so far, or to go. */
  readonly waiting: Set<() => void>;
}

/** A question is kept so long; then it is answered with what there is, and asked again. */
const HELD_MS = 10_000;
/** A process under load may take so long to make a move and ask again. One that does not is dropped. */
const ANSWERS_WITHIN_MS = 5_000;
/** One whose connection closed comes back within a second or has died. */
const RECONNECTS_WITHIN_MS = 2_000;
/** Within this time a shorter move by somebody else in this process is noticed; a longer one at once. */
const LOOKS_EVERY_MS = 250;
/** A machine has few processes that follow; more is a mistake, and is not remembered. */
export const MOST_FOLLOWERS = 100;

/** The processes that follow the clock: each asks, is kept waiting, and by asking again says that it has made the move. */
export class ClockFollowers {
  readonly #clock: SharedClock;
  readonly #say: (line: string) => void;
  readonly #followers = new Map<string, Follower>();
  #aheadMs: number;
  #cancelLook: () => void = () => {};

  /** @param say gets a line where a follower is dropped. */
  constructor(clock: SharedClock, say: (line: string) => void) {
    this.#clock = clock;
    this.#say = say;
    this.#aheadMs = aheadOfMachineMs(clock);
  }

  get count(): number {
    return this.#followers.size;
  }

  /** Moves the clock, and resolves once every follower has made the move or has been dropped. */
  async advance(ms: number): Promise<ClockMove> {
    this.#look();
    const aheadMs = this.#aheadMs + ms;
    this.#clock.advance(ms);
    this.#announce(aheadMs);
    const followers = [...this.#followers.values()];
    const made = await Promise.all(followers.map((follower) => hasReached(follower, aheadMs)));
    return {
      now: isoTime(this.#clock.now()),
      followers: made.filter(Boolean).length,
      dropped: followers.filter((_, index) => !made[index]).map(({ name }) => name),
    };
  }

  /**
   * Resolves with how far the clock is ahead of the machine's: at once where the follower stands elsewhere, otherwise when it changes.
   *
   * @param closed aborts when its connection closes.
   * @returns null where there are too many followers.
   */
  follow({ id, name, reachedMs }: FollowRequest, closed: AbortSignal): Promise<number> | null {
    if (!this.#followers.has(id) && this.#followers.size >= MOST_FOLLOWERS) return null;
    const follower = this.#followers.get(id) ?? newFollower(name);
    this.#followers.set(id, follower);
    // Where it asks although it is kept waiting, it has lost that connection.
    follower.answer();
    follower.cancelGone();
    follower.reachedMs = reachedMs;
    for (const wake of [...follower.waiting]) wake();
    this.#look();
    return new Promise((resolve) => {
      const settle = (withinMs: number) => {
        cancelHeld();
        closed.removeEventListener("abort", onClosed);
        follower.answer = () => {};
        if (!follower.gone) follower.cancelGone = this.#clock.deadline(withinMs, () => this.#drop(id, follower));
        resolve(this.#aheadMs);
      };
      const cancelHeld = this.#clock.deadline(HELD_MS, () => settle(ANSWERS_WITHIN_MS));
      const onClosed = () => settle(RECONNECTS_WITHIN_MS);
      closed.addEventListener("abort", onClosed, { once: true });
      follower.answer = () => settle(ANSWERS_WITHIN_MS);
      if (closed.aborted) onClosed();
      // One that is ahead, of a local Cognito before this one, is told so, too.
      else if (reachedMs !== this.#aheadMs) follower.answer();
    });
  }

  /** It follows no longer and says so. */
  leave(id: string): void {
    const follower = this.#followers.get(id);
    if (follower) this.#forget(id, follower);
  }

  /** Answers everybody who is kept waiting, and forgets them. */
  close(): void {
    this.#cancelLook();
    for (const [id, follower] of this.#followers) this.#forget(id, follower);
  }

  #drop(id: string, follower: Follower): void {
    this.#say(`local Cognito: ${follower.name} does not follow the clock any more, and is no longer waited for`);
    this.#forget(id, follower);
  }

  #forget(id: string, follower: Follower): void {
    this.#followers.delete(id);
    follower.gone = true;
    follower.cancelGone();
    follower.answer();
    for (const wake of [...follower.waiting]) wake();
  }

  #announce(aheadMs: number): void {
    this.#aheadMs = aheadMs;
    for (const follower of this.#followers.values()) follower.answer();
  }

  /** Sees where somebody else in this process, who shares the clock, has moved it: a timer of the clock's own falls due at once then. */
  #look(): void {
    const aheadMs = aheadOfMachineMs(this.#clock);
    // The two clocks are read one after the other: a millisecond may pass in between.
    if (aheadMs > this.#aheadMs + 1) this.#announce(aheadMs);
    this.#cancelLook();
    if (this.#followers.size > 0) this.#cancelLook = this.#clock.after(LOOKS_EVERY_MS, () => this.#look());
  }
}

function newFollower(name: string): Follower {
  return { name, reachedMs: null, gone: false, answer: () => {}, cancelGone: () => {}, waiting: new Set() };
}

/** Resolves with true once it has come so far, with false once it has gone. */
function hasReached(follower: Follower, aheadMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const wake = () => {
      const reached = follower.reachedMs !== null && follower.reachedMs >= aheadMs;
      if (!reached && !follower.gone) return;
      follower.waiting.delete(wake);
      resolve(reached);
    };
    follower.waiting.add(wake);
    wake();
  });
}
