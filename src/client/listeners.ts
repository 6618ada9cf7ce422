/** Who is called back. */
export interface Listeners<Told extends readonly unknown[]> {
  /** Returns what ends it. */
  add(listener: (...told: Told) => void): () => void;
  tell(...told: Told): void;
  size(): number;
}

export function createListeners<Told extends readonly unknown[]>(): Listeners<Told> {
  const listeners = new Set<(...told: Told) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(...told) {
      for (const listener of [...listeners]) {
        try {
          listener(...told);
        } catch (error) {
          // The app's slip is the app's: calls wait for what comes next.
          reportError(error);
        }
      }
    },
    size: () => listeners.size,
  };
}
