import {
  authTimeOf,
  hasNewerTokens,
  isNewer,
  SESSION_ID_BYTES,
  type Session,
  type SessionId,
  sessionIdFromBytes,
} from "../model/session.js";
import { ENDING_CAUSES, type InvalidCause, type SessionEnding } from "../wire/reasons.js";
import { ByteReader, ByteWriter } from "./byte-string.js";
import type { PresentedCookies } from "./cookies.js";
import { SealedSecret } from "./memory/sealed-secret.js";
import type { OpenedTicket, SessionCache } from "./memory/session-cache.js";
import type { Sealer } from "./sealing.js";
import { decodeSession, encodeSession, refreshTokenIn } from "./session-codec.js";
import type { SessionTable } from "./session-table.js";
import { DICTIONARY } from "./token-packing.js";

/*
 * Tickets and ended markers, which are all that a browser ever holds of a session. A ticket carries the whole session, or, where a shared store
 * keeps it, its id alone:
 *
 *   dictionary 1 and up | the session (session-codec.ts)
 *   dictionary 0        | layout (1 byte) | id (16) | pool | client
 */

const ID_ALONE = 0;
const ID_LAYOUT = 1;

/** One that could not: perhaps the server is wrong (a rolling deploy), so it is kept. */
export interface InvalidTicket {
  readonly kind: "invalid";
  readonly cause: InvalidCause;
}

/** A new one, and the version that it stands for. */
export interface NewTicket {
  readonly sealed: string;
  readonly session: Session;
}

/** What an ended marker says. */
export interface Marker {
  readonly id: SessionId;
  readonly ending: SessionEnding;
  /** When the session's person had signed in, in seconds of Cognito's clock; null where nobody knows. */
  readonly authTimeSeconds: number | null;
}

/** What a request's cookies say, before any store is asked. */
export interface CookieWords {
  /** The likeliest first. */
  readonly tickets: readonly (OpenedTicket | InvalidTicket)[];
  /** Those that could be opened. */
  readonly markers: readonly Marker[];
}

/** The newest session known under the ticket that came. */
export interface SessionReading {
  readonly kind: "session";
  readonly session: Session;
  /** The one that the ticket holds; null where it holds the id alone. */
  readonly presented: Session | null;
  readonly sealedWith: "newest" | "older";
}

/** The same once the store has been asked, before any limit or refresh is looked at. */
export type Reading =
  /** Nobody is signed in. */
  | { readonly kind: "none" }
  | SessionReading
  /** A session that has ended. */
  | {
      readonly kind: "ended";
      readonly id: SessionId;
      readonly ending: SessionEnding;
      readonly known: "here" | "marker";
      readonly superseded: boolean;
      /** When its person had signed in, in seconds of Cognito's clock; null where nobody knows. */
      readonly authTimeSeconds: number | null;
    }
  /** The store was asked and has no record of it: lost, or not written yet. No verdict, so the ticket is kept. */
  | { readonly kind: "gone"; readonly id: SessionId }
  /** The store cannot be asked. `carried`: the session, where the ticket holds it whole. */
  | { readonly kind: "unavailable"; readonly id: SessionId; readonly carried: Session | null; readonly retryAfterSeconds: number }
  | InvalidTicket
  /** Sealed for another user pool or app client: the server's mistake, not the user's end. */
  | { readonly kind: "foreign"; readonly userPoolId: string; readonly clientId: string };

/** A cookie that stands twice must not lock the person out: a living session wins over everything else, and what nobody could say over a verdict. */
const BEST: readonly Reading["kind"][] = ["session", "unavailable", "ended"];

export function bestOf(readings: readonly Reading[]): Reading {
  for (const kind of BEST) {
    const found = readings.find((reading) => reading.kind === kind);
    if (found) return found;
  }
  return readings[0] ?? { kind: "none" };
}

/** Between sessions and what stands in cookies. Synchronous, asks nobody, and never throws for what a browser sends. */
export interface TicketCodec {
  /** What a ticket says, given in the parts it came in, that was opened before and is still in memory; null for any other. */
  find(parts: readonly string[]): OpenedTicket | null;
  read(presented: PresentedCookies): CookieWords;
  /** The ticket of a store that keeps nothing itself. */
  sealSession(session: Session): string;
  /** The ticket of a store that has the session. */
  sealId(session: Pick<Session, "id" | "userPoolId" | "clientId">): string;
  /** The marker that tells other tabs why the session ended, and the next sign-in what it has to be newer than. */
  sealEnding(id: SessionId, ending: SessionEnding, authTimeSeconds?: number | null): string;
  /** How well memory serves, for whoever watches: tickets found opened, tickets that had to be opened, bytes. */
  figures(): { readonly hits: number; readonly misses: number; readonly openedBytes: number };
}

export interface TicketCodecOptions {
  readonly sealer: Sealer;
  /** By our clock. */
  readonly now: () => number;
  /** Where opened tickets are kept. */
  readonly cache: SessionCache;
}

const NO_MARKERS: readonly Marker[] = [];

const ENDINGS: readonly SessionEnding[] = [
  ...ENDING_CAUSES.expired.flatMap((cause): SessionEnding[] => {
    return cause === "unknown" || cause === "refresh_token_invalid" || cause === "client_replaced" ? [] : [{ reason: "expired", cause }];
  }),
  ...ENDING_CAUSES.signed_out.map((cause): SessionEnding => ({ reason: "signed_out", cause })),
];

/** The ending that a cause stands for where only that was written; null where none does. */
export function endingOfCause(cause: string): SessionEnding | null {
  return ENDINGS.find((candidate) => candidate.cause === cause) ?? null;
}

export function createTicketCodec({ sealer, now, cache }: TicketCodecOptions): TicketCodec {
  const lookups = { hits: 0, misses: 0 };

  function find(parts: readonly string[]): OpenedTicket | null {
    const found = cache.opened(parts);
    if (found) lookups.hits += 1;
    return found;
  }

  /** Of a ticket that has been opened before. */
  function refreshTokenOf(sealed: string): string {
    const result = sealer.open("session", sealed);
    if (result.kind === "invalid") throw new Error("a ticket that could be opened cannot be opened any more");
    return refreshTokenIn(result.plaintext, result.dictionary);
  }

  function openTicket(sealed: string): OpenedTicket | InvalidTicket {
    const found = find([sealed]);
    if (found) return found;
    lookups.misses += 1;
    const result = sealer.open("session", sealed);
    if (result.kind === "invalid") return result;
    // A copy: what is cut out of a Cookie header keeps the whole header in memory.
    const own = Buffer.from(sealed, "latin1").toString("latin1");
    try {
      const entry =
        result.dictionary === ID_ALONE
          ? idTicket(result.plaintext, result.key)
          : sessionTicket(decodeSession(result.plaintext, result.dictionary, new SealedSecret(own, refreshTokenOf)), result.key);
      cache.keepOpened(own, entry);
      return entry;
    } catch {
      // Sealed by us, and yet not to be read: a dictionary or layout of another release.
      return { kind: "invalid", cause: "unknown_version" };
    }
  }

  function openMarker(sealed: string): Marker | null {
    const result = sealer.open("ended", sealed);
    if (result.kind === "invalid") return null;
    try {
      const reader = new ByteReader(result.plaintext);
      const id = sessionIdFromBytes(reader.raw(SESSION_ID_BYTES));
      reader.uint48();
      const cause = reader.text();
      const ending = endingOfCause(cause);
      // Markers of earlier releases end here.
      const authTimeSeconds = reader.rest() > 0 ? reader.uint48() : null;
      return ending ? { id, ending, authTimeSeconds } : null;
    } catch {
      return null;
    }
  }

  return {
    find,

    read: ({ tickets, markers }) => ({
      tickets: tickets.map(openTicket),
      markers: markers.length === 0 ? NO_MARKERS : markers.flatMap((sealed) => openMarker(sealed) ?? []),
    }),

    sealSession: (session) => sealer.seal("session", encodeSession(session), DICTIONARY),

    sealId({ id, userPoolId, clientId }) {
      const writer = new ByteWriter().uint8(ID_LAYOUT).raw(Buffer.from(id, "base64url")).text(userPoolId).text(clientId);
      return sealer.seal("session", writer.finish(), ID_ALONE);
    },

    sealEnding(id, ending, authTimeSeconds = null) {
      const writer = new ByteWriter().raw(Buffer.from(id, "base64url")).uint48(now()).text(ending.cause);
      if (authTimeSeconds !== null) writer.uint48(authTimeSeconds);
      return sealer.seal("ended", writer.finish());
    },

    figures: () => ({ ...lookups, openedBytes: cache.ticketBytes }),
  };
}

function sessionTicket(carried: Session, sealedWith: OpenedTicket["sealedWith"]): OpenedTicket {
  const { id, userPoolId, clientId } = carried;
  return { kind: "ticket", id, userPoolId, clientId, carried, sealedWith };
}

/** @throws where the bytes are not an id's layout. */
function idTicket(bytes: Buffer, sealedWith: OpenedTicket["sealedWith"]): OpenedTicket {
  const reader = new ByteReader(bytes);
  if (reader.uint8() !== ID_LAYOUT) throw new RangeError("a layout of another release");
  const id = sessionIdFromBytes(reader.raw(SESSION_ID_BYTES));
  const userPoolId = reader.text();
  const clientId = reader.text();
  reader.end();
  return { kind: "ticket", id, userPoolId, clientId, carried: null, sealedWith };
}

/** When the person of a ticket had signed in, as far as it says. */
export function authTimeIn({ carried }: OpenedTicket): number | null {
  return carried && authTimeOf(carried);
}

/** What goes out with an answer. */
export interface OutgoingTickets {
  /** The ticket of a session that begins. */
  seal(session: Session): string;
  /** The ticket that the browser is to get in place of the one it sent, as of this moment; null where that one is as good. */
  ticketFor(reading: SessionReading): NewTicket | null;
}

/** @param kind what goes to the browser: the whole session, or its id alone. */
export function createOutgoingTickets(codec: TicketCodec, table: SessionTable, kind: "sessions" | "ids"): OutgoingTickets {
  const seal = (session: Session) => table.sealed(session, kind === "sessions" ? codec.sealSession : codec.sealId);

  function newTicket(newest: Session, { presented, sealedWith }: SessionReading): string | null {
    const isNews = sealedWith === "older" || (presented !== null && isNewer(newest, presented));
    if (!isNews) return null;
    // A session that a browser brings whole stays in its ticket until its first refresh has written it into the store.
    const isCarried = kind === "ids" && presented !== null && !hasNewerTokens(newest, presented);
    return isCarried ? codec.sealSession(newest) : seal(newest);
  }

  return {
    seal,
    ticketFor(reading) {
      const session = table.newest(reading.session.id) ?? reading.session;
      const sealed = newTicket(session, reading);
      return sealed === null ? null : { sealed, session };
    },
  };
}
