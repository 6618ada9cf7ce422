import { type Session, type SessionId, sessionIdIn } from "../../model/session.js";
import { type PersonKeys, usernameSubject } from "./keys.js";
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
  /** The newest so many, living or not. */
  newestOf(subject: string, most: number): Promise<readonly SessionId[]>;
  /** The keys of whoever has this subject or username. */
  keysOf(user: string): readonly string[];
}

/** What a person is looked up by: an operator knows a username rather than a subject. In most pools that people sign up to they are the same. */
function namesOf({ subject, username }: Pick<Session, "subject" | "username">): readonly string[] {
  return username === subject ? [subject] : [subject, usernameSubject(username)];
}

export function createPeople({ link, personKeys, now, longestMs }: PeopleOptions): People {
  async function begunBy(name: string, untilMs: number | null): Promise<readonly SessionId[]> {
    const until = untilMs === null ? "+inf" : String(untilMs);
    const answers = await Promise.all(personKeys(name).map((key) => link.command("ZRANGEBYSCORE", key, "-inf", until)));
    return [...new Set(answers.flatMap(listIn).flatMap((found) => sessionIdIn(textIn(found)) ?? []))];
  }

  return {
    async add(session, lastsMs) {
      const args = [String(session.startedAtMs), session.id, String(lastsMs), String(now() - longestMs)];
      await Promise.all(namesOf(session).map((name) => link.run(ADD, [personKeys(name)[0]], args)));
    },
    drop(session) {
      for (const name of namesOf(session)) for (const key of personKeys(name)) link.command("ZREM", key, session.id).catch(() => {});
    },
    begunBy,
    keysOf: (user) => [...personKeys(user), ...personKeys(usernameSubject(user))],
    async newestOf(subject, most) {
      const last = String(most - 1);
      const answers = await Promise.all(personKeys(subject).map((key) => link.command("ZREVRANGE", key, "0", last)));
      return [...new Set(answers.flatMap(listIn).flatMap((name) => sessionIdIn(textIn(name)) ?? []))];
    },
  };
}
