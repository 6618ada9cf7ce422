const SIGNALS = ["SIGTERM", "SIGINT"] as const;

const exitAtOnce = () => process.exit(0);

/**
 * Lets SIGTERM and SIGINT end the process, with 0, until `untilStopped` takes over. Process 1 of a container, unlike any other, never gets a
 * signal that it has no handler for (pid_namespaces(7)): one that comes while it starts would be lost, and the process killed much later.
 */
export function exitWhileStarting(): void {
  for (const signal of SIGNALS) process.on(signal, exitAtOnce);
}

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
    for (const signal of SIGNALS) process.on(signal, stop).off(signal, exitAtOnce);
  });
}
