import { chunksOf, digitAt, MOST_TICKETS, mayBeChunk, type NamedCookie, partsOfOne, ticketsOf } from "./chunks.js";

/*
 * Our cookies on the wire: names and attributes.
 *
 * A value that fits stands alone under the base name. One that does not is cut into chunks (chunks.ts), the first under the base name, the next
 * under `.1`, `.2` …
 */

/** How long the browser keeps the session's cookie: the longest any browser allows. Never the session's end: docs/how-it-works.md, "The cookie". */
const SESSION_COOKIE_SECONDS = 400 * 24 * 60 * 60;
const ENDED_COOKIE_SECONDS = 24 * 60 * 60;
const LOGIN_COOKIE_SECONDS = 60 * 60;

// RFC 6265bis 5.6: a browser drops a cookie whose name and value are longer than 4,096 bytes together.
const LONGEST_COOKIE_BYTES = 4096;
// Some margin for intermediaries that count the attributes as well.
const LONGEST_VALUE_BYTES = LONGEST_COOKIE_BYTES - 256;

export interface CookieNames {
  readonly session: string;
  readonly ended: string;
  readonly loginPrefix: string;
  /** What they all begin with. */
  readonly start: string;
  /** The session's cookie where it stands alone, and those of its chunks by their number. */
  readonly alone: readonly [session: string];
  readonly chunks: readonly string[];
  /** Whether a cookie of this name is ours, so that neither the API nor anybody who answers for it may read or set it. */
  isOurs(name: string): boolean;
}

export interface CookieOptions {
  /** `PUBLIC_URL`: decides about names and about Secure, which Safari drops on http://localhost. */
  readonly publicUrl: string;
  readonly sameSite: "strict" | "lax";
}

// Those of a port are for the app at another one: cookies know no ports (RFC 6265 8.5), so every API on localhost gets to see them.
const OURS = /^(?:__host-http-)?bff-(?:(?:session|ended)(?:-\d+)?(?:\.|$)|login-)/;

/**
 * `__Host-Http-`: only a Secure, HttpOnly, host-wide cookie set over HTTP may carry it (RFC 6265bis 4.1.3). On http://localhost none may, and
 * the apps on its ports share their cookies: there the names carry the port, so that no sign-in throws out another app's.
 */
export function cookieNames(publicUrl: string): CookieNames {
  const { protocol, port } = new URL(publicUrl);
  const [prefix, suffix] = protocol === "https:" ? ["__Host-Http-", ""] : ["", `-${port || "80"}`];
  const session = `${prefix}bff-session${suffix}`;
  return {
    session,
    ended: `${prefix}bff-ended${suffix}`,
    loginPrefix: `${prefix}bff-login${suffix}-`,
    start: `${prefix}bff-`,
    alone: [session],
    chunks: Array.from({ length: 10 }, (_, number) => `${session}.${number}`),
    // Cookie prefixes are matched without regard to case by browsers; so are ours.
    isOurs: (name) => OURS.test(name.toLowerCase()),
  };
}

/** What came of the session's cookies in one request. */
export interface PresentedCookies {
  /** Whole sealed tickets, the likeliest first; more than one only where cookies stand twice or a chunk was left behind. */
  readonly tickets: readonly string[];
  /** Sealed ended markers. */
  readonly markers: readonly string[];
  /** The names of the session's cookies that came, to clear those no longer needed. */
  readonly names: readonly string[];
  /** Whether there was something under the session's name at all. */
  readonly any: boolean;
}

const NO_TEXTS: readonly string[] = [];
const NONE: PresentedCookies = { tickets: NO_TEXTS, markers: NO_TEXTS, names: NO_TEXTS, any: false };

const TAB = 9;
const SPACE = 32;
const DOT = 46;
const SEMICOLON = 59;
const EQUALS = 61;

// Space and tab alone (RFC 6265 5.2). String.trim() takes a no-break space as well, and a browser lets a sibling subdomain set a cookie
// whose name is one byte, 0xA0, and then our `__Host-` name: it would pass for the one that only we can set.
const isBlank = (code: number) => code === SPACE || code === TAB;

/** Whether a cookie's pair begins at `at`, or would but for blanks. */
function beginsPair(header: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && isBlank(header.charCodeAt(before))) before -= 1;
  return before < 0 || header.charCodeAt(before) === SEMICOLON;
}

/** Where the value begins of a pair whose name ends at `nameEnd`; -1 where it does not end there. */
function valueStart(header: string, nameEnd: number): number {
  let at = nameEnd;
  while (isBlank(header.charCodeAt(at))) at += 1;
  return header.charCodeAt(at) === EQUALS ? at + 1 : -1;
}

function trimmed(header: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(header.charCodeAt(start))) start += 1;
  while (end > start && isBlank(header.charCodeAt(end - 1))) end -= 1;
  return header.slice(start, end);
}

function added<T>(list: T[] | null, item: T): T[] {
  if (!list) return [item];
  list.push(item);
  return list;
}

/** The cookies of ours in a Cookie header, in order, duplicates included, values as they came. */
class FoundCookies {
  /** Null while there is none; most often there is one, for which a list that begins with it has room and no more. */
  cookies: NamedCookie[] | null = null;
  markers: string[] | null = null;

  constructor(header: string, names: CookieNames, first: number) {
    let at = first;
    while (at >= 0) {
      const name = beginsPair(header, at) ? nameAt(header, at, names) : null;
      const from = name === null ? -1 : valueStart(header, at + name.length);
      if (name === null || from < 0) {
        at = header.indexOf(names.start, at + names.start.length);
        continue;
      }
      const semicolon = header.indexOf(";", from);
      const value = trimmed(header, from, semicolon < 0 ? header.length : semicolon);
      if (name === names.ended) this.markers = added(this.markers, value);
      else this.cookies = added(this.cookies, { name, value });
      at = semicolon < 0 ? -1 : header.indexOf(names.start, semicolon);
    }
  }
}

/** Which name of ours stands there, as far as it goes; null where none does. */
function nameAt(header: string, at: number, { session, ended, chunks }: CookieNames): string | null {
  // A comparison of slices looks at them as a whole; startsWith goes character by character.
  if (header.slice(at, at + session.length) === session) {
    const end = at + session.length;
    return header.charCodeAt(end) === DOT ? (chunks[digitAt(header, end + 1)] ?? null) : session;
  }
  return header.slice(at, at + ended.length) === ended ? ended : null;
}

/** Cookies of which nearly always nobody asks for more than what the chunks hold. */
class ChunkedCookies implements PresentedCookies {
  readonly markers: readonly string[];
  readonly any = true;
  readonly parts: readonly string[];
  readonly #cookies: readonly NamedCookie[];
  readonly #session: string;

  constructor(cookies: readonly NamedCookie[], markers: readonly string[], session: string, parts: readonly string[]) {
    this.markers = markers;
    this.parts = parts;
    this.#cookies = cookies;
    this.#session = session;
  }

  get names(): readonly string[] {
    return namesOf(this.#cookies);
  }

  get tickets(): readonly string[] {
    return ticketsOf(this.#cookies, this.#session);
  }
}

const namesOf = (cookies: readonly NamedCookie[]) => cookies.map(({ name }) => name);

/**
 * The parts, in order, of the only ticket that came, to look for among those that were opened before; null where more came, or none. They may still
 * hold what no ticket holds: whoever means to open it takes `tickets`.
 */
export function onlyTicket(presented: PresentedCookies): readonly string[] | null {
  if (presented instanceof ChunkedCookies) return presented.parts;
  return presented.tickets.length === 1 ? presented.tickets : null;
}

/**
 * Reads the session's cookies out of a Cookie header. Never throws, and looks at a bounded number of candidates. On every call's way: the header is
 * searched for our own names alone, and no value is gone through by character, nor copied, where the ticket stands alone or in its own chunks.
 */
export function readSessionCookies(header: string | undefined, names: CookieNames): PresentedCookies {
  // The ordinary case of a page without any of ours.
  const at = header === undefined ? -1 : header.indexOf(names.start);
  if (header === undefined || at < 0) return NONE;
  const { cookies, markers: all } = new FoundCookies(header, names, at);
  const markers = all ? all.slice(0, MOST_TICKETS) : NO_TEXTS;
  const first = cookies?.[0];
  if (!cookies || !first) return all ? { ...NONE, markers } : NONE;
  if (cookies.length === 1 && first.name === names.session && !mayBeChunk(first.value))
    return { tickets: [first.value], markers, names: names.alone, any: true };
  const parts = partsOfOne(cookies);
  if (parts) return new ChunkedCookies(cookies, markers, names.session, parts);
  return { tickets: ticketsOf(cookies, names.session), markers, names: namesOf(cookies), any: true };
}

/** The attributes of one of our cookies. */
export interface CookieAttributes {
  readonly path: "/";
  readonly httpOnly: true;
  readonly secure: boolean;
  readonly sameSite: "strict" | "lax";
  readonly maxAge: number;
}

// The values are base64url and `~`, the names our own: nothing needs escaping.
function setCookie(name: string, value: string, attributes: CookieAttributes): string {
  const sameSite = attributes.sameSite === "strict" ? "Strict" : "Lax";
  return `${name}=${value}; Max-Age=${attributes.maxAge}; Path=/; HttpOnly${attributes.secure ? "; Secure" : ""}; SameSite=${sameSite}`;
}

export interface CookieWriter {
  readonly names: CookieNames;
  /** Set-Cookie values that store a ticket and clear chunks of an earlier, longer one. */
  setTicket(sealed: string, presented: readonly string[]): string[];
  /** Set-Cookie values that delete the ticket, every chunk that came included. */
  clearTicket(presented: readonly string[]): string[];
  setEnded(sealed: string): string;
  clearEnded(): string;
  /** Of the sign-in transactions, for @fastify/cookie's `serialize`. */
  readonly loginAttributes: CookieAttributes;
  /** How many bytes a sealed ticket takes in a Cookie header; Infinity where it needs too many chunks. */
  ticketBytes(sealed: string): number;
}

export function createCookieWriter({ publicUrl, sameSite }: CookieOptions): CookieWriter {
  const names = cookieNames(publicUrl);
  const secure = publicUrl.startsWith("https:");
  // One place for the attributes: a cookie is only deleted by what has the same name, path, domain and flags (RFC 6265bis 5.7).
  const attributes: CookieAttributes = { path: "/", httpOnly: true, secure, sameSite, maxAge: SESSION_COOKIE_SECONDS };
  const clear = (name: string) => setCookie(name, "", { ...attributes, maxAge: 0 });
  const chunkName = (index: number) => (index === 0 ? names.session : `${names.session}.${index}`);

  const room = LONGEST_VALUE_BYTES - names.session.length;

  return {
    names,
    setTicket(sealed, presented) {
      const chunks = chunksOf(sealed, room);
      if (!chunks) return [];
      const kept = new Set(chunks.map((_, index) => chunkName(index)));
      const stale = [...new Set(presented)].filter((name) => !kept.has(name));
      return [...chunks.map((chunk, index) => setCookie(chunkName(index), chunk, attributes)), ...stale.map(clear)];
    },
    clearTicket: (presented) => [...new Set([names.session, ...presented])].map(clear),
    setEnded: (sealed) => setCookie(names.ended, sealed, { ...attributes, maxAge: ENDED_COOKIE_SECONDS }),
    clearEnded: () => clear(names.ended),
    // Lax: the callback arrives cross-site from Cognito.
    loginAttributes: { ...attributes, sameSite: "lax", maxAge: LOGIN_COOKIE_SECONDS },
    ticketBytes(sealed) {
      const chunks = chunksOf(sealed, room);
      if (!chunks) return Number.POSITIVE_INFINITY;
      const separators = 2 * (chunks.length - 1);
      return chunks.reduce((bytes, chunk, index) => bytes + chunkName(index).length + 1 + chunk.length, separators);
    },
  };
}
