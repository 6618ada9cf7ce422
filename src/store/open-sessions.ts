import { createCookieStore } from "./cookie-store.js";
import { guardStore } from "./guarded-store.js";
import { type Activity, NO_ACTIVITY, NotedActivity } from "./memory/activity.js";
import { SessionCache } from "./memory/session-cache.js";
import type { Sealer } from "./sealing.js";
import type { SessionDirectory, SessionStore } from "./session-store.js";
import { createSessionTable, reportForgotten, type SessionTable, type SessionTableOptions } from "./session-table.js";
import { createSessions, type Sessions, type SessionsOptions } from "./sessions.js";
import { createTicketCodec } from "./ticket-codec.js";

export interface OpenSessionsOptions
  extends Omit<SessionTableOptions, "log" | "cache">,
    Omit<SessionsOptions, "codec" | "table" | "store" | "activity" | "staleMs"> {
  readonly sealer: Sealer;
  /** Null: off. */
  readonly idleTimeoutMs: number | null;
  /** Bytes of memory for opened tickets and known versions together. */
  readonly cacheBytes: number;
  /** Whether a refresh may bring a new refresh token; it may, unless said otherwise. */
  readonly mayRotate?: () => boolean;
  /** How long sessions go on while a shared store is away; not at all unless said otherwise. */
  readonly staleMs?: number;
  /** Opens the store, which may look at the table and does not write to it; the cookie store unless said otherwise. */
  readonly openStore?: OpenStore | undefined;
}

export type OpenStore = (table: SessionTable) => SessionStore;

/** How well memory serves, for whoever watches. */
export interface CacheFigures {
  /** Tickets found opened, and tickets that had to be opened. */
  readonly hits: number;
  readonly misses: number;
  /** Bytes of opened tickets, and of versions that this process made. */
  readonly openedBytes: number;
  readonly newestBytes: number;
  readonly endingBytes: number;
}

export interface OpenedSessions {
  readonly sessions: Sessions;
  /** Null where the store keeps no index of its sessions. */
  readonly directory: SessionDirectory | null;
  cacheFigures(): CacheFigures;
}

/** What ends meanwhile is heard of in another way. */
function openActivity(table: SessionTable, store: SessionStore, { clock, idleTimeoutMs }: OpenSessionsOptions): Activity {
  if (store.tickets === "sessions") return NO_ACTIVITY;
  const activity = new NotedActivity({
    clock,
    idleTimeoutMs,
    async write(seen) {
      const touched = await store.touch(seen, idleTimeoutMs);
      if (touched.kind !== "touched") return touched.kind === "unavailable" ? "unavailable" : "over";
      const newest = table.newest(seen.id);
      const { lastSeenAtMs } = touched;
      if (newest && newest.lastSeenAtMs < lastSeenAtMs) table.keep({ ...newest, lastSeenAtMs }, "but_for_activity");
      return lastSeenAtMs;
    },
  });
  table.onEnded((id) => activity.forget(id));
  return activity;
}

/** Codec, table and store of one process, put together. */
export function openSessions(options: OpenSessionsOptions): OpenedSessions {
  const { sealer, clock, openStore, log, tell = () => {} } = options;
  const cache = new SessionCache({ bytes: options.cacheBytes, forgotten: reportForgotten(tell, log, options.mayRotate) });
  const codec = createTicketCodec({ sealer, now: () => clock.now(), cache });
  const table = createSessionTable({ ...options, cache, endingsInStore: options.openStore !== undefined });
  // The cookie store waits for nobody, and stands on the hot path.
  const store = openStore ? guardStore(openStore(table), { clock, log }) : createCookieStore(table);
  return {
    sessions: createSessions({ staleMs: 0, ...options, codec, table, store, activity: openActivity(table, store, options) }),
    directory: store.directory,
    cacheFigures: () => ({ ...codec.figures(), ...table.figures() }),
  };
}
