import type { Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import { hasNewerTokens, type Session, type SessionId } from "../../model/session.js";
import type { KnownEnding } from "../memory/ending-table.js";
import type { SessionTable } from "../session-table.js";

/** Written at a time: calls of people go through the same connection. */
const AT_A_TIME = 50;
/** A server that has just come up may go once more. */
const AGAIN_AFTER_MS = 1_000;
const MOST_TRIES = 60;

export interface WriteBackOptions {
  readonly table: Pick<SessionTable, "known">;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends it in the store, where it has not ended there. Whether it had. */
  readonly end: (id: SessionId, known: KnownEnding) => Promise<boolean>;
  /** Writes it, where the store has an older version or none. Whether it had. */
  readonly restore: (session: Session) => Promise<boolean>;
}

interface Task {
  readonly kind: "ending" | "version";
  run(): Promise<boolean>;
}

/**
 * Writes into a store that was rolled back what this process knows: endings first, since what was ended must stay ended, and of both the newest
 * first, since that is what is missing. One pass at a time; one that is asked for meanwhile begins after it.
 */
export function createWriteBack({ table, clock, log, end, restore }: WriteBackOptions): () => void {
  let asked = false;
  let running = false;

  function tasks(): Task[] {
    const { endings, versions } = table.known();
    return [
      ...endings.toReversed().map(([id, known]): Task => ({ kind: "ending", run: () => end(id, known) })),
      ...versions.toReversed().map((session): Task => ({ kind: "version", run: () => restore(session) })),
    ];
  }

  const pause = () => new Promise<void>((resolve) => void clock.deadline(AGAIN_AFTER_MS, resolve));

  async function pass(): Promise<void> {
    const left = tasks();
    const written = { ending: 0, version: 0 };
    for (let tries = 0; left.length > 0 && tries < MOST_TRIES; ) {
      const some = left.slice(0, AT_A_TIME);
      const results = await Promise.allSettled(some.map((task) => task.run()));
      for (const [index, result] of results.entries())
        if (result.status === "fulfilled" && result.value) written[some[index]?.kind ?? "version"]++;
      left.splice(0, some.length, ...some.filter((_task, index) => results[index]?.status === "rejected"));
      if (results.every(({ status }) => status === "fulfilled")) continue;
      tries += 1;
      await pause();
    }
    const counts = { sessions: written.version, endings: written.ending };
    if (left.length > 0)
      log.error({ ...counts, left: left.length }, "the session store has lost writes, and not all could be written back");
    else log.warn(counts, "the session store is another one, or was started anew: what it had lost of what is known here is written back");
  }

  async function run(): Promise<void> {
    running = true;
    while (asked) {
      asked = false;
      await pass();
    }
    running = false;
  }

  return () => {
    asked = true;
    if (!running) void run();
  };
}

/** Whether memory is ahead of what the store says. */
export function isAhead(known: Session | null, stored: Session | null): known is Session {
  return known !== null && (stored === null || hasNewerTokens(known, stored));
}
