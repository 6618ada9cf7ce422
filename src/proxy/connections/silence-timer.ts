import type { Cancel, Clock } from "../../model/clock.js";

/**
 * Calls back once when nothing has been heard for a while, really passed: whoever moves a demo's clock ahead makes no network slow. Hearing
 * something, as for every piece of a body, moves the moment alone and makes no timer: one that goes off too early is set for what is left.
 */
export class SilenceTimer {
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  #dueAtMs = 0;
  #firesAtMs = 0;
  /** Null while it is stopped. */
  #cancel: Cancel | null = null;

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
  }

  /** Counts `limitMs` milliseconds from now on, whether it was running or not; with null it stops. */
  restart(limitMs: number | null): void {
    if (limitMs === null) {
      this.stop();
      return;
    }
    this.#dueAtMs = this.#clock.monotonicMs() + limitMs;
    if (this.#cancel === null || this.#firesAtMs > this.#dueAtMs) this.#start(limitMs);
  }

  /** Stops counting: nothing is expected at present. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #start(delayMs: number): void {
    this.#cancel?.();
    this.#firesAtMs = this.#dueAtMs;
    this.#cancel = this.#clock.deadline(delayMs, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    const leftMs = this.#dueAtMs - this.#clock.monotonicMs();
    // Node's timers count whole milliseconds, and may be a part of one early.
    if (leftMs >= 1) {
      this.#start(leftMs);
      return;
    }
    this.#cancel = null;
    this.#onSilence();
  };
}
