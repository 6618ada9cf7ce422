import type { Clock } from "../../model/clock.js";
import { type Session, type SessionId, sessionPseudonym } from "../../model/session.js";
import { type IndexedSession, type IndexPlace, LIST_DEADLINE_MS, type SessionDirectory } from "../session-store.js";
import { type IndexEntries, indexedIn } from "./index-entries.js";
import { indexKey } from "./keys.js";
import type { People } from "./people.js";
import { type RedisLink, script } from "./redis-link.js";
import { listIn, numberIn, textIn } from "./replies.js";

/*
 * All sessions, by when they began: sixteen sorted sets, one for each first digit of the name that logs know a session by, each in a slot of its own.
 * A session's beginning is what its age and its end are reckoned from, so that both are counted without looking at any session (ZCOUNT is O(log n)),
 * and a setting that is changed changes the end of all of them at once. 16: a name is found by looking through one of them.
 */

const SHARDS = [..."0123456789abcdef"];

/** Key: shard. Arguments: moments. How many began at each or later. */
const COUNT = script(`
local counts = {}
for i = 1, #ARGV do counts[i] = redis.call('ZCOUNT', KEYS[1], ARGV[i], '+inf') end
return counts`);

/** Looked through at a time for a name. */
const LOOKED_AT = 1_000;

export interface SessionIndexOptions {
  readonly link: RedisLink;
  readonly entries: IndexEntries;
  readonly people: Pick<People, "keysOf" | "forget">;
  readonly clock: Pick<Clock, "monotonicMs">;
}

export interface SessionIndex extends SessionDirectory {
  /** @param isSignIn whether the session begins. */
  add(session: Session, lastsMs: number, isSignIn: boolean): Promise<void>;
}

const keyOf = (id: SessionId) => indexKey(sessionPseudonym(id).slice(0, 1));

/** The latest first; those of one moment in the order of a sorted set, turned round. */
function order(a: IndexedSession, b: IndexedSession): number {
  return b.startedAtMs - a.startedAtMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

export function createSessionIndex({ link, entries, people, clock }: SessionIndexOptions): SessionIndex {
  /** What goes over a list asks no longer than somebody waits for it: a server may never say that it was all, and each answer costs another question. */
  function untilLate(): () => void {
    const endsAtMs = clock.monotonicMs() + LIST_DEADLINE_MS;
    return () => {
      if (clock.monotonicMs() >= endsAtMs) throw new Error(`the list was not at its end within ${LIST_DEADLINE_MS} ms`);
    };
  }

  /** The next ones of a sorted set behind a place. Of sessions that began in the same millisecond some come before it, and are asked for in vain. */
  async function nextOf(key: string, from: IndexPlace | null, count: number, sinceMs: number): Promise<readonly IndexedSession[]> {
    const checkTime = untilLate();
    for (let asked = count + 1; ; asked *= 2) {
      checkTime();
      const until = from === null ? "+inf" : String(from.startedAtMs);
      const range = [until, String(sinceMs), "WITHSCORES", "LIMIT", "0", String(asked)];
      const found = indexedIn(await link.command("ZREVRANGEBYSCORE", key, ...range));
      const behind = from === null ? found : found.filter((each) => order(from, each) < 0);
      if (behind.length >= count || found.length < asked) return behind.slice(0, count);
    }
  }

  return {
    add: (session, lastsMs, isSignIn) => entries.add(keyOf(session.id), session, lastsMs, isSignIn),
    forget(id, user) {
      entries.drop(keyOf(id), id);
      if (user !== null) people.forget(user, id);
    },
    async page(user, from, count, sinceMs) {
      const keys = user === null ? SHARDS.map(indexKey) : people.keysOf(user);
      const found = (await Promise.all(keys.map((key) => nextOf(key, from, count, sinceMs)))).flat().sort(order);
      // A person's session may be under several keys, where the session key was changed.
      return found.filter(({ id }, index) => id !== found[index - 1]?.id).slice(0, count);
    },
    async named(pseudonym) {
      const found = new Set<SessionId>();
      const checkTime = untilLate();
      let cursor = "0";
      do {
        checkTime();
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
