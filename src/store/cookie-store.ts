import { hasNewerTokens } from "../model/session.js";
import type { Lease, Leased, SessionStore, StoreUnavailable } from "./session-store.js";
import type { SessionTable } from "./session-table.js";

/** A ticket with an id alone is of a deployment whose sessions are in a shared store: this process is the one that is set up differently. */
const NOT_HERE: StoreUnavailable = { kind: "unavailable", retryAfterSeconds: 5 };

/** Nobody else could want it. */
const LEASE: Lease = {
  fence: 0,
  lastsMs: null,
  renew: () => "renewed",
  announce: () => "announced",
  alternates: () => [],
  release: () => {},
};
const GRANTED: Leased = { kind: "granted", lease: LEASE };
const SAVED = { kind: "saved" } as const;
const UNLISTED = { kind: "unlisted" } as const;

/**
 * Sessions that live, sealed, in the browser's own cookies: this process remembers only what no cookie can tell it, and that is its table. Other
 * processes are not asked, since nobody could.
 */
export function createCookieStore(table: SessionTable): SessionStore {
  return {
    tickets: "sessions",
    trustMs: 0,

    load(id, carried) {
      const known = table.endingOf(id);
      if (known) return { kind: "ended", ...known };
      return carried ? table.meet(carried) : (table.newest(id) ?? NOT_HERE);
    },

    commit(session, expected) {
      const known = table.endingOf(session.id);
      if (known) return { kind: "ended", ...known };
      // A session that begins is in the ticket that goes out with this very answer.
      if (expected === null) return SAVED;
      const newest = table.newest(session.id);
      return newest && hasNewerTokens(newest, session) ? { kind: "newer", session: newest } : SAVED;
    },

    touch(session) {
      const known = table.endingOf(session.id);
      return known ? { kind: "ended", ...known } : { kind: "touched", lastSeenAtMs: session.lastSeenAtMs };
    },

    end(ended, { ending, superseded, unlessNewerThan, unlessUsedAfterMs = Number.POSITIVE_INFINITY }) {
      const id = typeof ended === "string" ? ended : ended.id;
      const newest = table.newest(id);
      if (unlessNewerThan && newest && hasNewerTokens(newest, unlessNewerThan)) return { kind: "newer", session: newest };
      if (newest && newest.lastSeenAtMs > unlessUsedAfterMs) return { kind: "newer", session: newest };
      const known = table.endingOf(id);
      return { kind: "ended", ...(known ?? { ending, superseded }), before: known !== null, last: null, unanswered: false };
    },

    lease: () => GRANTED,
    subscribe: () => () => {},
    directory: null,
    sessionsOf: () => UNLISTED,
    endAllOf: () => UNLISTED,
  };
}
