import { type Session, type SessionId, sessionIdIn } from "../../model/session.js";
import type { IndexedSession } from "../session-store.js";
import { type IndexEntries, indexedIn } from "./index-entries.js";
import { type PersonKeys, usernameSubject } from "./keys.js";
import type { RedisLink } from "./redis-link.js";
import { listIn, textIn } from "./replies.js";

export interface PeopleOptions {
  readonly link: Pick<RedisLink, "command">;
  readonly entries: IndexEntries;
  readonly personKeys: PersonKeys;
}

/** Whose sessions there are: an index for each person, which may name sessions that are no more. */
export interface People {
  /** @param isSignIn whether the session begins. */
  add(session: Session, lastsMs: number, isSignIn: boolean): Promise<void>;
  /** Takes a session out that has ended. */
  drop(session: Session): void;
  /** Takes out an entry of whoever has this subject or username, behind which there is no living session. */
  forget(user: string, id: SessionId): void;
  /** Whether a sign-in may be about to write the record that this one has not. */
  mayBegin: IndexEntries["mayBegin"];
  /** The sessions that began at that moment at the latest, living or not. */
  begunBy(subject: string, untilMs: number | null): Promise<readonly SessionId[]>;
  /** The newest so many, living or not. */
  newestOf(subject: string, most: number): Promise<readonly IndexedSession[]>;
  /** The keys of whoever has this subject or username. */
  keysOf(user: string): readonly string[];
}

/** What a person is looked up by: an operator knows a username rather than a subject. In most pools that people sign up to they are the same. */
function namesOf({ subject, username }: Pick<Session, "subject" | "username">): readonly string[] {
  return username === subject ? [subject] : [subject, usernameSubject(username)];
}

export function createPeople({ link, entries, personKeys }: PeopleOptions): People {
  async function begunBy(name: string, untilMs: number | null): Promise<readonly SessionId[]> {
    const until = untilMs === null ? "+inf" : String(untilMs);
    const answers = await Promise.all(personKeys(name).map((key) => link.command("ZRANGEBYSCORE", key, "-inf", until)));
    return [...new Set(answers.flatMap(listIn).flatMap((found) => sessionIdIn(textIn(found)) ?? []))];
  }

  const keysOf = (user: string) => [...personKeys(user), ...personKeys(usernameSubject(user))];

  return {
    async add(session, lastsMs, isSignIn) {
      await Promise.all(namesOf(session).map((name) => entries.add(personKeys(name)[0], session, lastsMs, isSignIn)));
    },
    drop(session) {
      for (const name of namesOf(session)) for (const key of personKeys(name)) entries.drop(key, session.id);
    },
    forget(user, id) {
      for (const key of keysOf(user)) entries.drop(key, id);
    },
    mayBegin: entries.mayBegin,
    begunBy,
    keysOf,
    async newestOf(subject, most) {
      const last = String(most - 1);
      const answers = await Promise.all(personKeys(subject).map((key) => link.command("ZREVRANGE", key, "0", last, "WITHSCORES")));
      return [...new Map(answers.flatMap(indexedIn).map((found) => [found.id, found])).values()];
    },
  };
}
