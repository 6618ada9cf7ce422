import { createCookieStore } from "./cookie-store.js";
import { guardStore } from "./guarded-store.js";
import type { Sealer } from "./sealing.js";
import type { SessionStore } from "./session-store.js";
import { createSessionTable, type SessionTable, type SessionTableOptions } from "./session-table.js";
import { createSessions, type Sessions, type SessionsOptions } from "./sessions.js";
import { createTicketCodec } from "./ticket-codec.js";

export interface OpenSessionsOptions extends Omit<SessionTableOptions, "log">, Omit<SessionsOptions, "codec" | "table" | "store"> {
  readonly sealer: Sealer;
  /** Opens the store, which may look at the table and does not write to it; the cookie store unless said otherwise. */
  readonly openStore?: OpenStore | undefined;
}

export type OpenStore = (table: SessionTable) => SessionStore;

/** How well memory serves, for whoever watches. */
export interface CacheFigures {
  /** Tickets found opened, and tickets that had to be opened. */
  readonly hits: number;
  readonly misses: number;
  /** Bytes, as estimated, of opened tickets and of versions no browser has brought back yet. */
  readonly openedBytes: number;
  readonly newestBytes: number;
  readonly endingBytes: number;
}

export interface OpenedSessions {
  readonly sessions: Sessions;
  cacheFigures(): CacheFigures;
}

/** Codec, table and store of one process, put together. `cacheBytes` is for opened tickets and known versions, half for each. */
export function openSessions(options: OpenSessionsOptions): OpenedSessions {
  const { sealer, clock, openStore, log } = options;
  const cacheBytes = options.cacheBytes / 2;
  const codec = createTicketCodec({ sealer, now: () => clock.now(), cacheBytes });
  const table = createSessionTable({ ...options, cacheBytes });
  // The cookie store waits for nobody, and stands on the hot path.
  const store = openStore ? guardStore(openStore(table), { clock, log }) : createCookieStore(table);
  return {
    sessions: createSessions({ ...options, codec, table, store }),
    cacheFigures: () => ({ ...codec.figures(), ...table.figures() }),
  };
}
