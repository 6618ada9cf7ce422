import type { KnownEnding } from "../memory/ending-table.js";
import type { StoredEnding } from "../session-store.js";
import { endingOfCause } from "../ticket-codec.js";
import type { Reply } from "./redis-link.js";

/** Thrown for an answer that no release of ours gives: it is no verdict, and the guard in front of the store makes `unavailable` of it. */
function unreadable(what: string): Error {
  return new Error(`the session store's answer cannot be read: ${what}`);
}

function refuse(what: string): never {
  throw unreadable(what);
}

export function listIn(reply: Reply): readonly Reply[] {
  if (!Array.isArray(reply)) throw unreadable("no list");
  return reply;
}

/** A list of so many: what is missing in a shorter one would read as "the server has none". */
export function rowIn(reply: Reply, length: number): readonly Reply[] {
  const row = listIn(reply);
  if (row.length !== length) throw unreadable("a list of another length");
  return row;
}

/** What a script says has become of its order, which has to be one of its own words: no other may pass for "it is written". */
export function wordIn<Word extends string>(reply: Reply, words: readonly Word[]): Word {
  const text = textIn(reply);
  return words.find((word) => word === text) ?? refuse("an unknown word");
}

/** A text, or null where the server has none. */
export function textOrNull(reply: Reply): string | null {
  if (reply === null || reply === undefined) return null;
  if (typeof reply === "string") return reply;
  throw unreadable("no text");
}

export function textIn(reply: Reply): string {
  const text = textOrNull(reply);
  if (text === null) throw unreadable("a text is missing");
  return text;
}

/** The farthest moment that a Date can be (ECMA-262, 21.4.1.1): all our numbers are moments, or smaller. */
const LARGEST = 8.64e15;

export function numberIn(reply: Reply): number {
  const number = typeof reply === "string" && reply !== "" ? Number(reply) : reply;
  if (typeof number !== "number" || !(Math.abs(number) <= LARGEST)) throw unreadable("no number");
  return number;
}

export function endingIn(cause: Reply, superseded: Reply): StoredEnding {
  const ending = endingOfCause(textIn(cause));
  // Of a newer release: the session is over all the same, and that release answers for it.
  if (!ending) throw unreadable("an unknown cause");
  return { kind: "ended", ending, superseded: superseded === "1" };
}

export function supersededText({ superseded }: KnownEnding): "0" | "1" {
  return superseded ? "1" : "0";
}
