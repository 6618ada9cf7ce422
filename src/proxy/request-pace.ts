import type { Cancel, Clock } from "../model/clock.js";

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
  readonly #windowMs: number;
  readonly #onTooSlow: () => void;
  /** Within the present window. */
  #bytes = 0;
  /** How much of the window was left when the present waiting began. */
  #leftMs: number;
  #waitsSinceMs = 0;
  #heardAtMs = 0;
  /** Null while nobody waits. */
  #cancel: Cancel | null = null;
  #over = false;

  constructor(clock: Clock, limitMs: number | null, onTooSlow: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#windowMs = Math.max(SHORTEST_WINDOW_MS, limitMs ?? 0);
    this.#leftMs = this.#windowMs;
    this.#onTooSlow = onTooSlow;
  }

  /** The sender is waited for from now on. */
  wait(): void {
    if (this.#limitMs === null || this.#over || this.#cancel !== null) return;
    const nowMs = this.#clock.monotonicMs();
    this.#waitsSinceMs = nowMs;
    this.#heardAtMs = nowMs;
    this.#watch(this.#limitMs, nowMs);
  }

  heard(bytes: number): void {
    this.#bytes += bytes;
    // No timer is made anew: the one that is set looks at this when it goes off.
    if (this.#cancel !== null) this.#heardAtMs = this.#clock.monotonicMs();
  }

  /** Somebody else is waited for: what came is held back, or it was all. */
  rest(): void {
    if (this.#cancel === null) return;
    this.#stop();
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.monotonicMs() - this.#waitsSinceMs));
  }

  /** Until the silence or the window is over, whichever comes first. */
  #watch(limitMs: number, nowMs: number): void {
    const leftMs = Math.min(this.#heardAtMs + limitMs, this.#waitsSinceMs + this.#leftMs) - nowMs;
    this.#cancel = this.#clock.deadline(leftMs, () => this.#judge(limitMs));
  }

  #judge(limitMs: number): void {
    // Node's timers count whole milliseconds, and may be a part of one early.
    const nowMs = this.#clock.monotonicMs() + 1;
    const isSilent = nowMs > this.#heardAtMs + limitMs;
    const isWindowOver = nowMs > this.#waitsSinceMs + this.#leftMs;
    if (isSilent || (isWindowOver && this.#bytes < (LEAST_BYTES_PER_SECOND * this.#windowMs) / 1_000)) {
      this.#stop();
      this.#over = true;
      this.#onTooSlow();
      return;
    }
    if (isWindowOver) {
      this.#bytes = 0;
      this.#leftMs = this.#windowMs;
      this.#waitsSinceMs = this.#clock.monotonicMs();
    }
    this.#watch(limitMs, this.#clock.monotonicMs());
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
