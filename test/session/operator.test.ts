import t from "tap";
import { type Session, type SessionId, sessionPseudonym } from "../../src/model/session.js";
import { createOperator } from "../../src/session/operator.js";
import type { Loaded, SessionDirectory } from "../../src/store/session-store.js";
import { createManualClock } from "../support/manual-clock.js";
import { sessionOf } from "../support/session-fixtures.js";

const AWAY = { kind: "unavailable", retryAfterSeconds: 1 } as const;

/** An operator over a store in memory: what it names, what it says of a session time after time, and what was done. */
function rig(
  sessions: readonly Session[],
  say: (session: Session, times: number) => Loaded = (session) => session,
  isUnwritten: () => boolean = () => false,
  {
    refreshableMs = null,
    maxAgeMs = null,
    asked: since = [],
  }: { readonly refreshableMs?: number | null; readonly maxAgeMs?: number | null; readonly asked?: number[] } = {},
) {
  const clock = createManualClock();
  const [ended, forgotten, revoked, endedAll]: [SessionId[], string[], SessionId[], string[]] = [[], [], [], []];
  const asked = new Map<SessionId, number>();
  let answerAll = () => {};
  const answered = new Promise<"done">((resolve) => {
    answerAll = () => resolve("done");
  });
  const directory: SessionDirectory = {
    page: (user, from, count, sinceMs) => {
      since.push(sinceMs);
      const named = sessions.filter(({ subject }) => user === null || user === subject);
      const start = from ? named.findIndex(({ id }) => id === from.id) + 1 : 0;
      return named.slice(start, start + count);
    },
    named: (name) => sessions.filter(({ id }) => sessionPseudonym(id).startsWith(name.slice(0, 16))).map(({ id }) => id),
    countSince: () => AWAY,
    forget: (id, user) => void forgotten.push(user === null ? id : `${id} of ${user}`),
  };
  const operator = createOperator({
    directory,
    sessions: {
      find(id) {
        const session = sessions.find((each) => each.id === id);
        const times = (asked.get(id) ?? 0) + 1;
        asked.set(id, times);
        return session && !ended.includes(id) ? say(session, times) : say(session ?? sessionOf(), times);
      },
      end(of) {
        ended.push(typeof of === "string" ? of : of.id);
        return null;
      },
      endAllOf(subject) {
        endedAll.push(subject);
        return { kind: "ended", ids: [] };
      },
      isUnwritten,
    },
    lifecycle: {
      end(session) {
        ended.push(session.id);
        return session;
      },
    },
    revocation: {
      // Cognito answers once it is told to.
      revoke(_token, session) {
        if (session) revoked.push(session.id);
        return answered;
      },
    },
    limits: { idleTimeoutMs: null, maxAgeMs },
    refreshableMs,
    clock,
  });
  return { operator, clock, ended, forgotten, revoked, endedAll, answerAll: () => answerAll() };
}

t.test("an ending that has not been written is no success, although it holds here and its token is revoked", async (t) => {
  const session = sessionOf();
  const { operator, ended, revoked } = rig([session], undefined, () => true);
  t.match(await operator.end(sessionPseudonym(session.id)), AWAY);
  t.match(await operator.endOf(session.subject), AWAY);
  t.same(new Set(ended), new Set([session.id]));
  t.same(new Set(revoked), new Set([session.id]), "no record has it any more that somebody else could revoke it by");
});

t.test("nor is an order that comes again before the one of before has been written", async (t) => {
  const session = sessionOf();
  const known = { kind: "ended", ending: { reason: "signed_out", cause: "operator" }, superseded: false } as const;
  const { operator } = rig(
    [session],
    () => known,
    () => true,
  );
  t.match(await operator.end(sessionPseudonym(session.id)), AWAY);
});

t.test("nor is that of a record that cannot be opened", async (t) => {
  const session = sessionOf();
  const { operator, ended } = rig(
    [session],
    () => ({ ...AWAY, unreadable: true }),
    () => true,
  );
  t.match(await operator.end(sessionPseudonym(session.id)), AWAY);
  t.same(ended, [session.id]);
});

t.test("what has no record is forgotten, unless its sign-in may be under way", async (t) => {
  const session = sessionOf();
  const { operator, clock, forgotten, ended } = rig([session], () => ({ kind: "gone" }));
  t.match(await operator.list(null, null, 10), { sessions: [] });
  t.same(forgotten, []);
  clock.advance(60_001);
  await operator.list(null, null, 10);
  t.same(forgotten, [session.id]);
  t.match(await operator.end(sessionPseudonym(session.id)), { kind: "none" });
  t.same(ended, []);
});

t.test("under whose name a session that is no more was found, there it is forgotten as well", async (t) => {
  const session = sessionOf();
  const { operator, clock, forgotten } = rig([session], () => ({ kind: "gone" }));
  clock.advance(60_001);
  await operator.list(session.subject, null, 10);
  await operator.endOf(session.subject);
  t.same(forgotten, Array(2).fill(`${session.id} of ${session.subject}`));
});

t.test("what Cognito is said to allow hides no session and spares none; a limit of ours hides what it has ended", async (t) => {
  const long = 900 * 24 * 60 * 60 * 1000;
  const asked: number[] = [];
  const limited = rig([], undefined, undefined, { refreshableMs: 60_000, maxAgeMs: long, asked });
  await limited.operator.list(null, null, 10);
  await limited.operator.endOf("somebody");
  await limited.operator.endSome(null, 10);
  t.same(asked, [limited.clock.now() - long + 1, 0, 0]);
});

t.test("everybody's sessions end without waiting for Cognito, which is asked for no more than can have their turn", async (t) => {
  const sessions = Array.from({ length: 1_300 }, () => sessionOf());
  const { operator, ended, revoked } = rig(sessions);
  const words: string[] = [];
  let from: Parameters<typeof operator.endSome>[0] = null;
  do {
    const answer = await operator.endSome(from, 100);
    if (answer.kind !== "ended") throw new Error("away");
    words.push(...answer.sessions.map(({ atCognito }) => atCognito));
    from = answer.next;
  } while (from);
  t.equal(new Set(ended).size, 1_300);
  t.equal(revoked.length, 1_200);
  t.equal(words.filter((word) => word === "left").length, 100);
});

t.test("all sessions of a person end, however many, and the sign-in that is under way", async (t) => {
  const [first, ...others] = Array.from({ length: 250 }, () => sessionOf());
  if (!first) throw new Error("none");
  const { operator, ended, endedAll } = rig([first, ...others]);
  void operator.endOf(first.subject);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(ended.length, 250);
  t.same(endedAll, [first.subject]);
});

t.test("of a person's sessions Cognito is waited for with a hundred, and asked for no more than can have their turn", async (t) => {
  const sessions = Array.from({ length: 1_500 }, () => sessionOf());
  const { operator, ended, revoked, answerAll } = rig(sessions);
  const answer = operator.endOf(sessions[0]?.subject ?? "");
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(new Set(ended).size, 1_500, "no session waits for Cognito");
  t.equal(revoked.length, 1_300);
  answerAll();
  const told = await answer;
  if (told.kind !== "ended") throw new Error("away");
  const counted = (word: string) => told.sessions.filter(({ atCognito }) => atCognito === word).length;
  t.same([counted("done"), counted("pending"), counted("left")], [100, 1_200, 200]);
  t.notMatch(JSON.stringify(told.sessions[0]), /tokens|session/, "no token is kept until the last has ended");
});

t.test("a record that cannot be opened keeps no other session from being listed or ended, and ends with them", async (t) => {
  const [first, sealed, last] = [sessionOf(), sessionOf(), sessionOf()];
  const { operator, ended: over } = rig([first, sealed, last], (session) => (session === sealed ? { ...AWAY, unreadable: true } : session));
  const listed = await operator.list(null, null, 10);
  t.same(listed.kind === "page" && listed.sessions.map(({ session }) => session.id), [first.id, last.id]);
  t.match(listed, { unreadable: 1 }, "and the list says that it is not whole");
  t.match(await operator.show(sessionPseudonym(sealed.id)), { kind: "unreadable" }, "nobody says that it is none");
  const ended = await operator.endSome(null, 10);
  t.match(ended, { kind: "ended", unreadable: 1, next: null }, "nor that nobody was signed out");
  t.equal(ended.kind === "ended" && ended.sessions.length, 2);
  t.same(over.toSorted(), [first.id, sealed.id, last.id].toSorted());
});
