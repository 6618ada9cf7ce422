import { type Session, type SessionId, sessionIdIn, sessionPseudonym } from "../../model/session.js";
import type { IndexedSession, Loaded } from "../session-store.js";
import { recordKey } from "./keys.js";
import { type RedisLink, type Reply, script } from "./redis-link.js";
import { listIn, numberIn, textIn } from "./replies.js";

/*
 * Entries of the indexes, a person's and everybody's: session ids by when they began. Nothing leaves them by its age: how long sessions live is a
 * setting, processes may differ in it, and what one of them took for over would be missed by the others. An entry leaves when its session ends, when
 * somebody finds no session behind it, or when a sign-in happens upon it.
 */

/** A sign-in is in the index before its record is written, and clocks of processes differ. */
const SIGN_IN_MS = 10 * 60_000;

/** Entries that a sign-in looks at. Each puts in one: where most people leave without a word about a third of an index is of no use. */
const LOOKED_AT = 3;

/**
 * Key: an index. Arguments: when the session began, its id, its time to live, and for a sign-in where to look, from 0 to 1. The entries there. Of so
 * much work whatever is in the index: a script holds up everybody.
 */
const ADD = script(`
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if ARGV[4] == '' then return {} end
local at = math.floor(redis.call('ZCARD', KEYS[1]) * ARGV[4])
return redis.call('ZRANGE', KEYS[1], at, at + ${LOOKED_AT - 1}, 'WITHSCORES')`);

/** Of a list with scores. */
export function indexedIn(reply: Reply): IndexedSession[] {
  // In RESP3 a list of pairs, in RESP2 one list.
  const parts = listIn(reply).flatMap((part) => (Array.isArray(part) ? listIn(part) : [part]));
  const found: IndexedSession[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const id = sessionIdIn(textIn(parts[at]));
    if (id !== null) found.push({ id, startedAtMs: numberIn(parts[at + 1]) });
  }
  return found;
}

/** Whether an entry is of no use, by what its record is; where that is not written yet it may be. Null: it cannot be opened, and lives. */
export function isOver(loaded: Loaded | null | undefined, mayBegin: boolean): boolean {
  if (!loaded || !("kind" in loaded)) return false;
  return loaded.kind === "ended" || (loaded.kind === "gone" && !mayBegin);
}

export interface IndexEntriesOptions {
  readonly link: Pick<RedisLink, "command" | "run">;
  readonly now: () => number;
}

export interface IndexEntries {
  /** @param isSignIn whether it begins: then some others are looked at, and those without a session leave. */
  add(key: string, session: Session, lastsMs: number, isSignIn: boolean): Promise<void>;
  /** Takes one out. Nobody waits for it: one that cannot be taken out now is happened upon later. */
  drop(key: string, id: SessionId): void;
  /** Whether a sign-in may be about to write the record that this one has not. */
  mayBegin(indexed: IndexedSession): boolean;
}

/** Somewhere in an index, and elsewhere for each session: ids are random. */
const placeOf = (id: SessionId) => Number.parseInt(sessionPseudonym(id).slice(1, 9), 16) / 2 ** 32;

export function createIndexEntries({ link, now }: IndexEntriesOptions): IndexEntries {
  const drop = (key: string, id: SessionId) => void link.command("ZREM", key, id).catch(() => {});
  const mayBegin = ({ startedAtMs }: IndexedSession) => startedAtMs > now() - SIGN_IN_MS;

  async function look(key: string, indexed: IndexedSession): Promise<void> {
    if (!mayBegin(indexed) && numberIn(await link.command("HEXISTS", recordKey(indexed.id), "d")) === 0) drop(key, indexed.id);
  }

  return {
    async add(key, { id, startedAtMs }, lastsMs, isSignIn) {
      const met = await link.run(ADD, [key], [String(startedAtMs), id, String(lastsMs), isSignIn ? String(placeOf(id)) : ""]);
      for (const indexed of indexedIn(met)) if (indexed.id !== id) look(key, indexed).catch(() => {});
    },
    drop,
    mayBegin,
  };
}
