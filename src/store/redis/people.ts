import type { Session, SessionId } from "../../model/session.js";
import { type PersonKeys, sessionIdIn } from "./keys.js";
import { type RedisLink, script } from "./redis-link.js";
import { listIn, textIn } from "./replies.js";

/** Key: a person's index. Arguments: when the session began, its id, its time to live, before when a session that began is of no use. */
const ADD = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`);

export interface PeopleOptions {
  readonly link: RedisLink;
  readonly personKeys: PersonKeys;
  readonly now: () => number;
  /** The longest that a session can be of use after it began. */
  readonly longestMs: number;
}

/** Whose sessions there are: an index for each person, which may name sessions that are no more. */
export interface People {
  add(session: Session, lastsMs: number): Promise<void>;
  /** Takes a session out that has ended. One that cannot be leaves with its time. */
  drop(session: Session): void;
  /** The sessions that began at that moment at the latest, living or not. */
  begunBy(subject: string, untilMs: number | null): Promise<readonly SessionId[]>;
}

export function createPeople({ link, personKeys, now, longestMs }: PeopleOptions): People {
  return {
    async add({ id, subject, startedAtMs }, lastsMs) {
      const [key] = personKeys(subject);
      await link.run(ADD, [key], [String(startedAtMs), id, String(lastsMs), String(now() - longestMs)]);
    },
    drop({ id, subject }) {
      for (const key of personKeys(subject)) link.command("ZREM", key, id).catch(() => {});
    },
    async begunBy(subject, untilMs) {
      const until = untilMs === null ? "+inf" : String(untilMs);
      const answers = await Promise.all(personKeys(subject).map((key) => link.command("ZRANGEBYSCORE", key, "-inf", until)));
      return [...new Set(answers.flatMap(listIn).flatMap((name) => sessionIdIn(textIn(name)) ?? []))];
    },
  };
}
