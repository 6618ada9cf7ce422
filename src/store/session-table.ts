import type { Cancel, Clock } from "../model/clock.js";
import { Listeners } from "../model/listeners.js";
import { type Log, silentLog } from "../model/log.js";
import { isNewer, mergeSessions, type Session, type SessionId } from "../model/session.js";
import type { Tell } from "../telemetry/events.js";
import type { SessionEnding } from "../wire/reasons.js";
import { EndingTable, type KnownEnding } from "./memory/ending-table.js";
import type { KnownVersion, SessionCache } from "./memory/session-cache.js";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Cognito's longest life of an ID or access token: so long a copied cookie may serve where its tokens are not known here. */
const LONGEST_TOKEN_LIFE_MS = DAY_MS;
/** Where nobody said how long refresh tokens live: Cognito's own default. */
const ASSUMED_REFRESH_TOKEN_LIFE_MS = 30 * DAY_MS;
/** Answers under way and old tabs hear of an ending for so long whatever became of its tokens, without asking Cognito again. */
const SHORTEST_ENDING_MS = 60 * 60 * 1000;
/** A quarter of a million endings. */
const ENDING_BYTES = 64 * 1024 * 1024;
/** Cognito's own verdict on the refresh token: nothing is left to be revoked. */
const DEAD_AT_COGNITO: ReadonlySet<string> = new Set(["refresh_token_expired", "refresh_token_revoked", "refresh_token_reused"]);

/**
 * Where else a version is: `nowhere` while it is in this process's memory alone; `but_for_activity` where that is the only news in it, whose loss
 * nobody notices; `in_store` once a shared store has it, and it counts as the store's answer.
 */
export type Kept = "nowhere" | "but_for_activity" | "in_store";

/** What this process knows of sessions: the newest versions and the endings. Synchronous and bounded, whatever the store; asks nobody. */
export interface SessionTable {
  /** The newest version known of a session; null where none is, or it has ended. */
  newest(id: SessionId): Session | null;
  /** How a session ended; null while it has not, as far as is known here. */
  endingOf(id: SessionId): KnownEnding | null;
  /**
   * Keeps a version, together with later activity that is known. False, and nothing kept, when the session has ended meanwhile.
   *
   * @param askedAtMs when the store was asked that said so: it may have said it right then, however late that was heard.
   */
  keep(session: Session, elsewhere: Kept, askedAtMs?: number): boolean;
  /** A version that a browser brought, put together with what is known: one may hold newer tokens, the other later activity. */
  meet(presented: Session): Session;
  /** The newest version, where the store was asked within `withinMs` and said so, and nothing made it doubtful since; null otherwise. */
  confirmed(id: SessionId, withinMs: number): Session | null;
  /** The same where it may be in doubt: while the store cannot be asked, that is all there is. */
  lastConfirmed(id: SessionId, withinMs: number): Session | null;
  /** What is known may be old: messages of the store have been lost. */
  doubtAll(): void;
  /** Forgets the version and remembers the ending; the first reason stands. Gives back the newest version there was. */
  end(ended: Session | SessionId, ending: SessionEnding, superseded?: boolean): Session | null;
  /** Cognito has confirmed that the refresh token of an ended session is dead: what is left of a copied cookie is the life of its tokens. */
  revoked(id: SessionId): void;
  /** The sealed ticket of a version, which is kept with it. */
  sealed(session: Session, seal: (session: Session) => string): string;
  /** Calls back with every version that is kept. */
  onKept(listener: (session: Session) => void): Cancel;
  /** Calls back once with every ending, whoever brought it about. */
  onEnded(listener: (id: SessionId, ending: SessionEnding) => void): Cancel;
  /** All endings and versions, the oldest first: for a store that has lost some. */
  known(): { readonly endings: readonly (readonly [id: SessionId, known: KnownEnding])[]; readonly versions: readonly Session[] };
  /** Bytes. */
  figures(): { readonly newestBytes: number; readonly endingBytes: number };
}

export interface SessionTableOptions {
  readonly clock: Clock;
  /** Where versions are kept. */
  readonly cache: SessionCache;
  /** Bytes of memory for endings; 64 MiB unless a test says otherwise. */
  readonly endingBytes?: number;
  /** Whether a shared store has the endings, too: one that is forgotten here is asked for there. Not unless said otherwise. */
  readonly endingsInStore?: boolean;
  /** How long after its start a session can be refreshed at most; null where nobody said. */
  readonly refreshableMs?: number | null;
  /** Cognito's time, which a token's `exp` is compared with. */
  readonly cognitoNow?: () => number;
  readonly tell?: Tell;
  readonly log?: Log;
}

/**
 * For the cache's owner: what it means that a version was evicted.
 *
 * @param mayRotate whether a refresh may have brought a new refresh token. Without one the browser's own still works.
 */
export function reportForgotten(tell: Tell, log: Log, mayRotate: () => boolean = () => true): (version: KnownVersion) => void {
  return ({ session, safe, sealed }) => {
    // Its ticket went out with an answer: whoever left with it, as everybody does one day, comes back with it.
    if (safe || sealed !== null || !mayRotate()) return;
    tell({ kind: "store_failed", operation: "keep" });
    log.warn(
      { version: session.version },
      "a refreshed session was forgotten before its browser came back for it: raise SESSION_CACHE_BYTES",
    );
  };
}

function createEndings({ clock, endingBytes, endingsInStore = false }: SessionTableOptions, tell: Tell, log: Log): EndingTable {
  let warned = false;
  return new EndingTable({
    maxBytes: endingBytes ?? ENDING_BYTES,
    now: () => clock.now(),
    forgotten() {
      if (endingsInStore) return;
      tell({ kind: "store_failed", operation: "forget" });
      if (!warned)
        log.warn({}, "an ended session was forgotten while a copy of its cookie could still be used: too many sessions end at once");
      warned = true;
    },
  });
}

/** By our clock: when the last of the session's tokens dies, and when its refresh token does. */
function lifeOf(
  session: Session | null,
  { clock, cognitoNow, refreshableMs: given }: SessionTableOptions,
): { readonly tokensMs: number; readonly refreshTokenMs: number } {
  const nowMs = clock.now();
  const refreshableMs = given ?? ASSUMED_REFRESH_TOKEN_LIFE_MS;
  if (!session) return { tokensMs: nowMs + LONGEST_TOKEN_LIFE_MS, refreshTokenMs: nowMs + refreshableMs };
  const { tokens, unverified } = session;
  const kept = [tokens.id, tokens.access, unverified?.id, unverified?.access];
  const lastExpiryMs = Math.max(0, ...kept.map((token) => token?.expiresAtMs ?? 0));
  return {
    tokensMs: lastExpiryMs - (cognitoNow?.() ?? nowMs) + nowMs,
    refreshTokenMs: session.startedAtMs + refreshableMs,
  };
}

/** For how long an ending has to be remembered. */
function useOf(session: Session | null, { cause }: SessionEnding, options: SessionTableOptions) {
  const { tokensMs, refreshTokenMs } = lifeOf(session, options);
  const shortestMs = Math.max(tokensMs, options.clock.now() + SHORTEST_ENDING_MS);
  // Until Cognito has confirmed that the refresh token is dead, a copied cookie could be refreshed.
  return { untilMs: DEAD_AT_COGNITO.has(cause) ? shortestMs : Math.max(shortestMs, refreshTokenMs), shortestMs };
}

function meet(cache: SessionCache, presented: Session): Session {
  const entry = cache.version(presented.id);
  if (!entry) return presented;
  const { session: known, confirmedAtMs, doubted, safe } = entry;
  const newest = mergeSessions(presented, known);
  if (newest !== known && newest !== presented) {
    cache.keepVersion({ session: newest, sealed: null, safe: safe || newest.tokens === presented.tokens, confirmedAtMs, doubted });
    return newest;
  }
  if (isNewer(known, presented)) return newest;
  entry.safe = true;
  if (known === presented || !cache.isInTicket(presented)) return newest;
  // Its ticket is in memory as well: the same version twice would be its text twice.
  cache.keepVersion({ session: presented, sealed: null, safe: true, confirmedAtMs: newest === known ? confirmedAtMs : null, doubted });
  return presented;
}

function confirmedVersion(cache: SessionCache, clock: Clock, id: SessionId, withinMs: number): KnownVersion | null {
  const entry = cache.version(id);
  if (!entry || entry.confirmedAtMs === null) return null;
  const agoMs = clock.now() - entry.confirmedAtMs;
  // A clock set back says nothing of when that was.
  return agoMs >= 0 && agoMs < withinMs ? entry : null;
}

/** Answers may overtake each other. One that was asked for in what is the future by now was asked for before the clock was set back. */
function laterConfirmed(before: KnownVersion | null | undefined, askedAtMs: number, clock: Clock): number {
  const beforeMs = before?.confirmedAtMs ?? null;
  return beforeMs !== null && beforeMs > askedAtMs && beforeMs <= clock.now() ? beforeMs : askedAtMs;
}

export function createSessionTable(options: SessionTableOptions): SessionTable {
  const { cache, clock, tell = () => {}, log = silentLog } = options;
  const onKept = new Listeners<[session: Session]>();
  const onEnded = new Listeners<[id: SessionId, ending: SessionEnding]>();
  const endings = createEndings(options, tell, log);

  return {
    newest: (id) => (endings.get(id) ? null : (cache.version(id)?.session ?? null)),

    endingOf: (id) => endings.get(id),

    keep(session, elsewhere, askedAtMs = clock.now()) {
      if (endings.get(session.id)) return false;
      const before = cache.version(session.id);
      const merged = before ? mergeSessions(session, before.session) : session;
      const confirmedAtMs = elsewhere === "in_store" ? laterConfirmed(before, askedAtMs, clock) : (before?.confirmedAtMs ?? null);
      // The tokens of such a one are the version's before it, or came in the browser's own ticket.
      const safe = elsewhere === "in_store" || (elsewhere === "but_for_activity" && (before?.safe ?? true));
      const doubted = elsewhere !== "in_store" && (before?.doubted ?? false);
      if (merged !== before?.session) cache.keepVersion({ session: merged, sealed: null, safe, confirmedAtMs, doubted });
      else if (elsewhere === "in_store") {
        before.safe = true;
        before.confirmedAtMs = confirmedAtMs;
        before.doubted = false;
      }
      onKept.tell(session);
      return true;
    },

    meet: (presented) => meet(cache, presented),

    confirmed(id, withinMs) {
      const entry = confirmedVersion(cache, clock, id, withinMs);
      return entry === null || entry.doubted ? null : entry.session;
    },

    lastConfirmed: (id, withinMs) => confirmedVersion(cache, clock, id, withinMs)?.session ?? null,

    doubtAll() {
      for (const entry of cache.versions()) entry.doubted = true;
    },

    end(ended, ending, superseded = false) {
      const id = typeof ended === "string" ? ended : ended.id;
      const here = cache.version(id)?.session ?? null;
      const session = typeof ended === "string" ? here : here ? mergeSessions(ended, here) : ended;
      cache.dropVersion(id);
      if (endings.get(id)) return session;
      const { untilMs, shortestMs } = useOf(session, ending, options);
      endings.add(id, { ending, superseded }, untilMs, shortestMs);
      onEnded.tell(id, ending);
      return session;
    },

    revoked: (id) => endings.keepForTokensAlone(id),

    sealed(session, seal) {
      const entry = cache.version(session.id);
      if (entry?.session !== session) return seal(session);
      const sealed = entry.sealed ?? seal(session);
      if (entry.sealed === null) cache.keepSealed(entry, sealed);
      return sealed;
    },

    onKept: (listener) => onKept.add(listener),
    onEnded: (listener) => onEnded.add(listener),

    known: () => ({ endings: endings.entries(), versions: cache.versions().map(({ session }) => session) }),

    figures: () => ({ newestBytes: cache.versionBytes, endingBytes: endings.bytes }),
  };
}
