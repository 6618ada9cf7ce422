const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type StopSignal = keyof typeof EXIT_CODES;

const SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Turns the signals that would end the process into an end in order. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** What a shell expects of a process that a signal has ended; null: none came. */
  exitCode(): number | null;
  release(): void;
}

/** @param onSignal hears of each, and how many have come. */
export function catchStopSignals(onSignal: (name: string, count: number) => void): StopSignals {
  const controller = new AbortController();
  let code: number | null = null;
  let count = 0;
  const stop = (name: StopSignal) => {
    code ??= EXIT_CODES[name];
    controller.abort();
    onSignal(name, ++count);
  };
  const handlers = SIGNALS.map((name) => [name, () => stop(name)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release() {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
