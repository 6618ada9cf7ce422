import type { Cancel, Clock } from "../../model/clock.js";

/** Calls back once when nothing has been heard for a while. */
export interface SilenceTimer {
  /** Counts from now on, whether it was running or not. */
  restart(): void;
  /** Stops counting: nothing is expected at present. */
  stop(): void;
}

/** A timer over `limitMs` milliseconds of silence, not running yet; with null it never calls back. */
export function createSilenceTimer(clock: Clock, limitMs: number | null, onSilence: () => void): SilenceTimer {
  let cancel: Cancel | null = null;
  const stop = () => {
    cancel?.();
    cancel = null;
  };
  return {
    restart() {
      stop();
      if (limitMs !== null) cancel = clock.after(limitMs, onSilence);
    },
    stop,
  };
}
