import { LRUCache } from "lru-cache";
import type { Clock } from "../model/clock.js";
import { type Log, silentLog } from "../model/log.js";
import {
  authTimeOf,
  isNewer,
  mergeSessions,
  SESSION_ID_BYTES,
  type Session,
  type SessionId,
  sessionIdFromBytes,
} from "../model/session.js";
import type { Tell } from "../telemetry/events.js";
import { ENDING_CAUSES, type SessionEnding } from "../wire/reasons.js";
import { ByteReader, ByteWriter } from "./byte-string.js";
import type { PresentedCookies } from "./cookies.js";
import { EndingTable } from "./ending-table.js";
import type { Opened, Sealer } from "./sealing.js";
import { decodeSession, encodeSession } from "./session-codec.js";
import type { Reading, SessionStore } from "./session-store.js";
import { DICTIONARY } from "./token-packing.js";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Cognito's longest life of an ID or access token: so long a copied cookie may serve where its tokens are not known here. */
const LONGEST_TOKEN_LIFE_MS = DAY_MS;
/** Where nobody said how long refresh tokens live: Cognito's own default. */
const ASSUMED_REFRESH_TOKEN_LIFE_MS = 30 * DAY_MS;
/** Answers under way and old tabs hear of an ending for so long whatever became of its tokens, without asking Cognito again. */
const SHORTEST_ENDING_MS = 60 * 60 * 1000;
/** A quarter of a million endings. */
const ENDING_BYTES = 64 * 1024 * 1024;
/** Objects and their headers beside the tokens' text, measured roughly. */
const SESSION_OVERHEAD_BYTES = 1_500;

export interface CookieStoreOptions {
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly userPoolId: string;
  readonly clientId: string;
  /** Bytes of memory for opened tickets and for versions no browser has brought back yet. */
  readonly cacheBytes: number;
  /** Bytes of memory for endings; 64 MiB unless a test says otherwise. */
  readonly endingBytes?: number;
  /** How long after its start a session can be refreshed at most; null where nobody said. */
  readonly refreshableMs?: number | null;
  /** Cognito's time, which a token's `exp` is compared with. */
  readonly cognitoNow?: () => number;
  readonly tell?: Tell;
  readonly log?: Log;
}

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

export interface CookieStore extends SessionStore {
  cacheFigures(): CacheFigures;
}

interface OpenedTicket {
  readonly session: Session;
  readonly sealedWith: "newest" | "older";
}

/** What an ended marker says. */
interface Marker {
  readonly id: SessionId;
  readonly ending: SessionEnding;
  readonly authTimeSeconds: number | null;
}

interface KnownSession {
  readonly session: Session;
  /** Filled at the first answer that carries it: fifty parallel answers then cost one sealing. */
  sealed: string | null;
  /** Whether a browser has brought this version back: then nothing is lost with it. */
  brought: "not yet" | "back";
}

/** Cognito's own verdict on the refresh token: nothing is left to be revoked. */
const DEAD_AT_COGNITO: ReadonlySet<string> = new Set(["refresh_token_expired", "refresh_token_revoked", "refresh_token_reused"]);

const ENDINGS: readonly SessionEnding[] = [
  ...ENDING_CAUSES.expired.flatMap((cause): SessionEnding[] => {
    return cause === "unknown" || cause === "refresh_token_invalid" || cause === "client_replaced" ? [] : [{ reason: "expired", cause }];
  }),
  ...ENDING_CAUSES.signed_out.map((cause): SessionEnding => ({ reason: "signed_out", cause })),
];

function sizeOf(session: Session): number {
  const { refresh, id, access } = session.tokens;
  const text = refresh.reveal().length + (id?.jwt.reveal().length ?? 0) + (access?.jwt.reveal().length ?? 0);
  // The claims once more, as objects.
  return SESSION_OVERHEAD_BYTES + 2 * text;
}

/** Sessions that live, sealed, in the browser's own cookies; this process remembers only what no cookie can tell it. */
export function createCookieStore(options: CookieStoreOptions): CookieStore {
  const { sealer, clock, userPoolId, clientId, tell = () => {}, log = silentLog } = options;
  const lookups = { hits: 0, misses: 0 };
  const opened = new LRUCache<string, OpenedTicket>({
    maxSize: Math.max(1, Math.floor(options.cacheBytes / 2)),
    sizeCalculation: ({ session }, ticket) => sizeOf(session) + ticket.length,
  });
  const known = new LRUCache<SessionId, KnownSession>({
    maxSize: Math.max(1, Math.floor(options.cacheBytes / 2)),
    // With its sealed ticket.
    sizeCalculation: ({ session }) => Math.ceil(1.5 * sizeOf(session)),
    dispose({ session, brought }, _id, reason) {
      if (reason !== "evict" || brought === "back") return;
      tell({ kind: "store_failed", operation: "keep" });
      log.warn(
        { version: session.version },
        "a refreshed session was forgotten before its browser came back for it: raise SESSION_CACHE_BYTES",
      );
    },
  });
  let warned = false;
  const endings = new EndingTable({
    maxBytes: options.endingBytes ?? ENDING_BYTES,
    now: () => clock.now(),
    forgotten() {
      tell({ kind: "store_failed", operation: "forget" });
      if (!warned)
        log.warn({}, "an ended session was forgotten while a copy of its cookie could still be used: too many sessions end at once");
      warned = true;
    },
  });
  const refreshableMs = options.refreshableMs ?? ASSUMED_REFRESH_TOKEN_LIFE_MS;

  /** By our clock: when the last of the session's tokens dies, and when its refresh token does. */
  function lifeOf(session: Session | null): { readonly tokensMs: number; readonly refreshTokenMs: number } {
    const nowMs = clock.now();
    if (!session) return { tokensMs: nowMs + LONGEST_TOKEN_LIFE_MS, refreshTokenMs: nowMs + refreshableMs };
    const { tokens, unverified } = session;
    const kept = [tokens.id, tokens.access, unverified?.id, unverified?.access];
    const lastExpiryMs = Math.max(0, ...kept.map((token) => token?.expiresAtMs ?? 0));
    return {
      tokensMs: lastExpiryMs - (options.cognitoNow?.() ?? nowMs) + nowMs,
      refreshTokenMs: session.startedAtMs + refreshableMs,
    };
  }

  function openTicket(ticket: string): OpenedTicket | Extract<Opened, { kind: "invalid" }> {
    const cached = opened.get(ticket);
    if (cached) {
      lookups.hits += 1;
      return cached;
    }
    lookups.misses += 1;
    const result = sealer.open("session", ticket);
    if (result.kind === "invalid") return result;
    try {
      const entry = { session: decodeSession(result.plaintext, result.dictionary), sealedWith: result.key };
      opened.set(ticket, entry);
      return entry;
    } catch {
      // Sealed by us, and yet not to be read: a dictionary or layout of another release.
      return { kind: "invalid", cause: "unknown_version" };
    }
  }

  function openMarker(marker: string): Marker | null {
    const result = sealer.open("ended", marker);
    if (result.kind === "invalid") return null;
    try {
      const reader = new ByteReader(result.plaintext);
      const id = sessionIdFromBytes(reader.raw(SESSION_ID_BYTES));
      reader.uint48();
      const cause = reader.text();
      const ending = ENDINGS.find((candidate) => candidate.cause === cause);
      // Markers of earlier releases end here.
      const authTimeSeconds = reader.rest() > 0 ? reader.uint48() : null;
      return ending ? { id, ending, authTimeSeconds } : null;
    } catch {
      return null;
    }
  }

  function readTicket(ticket: string, markers: readonly Marker[]): Reading {
    const result = openTicket(ticket);
    if ("kind" in result) return result;
    const { session: presented, sealedWith } = result;
    const { id } = presented;
    const ended = endings.get(id);
    if (ended) return { kind: "ended", id, known: "here", ...ended, authTimeSeconds: authTimeOf(presented) };
    const marker = markers.find((candidate) => candidate.id === id);
    if (marker) return { kind: "ended", ...marker, known: "marker", superseded: false };
    if (presented.userPoolId !== userPoolId || presented.clientId !== clientId) {
      return { kind: "foreign", userPoolId: presented.userPoolId, clientId: presented.clientId };
    }
    return { kind: "session", session: newestWith(presented), presented, sealedWith };
  }

  /** The session with what the browser brought and what is known here put together: one may hold newer tokens, the other later activity. */
  function newestWith(presented: Session): Session {
    const entry = known.get(presented.id);
    if (!entry) return presented;
    const newest = mergeSessions(presented, entry.session);
    if (newest !== entry.session && newest !== presented) known.set(presented.id, { session: newest, sealed: null, brought: "not yet" });
    else if (!isNewer(entry.session, presented)) entry.brought = "back";
    return newest;
  }

  return {
    read({ tickets, markers: sealedMarkers, any }: PresentedCookies): Reading {
      const markers = sealedMarkers.flatMap((sealed) => openMarker(sealed) ?? []);
      const readings = tickets.map((ticket) => readTicket(ticket, markers));
      // A cookie that stands twice must not lock the person out: a living session wins over everything else.
      const best =
        readings.find((reading) => reading.kind === "session") ?? readings.find((reading) => reading.kind === "ended") ?? readings[0];
      if (best) return best;
      if (any) return { kind: "invalid", cause: "unreadable" };
      const marker = markers[0];
      return marker ? { kind: "ended", ...marker, known: "marker", superseded: false } : { kind: "none" };
    },

    newest(id) {
      return endings.get(id) ? null : (known.get(id)?.session ?? null);
    },

    save(session) {
      if (endings.get(session.id)) return false;
      const before = known.get(session.id)?.session;
      const merged = before ? mergeSessions(session, before) : session;
      if (merged !== before) known.set(session.id, { session: merged, sealed: null, brought: "not yet" });
      return true;
    },

    end(ended, ending, superseded) {
      const id = typeof ended === "string" ? ended : ended.id;
      const here = known.get(id)?.session ?? null;
      const session = typeof ended === "string" ? here : here ? mergeSessions(ended, here) : ended;
      known.delete(id);
      const { tokensMs, refreshTokenMs } = lifeOf(session);
      const shortestMs = Math.max(tokensMs, clock.now() + SHORTEST_ENDING_MS);
      // Until Cognito has confirmed that the refresh token is dead, a copied cookie could be refreshed.
      const untilMs = DEAD_AT_COGNITO.has(ending.cause) ? shortestMs : Math.max(shortestMs, refreshTokenMs);
      endings.add(id, { ending, superseded: superseded !== undefined }, untilMs, shortestMs);
    },

    revoked: (id) => endings.keepForTokensAlone(id),

    endingOf: (id) => endings.get(id),

    seal(session) {
      const entry = known.get(session.id);
      if (entry?.session === session && entry.sealed !== null) return entry.sealed;
      const sealed = sealer.seal("session", encodeSession(session), DICTIONARY);
      if (entry?.session === session) entry.sealed = sealed;
      return sealed;
    },

    cacheFigures: () => ({
      ...lookups,
      openedBytes: opened.calculatedSize,
      newestBytes: known.calculatedSize,
      endingBytes: endings.bytes,
    }),

    sealEnding(id, ending, authTimeSeconds = null) {
      const writer = new ByteWriter().raw(Buffer.from(id, "base64url")).uint48(clock.now()).text(ending.cause);
      if (authTimeSeconds !== null) writer.uint48(authTimeSeconds);
      return sealer.seal("ended", writer.finish());
    },
  };
}
