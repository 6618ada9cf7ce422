import { trimmedOf } from "../model/text.js";

/*
 * Our cookies on the wire: names, attributes, chunks.
 *
 * A value that fits stands alone under the base name. One that does not is cut into chunks, the first under the base name, the next under
 * `.1`, `.2` …; each is `<ticket id>~<index>~<count>~<part>`, so that chunks of two tickets are never put together.
 */

/** How long the browser keeps the session's cookie: the longest any browser allows. Never the session's end: docs/how-it-works.md, "The cookie". */
const SESSION_COOKIE_SECONDS = 400 * 24 * 60 * 60;
const ENDED_COOKIE_SECONDS = 24 * 60 * 60;
const LOGIN_COOKIE_SECONDS = 60 * 60;

// RFC 6265bis 5.6: a browser drops a cookie whose name and value are longer than 4,096 bytes together.
const LONGEST_COOKIE_BYTES = 4096;
// Some margin for intermediaries that count the attributes as well.
const LONGEST_VALUE_BYTES = LONGEST_COOKIE_BYTES - 256;
const MOST_CHUNKS = 8;
const MOST_DUPLICATES = 4;
const CHUNK = /^([A-Za-z0-9_-]{8})~(\d)~(\d)~([A-Za-z0-9_-]+)$/;

export interface CookieNames {
  readonly session: string;
  readonly ended: string;
  readonly loginPrefix: string;
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
  return {
    session: `${prefix}bff-session${suffix}`,
    ended: `${prefix}bff-ended${suffix}`,
    loginPrefix: `${prefix}bff-login${suffix}-`,
    // Cookie prefixes are matched without regard to case by browsers; so are ours.
    isOurs: (name) => OURS.test(name.toLowerCase()),
  };
}

// Space and tab alone (RFC 6265 5.2). String.trim() takes a no-break space as well, and a browser lets a sibling subdomain set a cookie
// whose name is one byte, 0xA0, and then our `__Host-` name: it would pass for the one that only we can set.
const AROUND = " \t";

/** Every pair of a Cookie header, in order, duplicates included, values as they came. */
export function* cookiePairs(header: string): Generator<readonly [name: string, value: string]> {
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0) yield [trimmedOf(pair.slice(0, equals), AROUND), trimmedOf(pair.slice(equals + 1), AROUND)];
  }
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

const NONE: PresentedCookies = { tickets: [], markers: [], names: [], any: false };

function isChunkName(name: string, names: CookieNames): boolean {
  return name.length === names.session.length + 2 && name.startsWith(`${names.session}.`) && /\d$/.test(name);
}

/** Reads the session's cookies out of a Cookie header. Never throws, and looks at a bounded number of candidates. */
export function readSessionCookies(header: string | undefined, names: CookieNames): PresentedCookies {
  // The ordinary case of a page without any of ours.
  if (header === undefined || !header.includes("bff-")) return NONE;
  const whole: string[] = [];
  const markers: string[] = [];
  const found: string[] = [];
  const chunked = new Map<string, (string | undefined)[]>();
  for (const [name, value] of cookiePairs(header)) {
    if (name === names.ended) markers.push(value);
    if (name !== names.session && !isChunkName(name, names)) continue;
    found.push(name);
    const chunk = CHUNK.exec(value);
    if (!chunk) {
      if (name === names.session) whole.push(value);
      continue;
    }
    const [, ticket = "", index = "", count = "", part = ""] = chunk;
    const key = `${ticket}~${count}`;
    const parts = chunked.get(key) ?? new Array<string | undefined>(Number(count)).fill(undefined);
    if (Number(index) < parts.length && (chunked.has(key) || chunked.size < MOST_DUPLICATES)) {
      parts[Number(index)] = part;
      chunked.set(key, parts);
    }
  }
  const complete = [...chunked.values()].filter((parts) => parts.length > 1 && !parts.includes(undefined)).map((parts) => parts.join(""));
  return {
    tickets: [...whole, ...complete].slice(0, MOST_DUPLICATES),
    markers: markers.slice(0, MOST_DUPLICATES),
    names: found,
    any: found.length > 0,
  };
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

  /** Null where it needs more chunks than there are names for. */
  function chunksOf(sealed: string): string[] | null {
    const room = LONGEST_VALUE_BYTES - names.session.length;
    if (sealed.length <= room) return [sealed];
    const partLength = room - 16;
    const count = Math.ceil(sealed.length / partLength);
    if (count > MOST_CHUNKS) return null;
    // The tail is bytes of the authentication tag: as good as random, and different for every ticket.
    const ticket = sealed.slice(-8);
    return Array.from({ length: count }, (_, index) => {
      return `${ticket}~${index}~${count}~${sealed.slice(index * partLength, (index + 1) * partLength)}`;
    });
  }

  return {
    names,
    setTicket(sealed, presented) {
      const chunks = chunksOf(sealed);
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
      const chunks = chunksOf(sealed);
      if (!chunks) return Number.POSITIVE_INFINITY;
      const separators = 2 * (chunks.length - 1);
      return chunks.reduce((bytes, chunk, index) => bytes + chunkName(index).length + 1 + chunk.length, separators);
    },
  };
}
