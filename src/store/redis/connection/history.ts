import type { Cancel, Clock } from "../../../model/clock.js";
import { withDeadline } from "../../../model/deadline.js";
import { Listeners } from "../../../model/listeners.js";
import type { Log } from "../../../model/log.js";

/*
 * What the servers' data has been through. Redis and Valkey give the history of a data set an id, `master_replid`, and a new one at each start and
 * each fail-over (https://redis.io/docs/latest/operate/oss_and_stack/management/replication/): with a new one the last writes may be lost.
 */

const LOOK_EVERY_MS = 2_000;
const DEADLINE_MS = 1_000;
/** How many histories are remembered: one for each server of a cluster, and those of before. */
const MOST_KNOWN = 256;
/** So long a server that may have lost writes is not believed that a refresh token was used twice: replicas of ours write back what they know. */
const DOUBTED_MS = 120_000;
/** A write is waited for so long at most, and not again for a while where that was in vain: the connection serves nobody else meanwhile. */
const REPLICATED_WITHIN_MS = 100;
const GIVEN_UP_FOR_MS = 10_000;

export interface HistoryOptions {
  /** Asks every server that has data of ours; rejects where one cannot be asked. */
  readonly askAll: (...args: readonly string[]) => Promise<readonly unknown[]>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What has become of the servers' data. */
export interface History {
  /** Calls back when the data may have been rolled back. */
  onRolledBack(listener: () => void): Cancel;
  /** The same for whoever decides something by it, as of this moment. Never rejects. */
  mayBeBehind(): Promise<boolean>;
  /** There is a connection, the first or a new one. Where servers do not tell their history each new one may be to another. */
  connected(): void;
  /** Once a replica of the server has what was written, where it has one, or a moment later. Never rejects. */
  replicated(): Promise<void>;
  close(): void;
}

const textOf = (info: unknown) => (typeof info === "string" ? info : "");
const historyIn = (info: string) => /^master_replid:([0-9a-f]{40})\r?$/m.exec(info)?.[1] ?? null;
const replicasIn = (info: string) => Number(/^connected_slaves:(\d{1,4})\r?$/m.exec(info)?.[1] ?? 0);

/** What is asked at the same time is asked once, and what comes while it is asked is asked together after it. */
function together(ask: () => Promise<void>): () => Promise<void> {
  let [current, next]: (Promise<void> | null)[] = [null, null];
  function begin(): Promise<void> {
    current = ask().finally(() => {
      current = null;
    });
    return current;
  }
  return () => {
    if (!current) return begin();
    next ??= current
      .catch(() => {})
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}

function createReplicated({ askAll, clock, log }: HistoryOptions, hasReplicas: () => boolean): () => Promise<void> {
  let givenUpUntilMs = Number.NEGATIVE_INFINITY;
  const wait = together(async () => {
    try {
      const replicas = await askAll("WAIT", "1", String(REPLICATED_WITHIN_MS));
      if (!replicas.some((count) => count === 0)) return;
      givenUpUntilMs = clock.monotonicMs() + GIVEN_UP_FOR_MS;
      log.warn({}, "no replica of the session store took what was written within 100 ms: a fail-over now could lose it");
    } catch {
      // Whoever asks for something next hears that it is away.
    }
  });
  return async () => {
    if (hasReplicas() && clock.monotonicMs() >= givenUpUntilMs) await wait();
  };
}

export function createHistory(options: HistoryOptions): History {
  const { askAll, clock } = options;
  const onRolledBack = new Listeners<[]>();
  const known = new Set<string>();
  let doubtedUntilMs = Number.NEGATIVE_INFINITY;
  let hasReplicas = false;
  let closed = false;
  let connections = 0;
  let cancel: Cancel = () => {};

  function take(infos: readonly unknown[]): void {
    if (infos.length === 0) throw new Error("no server of the session store can be asked");
    const texts = infos.map(textOf);
    hasReplicas = texts.some((text) => replicasIn(text) > 0);
    const isFirst = known.size === 0;
    const found = texts.flatMap((text) => historyIn(text) ?? []).filter((history) => !known.has(history));
    for (const history of found) known.add(history);
    for (const oldest of known) if (known.size > MOST_KNOWN) known.delete(oldest);
    if (found.length === 0) return;
    // Where none was heard of before this connection, it may be to another server than the one before.
    if (isFirst && connections <= 1) return;
    doubtedUntilMs = clock.monotonicMs() + DOUBTED_MS;
    onRolledBack.tell();
  }

  const ask = together(async () => take(await withDeadline(clock, DEADLINE_MS, () => askAll("INFO", "replication"))));

  function look(): void {
    cancel();
    if (closed) return;
    cancel = clock.deadline(LOOK_EVERY_MS, look);
    ask().catch(() => {});
  }

  look();
  return {
    onRolledBack: (listener) => onRolledBack.add(listener),
    async mayBeBehind() {
      // Where nobody can be asked, whoever wants to decide something hears that himself.
      await ask().catch(() => {});
      return clock.monotonicMs() < doubtedUntilMs;
    },
    connected() {
      connections += 1;
      ask().catch(() => void (known.size === 0 && connections > 1 && onRolledBack.tell()));
    },
    replicated: createReplicated(options, () => hasReplicas),
    close() {
      closed = true;
      cancel();
    },
  };
}
