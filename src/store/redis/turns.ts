import { randomBytes } from "node:crypto";
import type { Clock } from "../../model/clock.js";
import { withDeadline } from "../../model/deadline.js";
import { HUNGRY_KEY, TURNS_KEY } from "./keys.js";
import { type RedisLink, script } from "./redis-link.js";
import { listIn, numberIn } from "./replies.js";

/**
 * Of one second's worth of turns so much is in the bucket at most: what replicas have drawn and not used yet, for a quarter of a second, comes on
 * top. In any time, the limit times that and one second's worth are used at most.
 */
const IN_BUCKET = 0.75;
/** As for any command (guarded-store.ts). */
const DEADLINE_MS = 1_000;

/**
 * A token bucket by the server's clock. Keys: bucket (n turns, t when it was filled), replicas that wait for turns, by when they said so.
 * Arguments: rate a second, most in the bucket, turns wanted, more of them that may be of use, who asks. Where several wait each gets its share of
 * what is there, and nobody more than is wanted. A clock that was set back, as after a fail-over, fills nothing for once.
 */
const DRAW = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rate, most, wanted, more = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local r = redis.call('HMGET', KEYS[1], 'n', 't')
local n = most
if r[1] then n = math.min(most, tonumber(r[1]) + math.max(0, now - tonumber(r[2])) * rate / 1000) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.3f', now - 1000))
redis.call('ZREM', KEYS[2], ARGV[5])
local others = redis.call('ZCARD', KEYS[2])
local share = math.max(1, math.floor(n / (others + 1)))
local turns = math.min(wanted, share, math.floor(n))
if turns < wanted then redis.call('ZADD', KEYS[2], string.format('%.3f', now), ARGV[5])
elseif others == 0 then turns = turns + math.min(more, math.floor((n - turns) / 2)) end
n = n - turns
redis.call('HSET', KEYS[1], 'n', string.format('%.6f', n), 't', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], 10000)
redis.call('PEXPIRE', KEYS[2], 10000)
local next = 0
if n < 1 then next = math.ceil((1 - n) * 1000 / rate) end
return {turns, others, next}`);

export interface Turns {
  readonly turns: number;
  readonly others: number;
  readonly nextInMs: number;
}

/** Draws turns of the whole deployment: `waiting` of them, and up to `expected` more where nobody else waits. Rejects where the store is away. */
export type DrawTurns = (waiting: number, expected: number) => Promise<Turns>;

export function createTurns(link: RedisLink, clock: Clock, perSecond: number): DrawTurns {
  const replica = randomBytes(9).toString("base64url");
  const most = Math.max(1, perSecond * IN_BUCKET);
  return async (waiting, expected) => {
    const args = [perSecond, most, waiting, expected].map(String);
    const drawn = await withDeadline(clock, DEADLINE_MS, () => link.run(DRAW, [TURNS_KEY, HUNGRY_KEY], [...args, replica]));
    const [turns, others, nextInMs] = listIn(drawn);
    return { turns: numberIn(turns), others: numberIn(others), nextInMs: numberIn(nextInMs) };
  };
}
