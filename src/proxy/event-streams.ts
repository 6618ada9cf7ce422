import type { Cancel } from "../model/clock.js";

/** The event streams that are open, so that they can be ended before the process is. */
export interface EventStreams {
  /** Adds one; `end` is called at once where all have been ended already. */
  keep(end: () => void): Cancel;
  /** Ends every stream, and those that are still to come. Returns how many there were. */
  endAll(): number;
}

export function createEventStreams(): EventStreams {
  const streams = new Set<() => void>();
  let ended = false;
  return {
    keep(end) {
      const stream = () => end();
      streams.add(stream);
      // Not before the caller has its Cancel.
      if (ended) queueMicrotask(() => streams.has(stream) && stream());
      return () => void streams.delete(stream);
    },
    endAll() {
      ended = true;
      const open = [...streams];
      for (const end of open) end();
      return open.length;
    },
  };
}
