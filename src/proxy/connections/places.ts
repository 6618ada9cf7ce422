import type { Cancel, Clock } from "../../model/clock.js";

/** How long a call waits for a place at most. */
const LONGEST_WAIT_MS = 10_000;

/** Hears what becomes of its waiting. */
export interface Waiter {
  /** It has one, and is to leave it even if it needs none any more. */
  onPlace(): void;
  onNoPlace(): void;
}

/** The places of one API: how many calls it is given at a time. Beyond them as many again wait their turn. */
export class Places {
  readonly #clock: Clock;
  /** Null: no limit. */
  readonly #limit: number | null;
  #taken = 0;
  readonly #waiting = new Map<Waiter, Cancel>();

  constructor(clock: Clock, limit: number | null) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a place if there is one. */
  take(): boolean {
    if (this.#limit !== null && this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for a place, in turn; false when too many wait already. */
  await(waiter: Waiter): boolean {
    if (this.#limit !== null && this.#waiting.size >= this.#limit) return false;
    const cancel = this.#clock.after(LONGEST_WAIT_MS, () => {
      if (this.#waiting.delete(waiter)) waiter.onNoPlace();
    });
    this.#waiting.set(waiter, cancel);
    return true;
  }

  /** Waits no longer; harmless for who does not. */
  giveUp(waiter: Waiter): void {
    this.#waiting.get(waiter)?.();
    this.#waiting.delete(waiter);
  }

  /** Gives a place back; whoever has waited longest has it now. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    const [waiter, cancel] = next;
    this.#waiting.delete(waiter);
    cancel();
    // Not at once: a call that fails as it begins would hand its place on within the last one's end, and so on through all of them.
    queueMicrotask(() => waiter.onPlace());
  }
}
