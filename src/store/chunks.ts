/*
 * A ticket in several cookies: each holds `<ticket id>~<index>~<count>~<part>`, so that chunks of two tickets are never put together.
 */

const MOST_CHUNKS = 8;
/** Of each kind, in one request: cookies may stand twice, and chunks of earlier tickets may have been left behind. */
export const MOST_TICKETS = 4;
const TICKET_ID = /^[A-Za-z0-9_-]{8}$/;
const CHUNK = /^([A-Za-z0-9_-]{8})~(\d)~(\d)~([A-Za-z0-9_-]+)$/;
/** More than a label takes, as it has been from the first release on: browsers hold such chunks. */
const LABEL_ROOM = 16;
const ID_LENGTH = 8;
/** Where a chunk's label ends, and where its index and its count stand. */
const LABEL = 13;
const INDEX = 9;
const COUNT = 11;
const ZERO = 48;
const TILDE = 126;

/** A cookie under one of the session's names. */
export interface NamedCookie {
  readonly name: string;
  readonly value: string;
}

/** @param room bytes of one cookie's value. Null where it needs more chunks than there are names for. */
export function chunksOf(sealed: string, room: number): string[] | null {
  if (sealed.length <= room) return [sealed];
  const partLength = room - LABEL_ROOM;
  const count = Math.ceil(sealed.length / partLength);
  if (count > MOST_CHUNKS) return null;
  // The tail is bytes of the authentication tag: as good as random, and different for every ticket.
  const ticket = sealed.slice(-ID_LENGTH);
  return Array.from({ length: count }, (_, index) => {
    return `${ticket}~${index}~${count}~${sealed.slice(index * partLength, (index + 1) * partLength)}`;
  });
}

/** The digit that stands there; NaN where none does. */
export function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : Number.NaN;
}

/** What is no chunk has another character there. */
export const mayBeChunk = (value: string): boolean => value.charCodeAt(ID_LENGTH) === TILDE;

function isLabelled(value: string): boolean {
  return mayBeChunk(value) && value.charCodeAt(INDEX + 1) === TILDE && value.charCodeAt(COUNT + 1) === TILDE;
}

/** Whole tickets of what stood under the session's names, and those that chunks make up. */
export function ticketsOf(cookies: readonly NamedCookie[], session: string): string[] {
  const whole: string[] = [];
  const chunked = new Map<string, (string | undefined)[]>();
  for (const { name, value } of cookies) {
    const chunk = CHUNK.exec(value);
    if (!chunk) {
      if (name === session) whole.push(value);
      continue;
    }
    const [, ticket = "", index = "", count = "", part = ""] = chunk;
    const key = `${ticket}~${count}`;
    const parts = chunked.get(key) ?? new Array<string | undefined>(Number(count)).fill(undefined);
    if (Number(index) < parts.length && (chunked.has(key) || chunked.size < MOST_TICKETS)) {
      parts[Number(index)] = part;
      chunked.set(key, parts);
    }
  }
  const complete = [...chunked.values()].filter((parts) => parts.length > 1 && !parts.includes(undefined)).map((parts) => parts.join(""));
  return [...whole, ...complete].slice(0, MOST_TICKETS);
}

/**
 * What chunks hold, in order, that all bear the label of one ticket, each of them once; null for anything else. That they hold nothing but base64url
 * nobody has looked at.
 */
export function partsOfOne(cookies: readonly NamedCookie[]): string[] | null {
  const count = cookies.length;
  const id = cookies[0]?.value.slice(0, ID_LENGTH) ?? "";
  if (count < 2 || !TICKET_ID.test(id)) return null;
  const parts = new Array<string>(count).fill("");
  for (const { value } of cookies) {
    if (!isLabelled(value) || value.slice(0, ID_LENGTH) !== id || digitAt(value, COUNT) !== count || value.length === LABEL) return null;
    const index = digitAt(value, INDEX);
    // Neither twice nor beyond the count.
    if (parts[index] !== "") return null;
    parts[index] = value.slice(LABEL);
  }
  return parts;
}
