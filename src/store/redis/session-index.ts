import { type Session, type SessionId, sessionIdIn, sessionPseudonym } from "../../model/session.js";
import type { IndexedSession, IndexPlace, SessionDirectory } from "../session-store.js";
import { indexKey } from "./keys.js";
import type { People } from "./people.js";
import { type RedisLink, type Reply, script } from "./redis-link.js";
import { listIn, numberIn, textIn } from "./replies.js";

/*
 * All sessions, by when they began: sixteen sorted sets, one for each first digit of the name that logs know a session by, each in a slot of its own.
 * A session's beginning is what its age and its end are reckoned from, so that both are counted without looking at any session (ZCOUNT is O(log n)),
 * and a setting that is changed changes the end of all of them at once. 16: a name is found by looking through one of them.
 */

const SHARDS = [..."0123456789abcdef"];

/** Key: shard. Arguments: when the session began, its id, time to live, before when a session that began is of no use. */
const ADD = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`);

/** Key: shard. Arguments: moments. How many began at each or later. */
const COUNT = script(`
local counts = {}
for i = 1, #ARGV do counts[i] = redis.call('ZCOUNT', KEYS[1], ARGV[i], '+inf') end
return counts`);

/** Looked through at a time for a name. */
const LOOKED_AT = 1_000;

export interface SessionIndexOptions {
  readonly link: RedisLink;
  readonly people: Pick<People, "keysOf">;
  readonly now: () => number;
  /** The longest that a session can be of use after it began. */
  readonly longestMs: number;
}

export interface SessionIndex extends SessionDirectory {
  add(session: Session, lastsMs: number): Promise<void>;
}

const keyOf = (id: SessionId) => indexKey(sessionPseudonym(id).slice(0, 1));

/** The latest first; those of one moment in the order of a sorted set, turned round. */
function order(a: IndexedSession, b: IndexedSession): number {
  return b.startedAtMs - a.startedAtMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

function indexedIn(reply: Reply): IndexedSession[] {
  // In RESP3 a list of pairs, in RESP2 one list.
  const parts = listIn(reply).flatMap((part) => (Array.isArray(part) ? listIn(part) : [part]));
  const found: IndexedSession[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const id = sessionIdIn(textIn(parts[at]));
    if (id !== null) found.push({ id, startedAtMs: numberIn(parts[at + 1]) });
  }
  return found;
}

export function createSessionIndex({ link, people, now, longestMs }: SessionIndexOptions): SessionIndex {
  /** The next ones of a sorted set behind a place. Of sessions that began in the same millisecond some come before it, and are asked for in vain. */
  async function nextOf(key: string, from: IndexPlace | null, count: number, sinceMs: number): Promise<readonly IndexedSession[]> {
    for (let asked = count + 1; ; asked *= 2) {
      const until = from === null ? "+inf" : String(from.startedAtMs);
      const range = [until, String(sinceMs), "WITHSCORES", "LIMIT", "0", String(asked)];
      const found = indexedIn(await link.command("ZREVRANGEBYSCORE", key, ...range));
      const behind = from === null ? found : found.filter((each) => order(from, each) < 0);
      if (behind.length >= count || found.length < asked) return behind.slice(0, count);
    }
  }

  return {
    async add({ id, startedAtMs }, lastsMs) {
      await link.run(ADD, [keyOf(id)], [String(startedAtMs), id, String(lastsMs), String(now() - longestMs)]);
    },
    forget: (id) => void link.command("ZREM", keyOf(id), id).catch(() => {}),
    async page(user, from, count, sinceMs) {
      const keys = user === null ? SHARDS.map(indexKey) : people.keysOf(user);
      const found = (await Promise.all(keys.map((key) => nextOf(key, from, count, sinceMs)))).flat().sort(order);
      // A person's session may be under several keys, where the session key was changed.
      return found.filter(({ id }, index) => id !== found[index - 1]?.id).slice(0, count);
    },
    async named(pseudonym) {
      const found = new Set<SessionId>();
      let cursor = "0";
      do {
        // Unlike ranks, its cursor passes over nobody while others come and go; it may name one twice (Redis docs, SCAN guarantees).
        const [next, members] = listIn(await link.command("ZSCAN", indexKey(pseudonym.slice(0, 1)), cursor, "COUNT", String(LOOKED_AT)));
        for (const { id } of indexedIn(members)) if (sessionPseudonym(id) === pseudonym) found.add(id);
        cursor = textIn(next);
      } while (cursor !== "0");
      return [...found];
    },
    async countSince(momentsMs) {
      const texts = momentsMs.map(String);
      const shards = await Promise.all(SHARDS.map(async (shard) => listIn(await link.run(COUNT, [indexKey(shard)], texts)).map(numberIn)));
      return momentsMs.map((_, index) => shards.reduce((sum, counts) => sum + (counts[index] ?? 0), 0));
    },
  };
}
