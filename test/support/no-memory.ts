import { systemClock } from "../../src/model/clock.js";
import { SessionCache } from "../../src/store/memory/session-cache.js";
import type { History } from "../../src/store/redis/connection/history.js";
import { createSessionTable, type SessionTable } from "../../src/store/session-table.js";

/** What a process knows that has just started. */
export const emptyTable = (bytes = 1_000): SessionTable => createSessionTable({ clock: systemClock, cache: new SessionCache({ bytes }) });

/** Servers whose data goes on for ever. */
export const NO_HISTORY: History = {
  onRolledBack: () => () => {},
  mayBeBehind: async () => false,
  connected() {},
  replicated: async () => {},
  close() {},
};
