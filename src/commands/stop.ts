/**
 * Waits for SIGTERM or SIGINT, then closes. Resolves with 0, or with 1 when closing took longer than `timeoutMs`; a second signal ends the
 * process at once.
 */
export function untilStopped(close: () => Promise<void>, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(1));
      setTimeout(() => resolve(1), timeoutMs).unref();
      close().then(() => resolve(0), reject);
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  });
}
