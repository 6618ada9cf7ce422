/**
 * Waits for SIGTERM or SIGINT, then closes. Resolves with 0, or with 1 when closing took longer than `timeoutMs`; a second signal ends the
 * process at once, with 1.
 */
export function untilStopped(close: () => Promise<void>, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = () => {
      if (stopping) process.exit(1);
      stopping = true;
      setTimeout(() => resolve(1), timeoutMs).unref();
      close().then(() => resolve(0), reject);
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  });
}
