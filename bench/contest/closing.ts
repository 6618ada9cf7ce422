/*
 * What this process has to undo before it ends, whichever way it ends: processes that it started, directories that it made.
 */

export interface Opened {
  /** In peace; resolves when it is over. */
  close(): Promise<void>;
  /** At once, without waiting: the last thing this process does. */
  drop(): void;
}

const opened = new Set<Opened>();
let watching = false;

/** Keeps something in mind until it is closed. Returns what closes it, once, whoever calls it how often. */
export function keepOpen(thing: Opened): () => Promise<void> {
  if (!watching)
    process.on("exit", () => {
      for (const each of opened) each.drop();
    });
  watching = true;
  opened.add(thing);
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= thing.close().finally(() => opened.delete(thing));
    return closing;
  };
}

/** The newest first: what was started last stands before what was started earlier. */
async function closeAll(): Promise<void> {
  for (const thing of [...opened].reverse()) await thing.close().catch(() => {});
  opened.clear();
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ctrl-C and SIGTERM: closes everything, then leaves; a second one leaves at once. */
export function closeOnSignals(): void {
  let closing = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (closing) process.exit(EXIT_CODES[signal]);
      closing = true;
      process.stderr.write(`${signal}: stopping what was started\n`);
      void closeAll().finally(() => process.exit(EXIT_CODES[signal]));
    });
}
