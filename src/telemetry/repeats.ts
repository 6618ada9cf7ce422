import type { Clock } from "../model/clock.js";

const WINDOW_MS = 60_000;
/** Kinds are our own vocabulary and the configuration's; should one ever not be, the rest share one. */
const MOST_KINDS = 200;

/** Says a thing of one kind once a minute, with how often it happened: what befalls every session at once is one piece of news. */
export interface Repeats {
  /** Calls `say` at once where the kind is new, and after each minute in which it came again; the latest `say` counts. */
  happened(kind: string, say: (count: number) => void): void;
}

interface Window {
  unsaid: number;
  say: (count: number) => void;
}

export function createRepeats(clock: Clock): Repeats {
  const windows = new Map<string, Window>();

  function open(kind: string, say: (count: number) => void): void {
    const window: Window = { unsaid: 0, say };
    windows.set(kind, window);
    clock.after(WINDOW_MS, () => {
      windows.delete(kind);
      if (window.unsaid === 0) return;
      open(kind, window.say);
      window.say(window.unsaid);
    });
  }

  return {
    happened(kind, say) {
      const named = windows.has(kind) || windows.size < MOST_KINDS ? kind : "others";
      const window = windows.get(named);
      if (window) {
        window.unsaid += 1;
        window.say = say;
        return;
      }
      open(named, say);
      say(1);
    },
  };
}
