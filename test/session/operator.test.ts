import t from "tap";
import { type Session, type SessionId, sessionPseudonym } from "../../src/model/session.js";
import { createOperator } from "../../src/session/operator.js";
import type { Loaded, SessionDirectory } from "../../src/store/session-store.js";
import { createManualClock } from "../support/manual-clock.js";
import { sessionOf } from "../support/session-fixtures.js";

const AWAY = { kind: "unavailable", retryAfterSeconds: 1 } as const;
const NO_LIMITS = { idleTimeoutMs: null, maxAgeMs: null };

/** An operator over a store in memory: what it names, what it says of a session time after time, and what was done. */
function rig(sessions: readonly Session[], say: (session: Session, times: number) => Loaded = (session) => session) {
  const clock = createManualClock();
  const [ended, forgotten, revoked, endedAll]: [SessionId[], SessionId[], SessionId[], string[]] = [[], [], [], []];
  const asked = new Map<SessionId, number>();
  const directory: SessionDirectory = {
    page: (user, from, count) => {
      const named = sessions.filter(({ subject }) => user === null || user === subject);
      const start = from ? named.findIndex(({ id }) => id === from.id) + 1 : 0;
      return named.slice(start, start + count);
    },
    named: (name) => sessions.filter(({ id }) => sessionPseudonym(id).startsWith(name.slice(0, 16))).map(({ id }) => id),
    countSince: () => AWAY,
    forget: (id) => void forgotten.push(id),
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
    },
    lifecycle: {
      end(session) {
        ended.push(session.id);
        return session;
      },
    },
    revocation: {
      // Cognito never answers.
      revoke(_token, session) {
        if (session) revoked.push(session.id);
        return new Promise(() => {});
      },
    },
    limits: NO_LIMITS,
    refreshableMs: null,
    clock,
  });
  return { operator, clock, ended, forgotten, revoked, endedAll };
}

t.test("an ending that may not have been written is no success, although it holds here", async (t) => {
  const session = sessionOf();
  const { operator, ended, revoked } = rig([session], (found, times) => (times === 1 ? found : AWAY));
  t.match(await operator.end(sessionPseudonym(session.id)), AWAY);
  t.same(ended, [session.id]);
  t.same(revoked, [], "its token is revoked once the store has said which it is");
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

t.test("a record that cannot be opened keeps no other session from being listed or ended, and ends with them", async (t) => {
  const [first, sealed, last] = [sessionOf(), sessionOf(), sessionOf()];
  const { operator, ended } = rig([first, sealed, last], (session) => (session === sealed ? { ...AWAY, unreadable: true } : session));
  const listed = await operator.list(null, null, 10);
  t.same(listed.kind === "page" && listed.sessions.map(({ session }) => session.id), [first.id, last.id]);
  t.match(await operator.show(sessionPseudonym(sealed.id)), { kind: "unavailable" }, "nobody says that it is none");
  t.match(await operator.endSome(null, 10), { kind: "ended", next: null });
  t.same(ended.toSorted(), [first.id, sealed.id, last.id].toSorted());
});
