import type { Session, SessionId } from "../../model/session.js";
import type { TokenSet } from "../../model/token-set.js";
import { RecencyList } from "./recency-list.js";
import { SealedSecret } from "./sealed-secret.js";

/*
 * SESSION_CACHE_BYTES: opened tickets, and the newest versions that this process made. Versions may take half of it, since one that is lost
 * before its browser came back for it may cost a sign-in; tickets take what versions leave, and are only opened again.
 *
 * What it counts is what memory holds, measured (`node --expose-gc dist/bench/sessions.js`), and text is kept once: a session out of a ticket has
 * the refresh token nowhere but in the ticket, and the claims nowhere but in the ID token; a version that a browser has brought back is the very
 * session of its ticket.
 */

/** V8 on 64 bits: a string's header, and half of the eight bytes that its length is rounded up to. */
const TEXT_HEADER_BYTES = 20;
/** A session with its token set, ids, subject and numbers; what each kind of token adds to its text. */
const SESSION_BYTES = 480;
const TOKEN_BYTES = 90;
/** An opened ticket and its place in the cache, without texts. */
const TICKET_BYTES = 330;
const VERSION_BYTES = 270;

/**
 * The last twelve characters: 72 bits of the authentication tag, different for every ticket that was ever sealed. They only say where to look: a
 * string of this length is a copy, hashed within nanoseconds, where hashing 3 kB costs more than everything else on the way to a session.
 */
const TAIL_CHARACTERS = 12;

/** A ticket that could be opened. */
export interface OpenedTicket {
  readonly kind: "ticket";
  readonly id: SessionId;
  readonly userPoolId: string;
  readonly clientId: string;
  /** Null where the ticket holds no more than the id. */
  readonly carried: Session | null;
  readonly sealedWith: "newest" | "older";
}

/** A version, with what is known of it. */
export interface KnownVersion {
  readonly session: Session;
  /** Filled at the first answer that carries it, until the browser has brought it back. */
  sealed: string | null;
  /** Whether nothing is lost with it: a browser has brought this version back, or the store has it. */
  safe: boolean;
  /** When the store said so last; null where it has not. */
  confirmedAtMs: number | null;
  /** Whether messages have been missed since: it may have ended meanwhile. */
  doubted: boolean;
}

interface TicketInMemory {
  readonly sealed: string;
  readonly ticket: OpenedTicket;
}

const textBytes = (length: number) => TEXT_HEADER_BYTES + length;

function tokenSetBytes(tokens: TokenSet | null): number {
  if (!tokens) return 0;
  const { refresh, id, access, textLength } = tokens;
  const refreshBytes = refresh instanceof SealedSecret ? 0 : textBytes(refresh.reveal().length);
  return refreshBytes + (id ? TOKEN_BYTES : 0) + (access ? TOKEN_BYTES : 0) + TEXT_HEADER_BYTES + textLength;
}

/** Without the ticket that the refresh token may stand in. */
function sessionBytes({ tokens, unverified }: Session): number {
  return SESSION_BYTES + tokenSetBytes(tokens) + tokenSetBytes(unverified);
}

/** The ticket that a session's refresh token stands in; null where it is kept as text. */
function ticketOf({ tokens }: Session): string | null {
  return tokens.refresh instanceof SealedSecret ? tokens.refresh.sealed : null;
}

const tailOf = (sealed: string) => sealed.slice(-TAIL_CHARACTERS);

/** Whether a text is these parts, one after the other. They are compared where they stand: joining them would copy the whole. */
function isMadeOf(text: string, parts: readonly string[]): boolean {
  const [first] = parts;
  if (parts.length === 1) return text === first;
  let at = 0;
  for (const part of parts) {
    if (text.slice(at, at + part.length) !== part) return false;
    at += part.length;
  }
  return at === text.length;
}

export interface SessionCacheOptions {
  readonly bytes: number;
  /** A version was evicted. */
  readonly forgotten?: (version: KnownVersion) => void;
}

export class SessionCache {
  readonly #mostBytes: number;
  readonly #forgotten: (version: KnownVersion) => void;
  readonly #tickets = new RecencyList<string, TicketInMemory>();
  readonly #versions = new RecencyList<SessionId, KnownVersion>();

  constructor({ bytes, forgotten = () => {} }: SessionCacheOptions) {
    this.#mostBytes = Math.max(1, Math.floor(bytes));
    this.#forgotten = forgotten;
  }

  get ticketBytes(): number {
    return this.#tickets.bytes;
  }

  get versionBytes(): number {
    return this.#versions.bytes;
  }

  /**
   * What a ticket was opened to, which came in one part or in several. Its tail alone finds nothing: the whole text is compared, so that whatever the authentication tag covers is the
   * same that was once authenticated. That the comparison ends early helps nobody to guess a ticket whose tail is known: it goes by blocks of
   * 16 bytes and more of what is as good as random.
   */
  opened(parts: readonly string[]): OpenedTicket | null {
    const last = parts.at(-1) ?? "";
    const entry = this.#tickets.entry(tailOf(last.length < TAIL_CHARACTERS ? parts.join("") : last));
    if (!entry || !isMadeOf(entry.value.sealed, parts)) return null;
    this.#tickets.use(entry);
    return entry.value.ticket;
  }

  /** @param sealed a text of its own, or the whole Cookie header would be kept with it. */
  keepOpened(sealed: string, ticket: OpenedTicket): void {
    const { carried } = ticket;
    const tail = tailOf(sealed);
    this.#dropTicket(tail);
    this.#tickets.set(tail, { sealed, ticket }, TICKET_BYTES + textBytes(sealed.length) + (carried ? sessionBytes(carried) : 0));
    this.#makeRoom();
  }

  /** Asking for a version is using it. */
  version(id: SessionId): KnownVersion | null {
    const entry = this.#versions.entry(id);
    if (!entry) return null;
    this.#versions.use(entry);
    return entry.value;
  }

  versions(): KnownVersion[] {
    return Array.from(this.#versions.entries(), ({ value }) => value);
  }

  keepVersion(version: KnownVersion): void {
    this.#versions.set(version.session.id, version, this.#bytesOf(version));
    this.#makeRoom();
  }

  /** Keeps the ticket of a version with it, so that fifty answers at once cost one sealing. */
  keepSealed(version: KnownVersion, sealed: string): void {
    version.sealed = sealed;
    const entry = this.#versions.entry(version.session.id);
    if (entry?.value === version) this.#versions.resize(entry, this.#bytesOf(version));
    this.#makeRoom();
  }

  dropVersion(id: SessionId): void {
    this.#versions.delete(id);
  }

  /** Whether a session is the very one of a ticket that is kept: then it costs nothing to keep it elsewhere too. */
  isInTicket(session: Session): boolean {
    const sealed = ticketOf(session);
    return sealed !== null && this.#tickets.entry(tailOf(sealed))?.value.ticket.carried === session;
  }

  #bytesOf({ session, sealed }: KnownVersion): number {
    const own = VERSION_BYTES + (sealed === null ? 0 : textBytes(sealed.length));
    if (this.isInTicket(session)) return own;
    return own + sessionBytes(session) + textBytes(ticketOf(session)?.length ?? 0);
  }

  #dropTicket(tail: string): void {
    const carried = this.#tickets.entry(tail)?.value.ticket.carried;
    this.#tickets.delete(tail);
    const shared = carried && this.#versions.entry(carried.id);
    if (shared && shared.value.session === carried) this.#versions.resize(shared, this.#bytesOf(shared.value));
  }

  #makeRoom(): void {
    for (;;) {
      const version = this.#versions.oldest;
      const ticket = this.#tickets.oldest;
      if (version && this.#versions.bytes > this.#mostBytes / 2) {
        this.#versions.delete(version.key);
        this.#forgotten(version.value);
      } else if (ticket && this.#versions.bytes + this.#tickets.bytes > this.#mostBytes) this.#dropTicket(ticket.key);
      else return;
    }
  }
}
