import type { Cancel, Clock } from "../model/clock.js";
import { SilenceTimer } from "./connections/silence-timer.js";

/** Longest silence within a request's body where no route says otherwise. */
export const REQUEST_IDLE_TIMEOUT_MS = 60_000;

/** What comes more slowly than this is as good as silent: it holds a connection here, and one to an API, for next to nothing. */
const LEAST_BYTES_PER_SECOND = 100;
/** Over how much time of waiting the rate is taken, at least: no pause that the limit of silence allows may break it. */
const SHORTEST_WINDOW_MS = 60_000;

/**
 * Watches how a request's body comes in, and only while its sender is the one that is waited for: silence beyond a limit, or a rate below the
 * least one over a window of waiting, calls back, once. With null for the limit it never does.
 */
export class RequestPace {
  readonly #clock: Clock;
  readonly #limitMs: number | null;
  readonly #silence: SilenceTimer;
  readonly #windowMs: number;
  readonly #onTooSlow: () => void;
  #bytes = 0;
  #leftMs: number;
  #sinceMs = 0;
  /** Null while nobody waits. */
  #cancelWindow: Cancel | null = null;
  #over: boolean;

  constructor(clock: Clock, limitMs: number | null, onTooSlow: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#silence = new SilenceTimer(clock, this.#end);
    this.#windowMs = Math.max(SHORTEST_WINDOW_MS, limitMs ?? 0);
    this.#leftMs = this.#windowMs;
    this.#onTooSlow = onTooSlow;
    this.#over = limitMs === null;
  }

  /** The sender is waited for from now on. */
  wait(): void {
    if (this.#over || this.#cancelWindow !== null) return;
    this.#silence.restart(this.#limitMs);
    this.#startWindow();
  }

  heard(bytes: number): void {
    if (this.#over) return;
    this.#bytes += bytes;
    if (this.#cancelWindow !== null) this.#silence.restart(this.#limitMs);
  }

  /** Somebody else is waited for: what came is held back, or it was all. */
  rest(): void {
    if (this.#cancelWindow === null) return;
    this.#stop();
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.monotonicMs() - this.#sinceMs));
  }

  #startWindow(): void {
    this.#sinceMs = this.#clock.monotonicMs();
    // By the clock that the silence runs by, so that moving it ahead moves both.
    this.#cancelWindow = this.#clock.after(this.#leftMs, this.#judge);
  }

  readonly #judge = (): void => {
    if (this.#bytes < (LEAST_BYTES_PER_SECOND * this.#windowMs) / 1_000) {
      this.#end();
      return;
    }
    this.#bytes = 0;
    this.#leftMs = this.#windowMs;
    this.#startWindow();
  };

  readonly #end = (): void => {
    if (this.#over) return;
    this.#stop();
    this.#over = true;
    this.#onTooSlow();
  };

  #stop(): void {
    this.#silence.stop();
    this.#cancelWindow?.();
    this.#cancelWindow = null;
  }
}
