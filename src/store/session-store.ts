import type { Cancel } from "../model/clock.js";
import type { Session, SessionId } from "../model/session.js";
import type { SessionEnding } from "../wire/reasons.js";
import type { Seen } from "./memory/activity.js";
import type { KnownEnding } from "./memory/ending-table.js";

/** An answer that may take a while; the cookie store's never does. */
export type Awaitable<T> = T | Promise<T>;

/** What comes of an answer, at once where it is there. */
export function after<T, R>(answer: Awaitable<T>, next: (value: T) => R): R | Promise<Awaited<R>> {
  return answer instanceof Promise ? (answer.then(next) as Promise<Awaited<R>>) : next(answer);
}

/** Thrown where there is no connection to ask by: that it is gone has been told of, once for all calls. */
export class StoreAway extends Error {
  override readonly name = "StoreAway";

  constructor() {
    super("there is no connection to the session store");
  }
}

/** What the store has cannot be opened here: another key, a newer release, or the record of another session. The server is wrong, and nobody is signed out. */
export class UnreadableRecord extends Error {}

/** Nobody could be asked. Never a verdict on a session. */
export interface StoreUnavailable {
  readonly kind: "unavailable";
  readonly retryAfterSeconds: number;
  /** The store answered, and with what `UnreadableRecord` says: asking for other sessions goes on. */
  readonly unreadable?: true;
}

export interface StoredEnding extends KnownEnding {
  readonly kind: "ended";
}

/** The store was asked and knows neither the session nor how it ended. */
export interface Gone {
  readonly kind: "gone";
}

/** A session newer than the one in hand, which a sibling has written. */
export interface NewerSession {
  readonly kind: "newer";
  readonly session: Session;
}

/** The session itself in the ordinary case, so that it costs nothing beside. */
export type Loaded = Session | StoredEnding | Gone | StoreUnavailable;

export type Committed = { readonly kind: "saved" } | StoredEnding | NewerSession | StoreUnavailable;

/** `lastSeenAtMs`: the latest activity anybody knows. */
export type Touched = { readonly kind: "touched"; readonly lastSeenAtMs: number } | StoredEnding | Gone | StoreUnavailable;

export type Ended =
  /**
   * The ending is the one that stands, `before` whether it stood already. `last`: the newest version there was, whose tokens are to be revoked; null
   * where the store knows none. `unanswered`: whether somebody had asked Cognito for the session's tokens and never wrote what came of it.
   */
  | (StoredEnding & { readonly before: boolean; readonly last: Session | null; readonly unanswered: boolean })
  | NewerSession
  | StoreUnavailable;

export interface EndingOrder extends KnownEnding {
  /** Only while nobody has written newer tokens than these: a rejected refresh ends nothing that a sibling has renewed. Null: in any case. */
  readonly unlessNewerThan: Session | null;
  /** Only while the store knows of no activity after this: who takes a session for idle may not have seen the person. Missing: in any case. */
  readonly unlessUsedAfterMs?: number;
}

/**
 * A lease's note that Cognito was asked. `open`: what Cognito issued may be on its way still, or lost; a sibling that is refused the refresh token
 * ends nothing because of it for two minutes.
 */
export type Note = "closed" | "open";

/** The right to refresh one session, of one process at a time. Whoever gets it later has the higher fence. */
export interface Lease {
  readonly fence: number;
  /** For how long it is held without being renewed, from the moment it was asked for; null: for as long as the process lives. */
  readonly lastsMs: number | null;
  renew(): Awaitable<"renewed" | "lost" | "unavailable">;
  /** Notes that Cognito is about to be asked, so that a sibling who is refused a refresh token knows what that may mean. A commit closes the note. */
  announce(): Awaitable<"announced" | "lost" | "unavailable">;
  /**
   * Sets that came too late to be written, the newest first: another had been written by then. With rotation Cognito takes the refresh token that
   * it issued last, so that it may be one of these which still works.
   */
  alternates(): Awaitable<readonly Session[] | StoreUnavailable>;
  /** Gives it back. Never fails: a lease that cannot be given back runs out. */
  release(note: Note): Awaitable<void>;
}

export type Leased =
  | { readonly kind: "granted"; readonly lease: Lease }
  /** A sibling holds it. `over` resolves once that is over, as far as can be known; then the session is read again. */
  | { readonly kind: "held"; readonly over: Promise<void> }
  | StoreUnavailable;

/** A session as a list shows it. */
export type StoredSession = Pick<Session, "id" | "userPoolId" | "clientId" | "subject" | "startedAtMs" | "lastSeenAtMs" | "userAgent">;

/** The store keeps no list: whose sessions there are is known to nobody. */
export interface Unlisted {
  readonly kind: "unlisted";
}

export type Listed = { readonly kind: "sessions"; readonly sessions: readonly StoredSession[] } | Unlisted | StoreUnavailable;

export type AllEnded = { readonly kind: "ended"; readonly ids: readonly SessionId[] } | Unlisted | StoreUnavailable;

/** A session as an index names it. */
export interface IndexedSession {
  readonly id: SessionId;
  readonly startedAtMs: number;
}

/** Where a page of the index begins: behind this session, which need not be there any more. */
export type IndexPlace = IndexedSession;

/** What goes over a list of sessions is waited for so long, longer than any other command. */
export const LIST_DEADLINE_MS = 5_000;

/**
 * All sessions of a store that keeps an index of them, for an operator. The index may name sessions that are no more, until `forget` is told of
 * them or their time is up; it misses none that lives.
 */
export interface SessionDirectory {
  /**
   * Those that began at `sinceMs` or later, the latest first. Fewer than `count`: there are no more.
   *
   * @param user a person's alone, by subject or username; null: everybody's.
   */
  page(
    user: string | null,
    from: IndexPlace | null,
    count: number,
    sinceMs: number,
  ): Awaitable<readonly IndexedSession[] | StoreUnavailable>;
  /** Those that a log calls by this name (`sessionPseudonym`): one, unless two names are the same. */
  named(pseudonym: string): Awaitable<readonly SessionId[] | StoreUnavailable>;
  /** How many began at each of these moments or later, without looking at any of them. */
  countSince(momentsMs: readonly number[]): Awaitable<readonly number[] | StoreUnavailable>;
  /**
   * Takes one out that is no more. Nobody waits for it.
   *
   * @param user under whose name it was found; null: under nobody's.
   */
  forget(id: SessionId, user: string | null): void;
}

/** What a store tells without being asked. */
export interface StoreListener {
  /** A session has ended, in whatever process; the own ones may be among them. */
  ended(id: SessionId, known: KnownEnding): void;
  /** Endings may have gone by unheard: what is remembered is to be asked for again before it is used. */
  missed(): void;
}

/**
 * Where sessions live. All methods may be called at any time and in any order, and none of them rejects; one that does, or takes longer than a
 * second, counts as `unavailable` (guarded-store.ts) although it may have had its effect. An ended session never comes back, as
 * far as docs/how-it-works.md promises for each store ("What the cookie store promises").
 *
 * What this process knows anyway (its newest versions and endings) is in the table, which a store does not write to.
 */
export interface SessionStore {
  /** What goes to the browser: the whole session, or its id alone. */
  readonly tickets: "sessions" | "ids";
  /** How long what the store has said may be used without asking again, as of now; milliseconds. */
  readonly trustMs: number;
  /** `carried`: the session, where the ticket that came holds it whole. */
  load(id: SessionId, carried: Session | null): Awaitable<Loaded>;
  /**
   * Writes a version.
   *
   * @param expected the version that is to be replaced; null for a session that begins.
   * @param lease the one that the refresh was made under; null where no refresh was made. A fence older than one that has been granted since does
   *   not overwrite what its holder wrote: a set with another refresh token is kept as an alternate then, which `newer` says nothing of.
   */
  commit(session: Session, expected: number | null, lease: Lease | null): Awaitable<Committed>;
  /** Counts activity; `idleTimeoutMs` says how long the record is of use after it, null without an idle limit. */
  touch(seen: Seen, idleTimeoutMs: number | null): Awaitable<Touched>;
  /** Ends a session for good, if the order's condition holds. Ending one that has ended is no fault. */
  end(ended: Session | SessionId, order: EndingOrder): Awaitable<Ended>;
  lease(id: SessionId): Awaitable<Leased>;
  subscribe(listener: StoreListener): Cancel;
  /** Null where the store keeps no index. */
  readonly directory: SessionDirectory | null;
  /**
   * The living sessions of a person.
   *
   * @param most the newest so many.
   */
  sessionsOf(subject: string, most: number): Awaitable<Listed>;
  /**
   * Ends them all, and says which they were.
   *
   * @param orderedAtMs when the person asked for it: what began (`startedAtMs`) after that lives on, since the command may come much later. Infinity
   *   where it comes at once.
   */
  endAllOf(subject: string, ending: SessionEnding, orderedAtMs: number): Awaitable<AllEnded>;
}
