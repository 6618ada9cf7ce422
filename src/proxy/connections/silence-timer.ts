import type { Cancel, Clock } from "../../model/clock.js";

/** Calls back once when nothing has been heard for a while. */
export class SilenceTimer {
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  /** Null while it is stopped. */
  #cancel: Cancel | null = null;

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
  }

  /** Counts `limitMs` milliseconds from now on, whether it was running or not; with null it stops. */
  restart(limitMs: number | null): void {
    this.stop();
    if (limitMs !== null) this.#cancel = this.#clock.after(limitMs, this.#onSilence);
  }

  /** Stops counting: nothing is expected at present. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
