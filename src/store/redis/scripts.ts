import { script } from "./redis-link.js";

/*
 * What has to happen at once. The first key is always the session's record, and all keys of a script are of that session: one slot (docs/decisions/020).
 * Fields of the record: v version, r refreshed at, q "1" while a set waits for its verification, d sealed session, s last seen, f highest fence
 * granted, w fence it was written under; of an ended one e cause, x superseded.
 */

/** The server's time, in milliseconds. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Keys: record, intents, alternates. Arguments: version expected or "", version, refreshed at, waiting, sealed, last seen, fence, time to live, for
 * how long notes hold a verdict up. A record of a lower version than expected is one of before: the store was rolled back, or a ticket brought the
 * session whole. The note of the fence is closed, but where the set comes too late: whoever brings it keeps it as an alternate first. A set that is
 * written shows that the token before it worked: what is left of questions of long ago was of no harm.
 */
export const COMMIT = script(`
local r = redis.call('HMGET', KEYS[1], 'e', 'x', 'v', 'w', 'd', 's', 'r', 'q')
if r[1] then return {'ended', r[1], r[2]} end
local last = tonumber(ARGV[6])
if r[3] then
  if ARGV[1] == '' or tonumber(r[3]) > tonumber(ARGV[1]) or tonumber(r[4]) > tonumber(ARGV[7]) then return {'newer', r[5], r[6]} end
  last = math.max(last, tonumber(r[6]))
  if r[3] == ARGV[2] then
    if tonumber(r[7]) > tonumber(ARGV[3]) then return {'newer', r[5], r[6]} end
    if r[7] == ARGV[3] and r[8] == '0' and ARGV[4] == '1' then return {'saved'} end
  end
end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'r', ARGV[3], 'q', ARGV[4], 'd', ARGV[5], 's', string.format('%d', last), 'w', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('HDEL', KEYS[2], ARGV[7])
if r[3] and r[3] ~= ARGV[2] then
  ${NOW}
  local notes = redis.call('HGETALL', KEYS[2])
  for i = 1, #notes, 2 do
    if tonumber(notes[i + 1]) + tonumber(ARGV[9]) < now then redis.call('HDEL', KEYS[2], notes[i]) end
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', string.format('%d', now - ARGV[9]))
end
return {'saved'}`);

/**
 * Key: record. Arguments: version, refreshed at, waiting, sealed, last seen, time to live. Writes what the store has had and has lost; where it has
 * as new a version, or the session has ended, that stands.
 */
export const RESTORE = script(`
local r = redis.call('HMGET', KEYS[1], 'e', 'x', 'v', 'r', 'd', 's', 'w')
if r[1] then return {'ended', r[1], r[2]} end
local last = tonumber(ARGV[5])
if r[3] then
  local v, mine = tonumber(r[3]), tonumber(ARGV[1])
  if v > mine or (v == mine and tonumber(r[4]) >= tonumber(ARGV[2])) then return {'newer', r[5], r[6]} end
  last = math.max(last, tonumber(r[6]))
end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'r', ARGV[2], 'q', ARGV[3], 'd', ARGV[4], 's', string.format('%d', last), 'w', r[7] or '0')
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {'restored'}`);

/** Of sets that came too late so many are kept, the newest. */
const MOST_ALTERNATES = 3;

/** Keys: record, intents, alternates. Arguments: sealed, fence. */
export const KEEP_ALTERNATE = script(`
local r = redis.call('HMGET', KEYS[1], 'e', 'x')
redis.call('HDEL', KEYS[2], ARGV[2])
if r[1] then return {'ended', r[1], r[2]} end
local ttl = redis.call('PTTL', KEYS[1])
if ttl <= 0 then return {'kept'} end
${NOW}
redis.call('ZADD', KEYS[3], string.format('%d', now), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -${MOST_ALTERNATES + 1})
redis.call('PEXPIRE', KEYS[3], ttl)
return {'kept'}`);

/** Key: record. Argument: last seen. */
export const TOUCH = script(`
local r = redis.call('HMGET', KEYS[1], 'e', 'x', 'v', 's')
if r[1] then return {'ended', r[1], r[2]} end
if not r[3] then return {'gone'} end
if tonumber(r[4]) >= tonumber(ARGV[1]) then return {'touched', r[4]} end
redis.call('HSET', KEYS[1], 's', ARGV[1])
return {'touched', ARGV[1]}`);

/**
 * Keys: record, intents, alternates. Arguments: cause, superseded, version and time of the tokens it is about ("" in any case), time to live,
 * channel, message, for how long notes of others hold it up (0: they do not), the asker's own fence, the last activity that the asker knows of ("" in
 * any case): compared here, since another process may be writing a later one. The last answer says whether there are notes of
 * others at all.
 */
export const END = script(`
local r = redis.call('HMGET', KEYS[1], 'e', 'x', 'v', 'r', 'd', 's')
if r[1] then return {'ended', r[1], r[2], '1'} end
if ARGV[3] ~= '' and r[3] then
  local v, mine = tonumber(r[3]), tonumber(ARGV[3])
  if v > mine or (v == mine and tonumber(r[4]) > tonumber(ARGV[4])) then return {'newer', r[5], r[6]} end
end
if ARGV[10] ~= '' and r[6] and tonumber(r[6]) > tonumber(ARGV[10]) then return {'newer', r[5], r[6]} end
local unanswered = '0'
if ARGV[8] ~= '0' then
  ${NOW}
  local notes = redis.call('HGETALL', KEYS[2])
  for i = 1, #notes, 2 do
    if notes[i] ~= ARGV[9] then
      unanswered = '1'
      local left = tonumber(notes[i + 1]) + tonumber(ARGV[8]) - now
      if left > 0 then return {'open', string.format('%d', left)} end
    end
  end
end
local ttl = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[5]))
redis.call('HDEL', KEYS[1], 'v', 'r', 'q', 'd', 's', 'w')
redis.call('HSET', KEYS[1], 'e', ARGV[1], 'x', ARGV[2])
redis.call('PEXPIRE', KEYS[1], string.format('%d', ttl))
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('PUBLISH', ARGV[6], ARGV[7])
return {'ended', ARGV[1], ARGV[2], '0', r[5], r[6], unanswered}`);

/**
 * Keys: record, lease. Arguments: token, length of the lease, time to live of a record that is nothing but the fence. A lease without an end, as a copy of
 * the data that left times to live behind makes one, would be held for ever: it gets one.
 */
export const LEASE = script(`
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  if redis.call('PTTL', KEYS[2]) < 0 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
  return {'held', redis.call('PTTL', KEYS[2])}
end
local fence = redis.call('HINCRBY', KEYS[1], 'f', 1)
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return {'granted', fence}`);

/** Key: lease. Arguments: token, length. */
export const RENEW = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/**
 * Of notes so many are kept, the newest: in an outage of Cognito's that loses answers for hours each refresh leaves one. Refreshes of a session are at
 * least a second apart, so that none of the last two minutes is lost.
 */
const MOST_NOTES = 128;

/** Keys: lease, intents. Arguments: token, fence, for how long the note is kept. */
export const ANNOUNCE = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
${NOW}
if redis.call('HLEN', KEYS[2]) >= ${MOST_NOTES} then
  local oldest = nil
  for _, fence in ipairs(redis.call('HKEYS', KEYS[2])) do
    if not oldest or tonumber(fence) < tonumber(oldest) then oldest = fence end
  end
  redis.call('HDEL', KEYS[2], oldest)
end
redis.call('HSET', KEYS[2], ARGV[2], string.format('%d', now))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1`);

/** Keys: lease, intents. Arguments: token, fence, channel, message, whether the note is closed. */
export const RELEASE = script(`
if ARGV[5] == '1' then redis.call('HDEL', KEYS[2], ARGV[2]) end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1`);

/** Keys: two that nobody uses. Argument: channel. All that scripts ask for, to see whether this user may. */
export const PROBE = script(`
redis.call('TIME')
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'probe', '1')
redis.call('PEXPIRE', KEYS[1], 1000)
redis.call('HINCRBY', KEYS[1], 'probe', 1)
for _, command in ipairs({'HGETALL', 'HLEN', 'HKEYS', 'PTTL'}) do redis.call(command, KEYS[1]) end
redis.call('HMGET', KEYS[1], 'probe')
redis.call('HDEL', KEYS[1], 'probe')
redis.call('SET', KEYS[1], '1', 'PX', 1000)
redis.call('GET', KEYS[1])
redis.call('ZADD', KEYS[2], 1, 'probe')
redis.call('PEXPIRE', KEYS[2], 1000)
redis.call('ZCARD', KEYS[2])
redis.call('ZCOUNT', KEYS[2], '-inf', '+inf')
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '0')
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -4)
redis.call('ZREM', KEYS[2], 'probe')
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('PUBLISH', ARGV[1], 'probe')
return 1`);
