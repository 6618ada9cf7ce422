import t from "tap";
import { silentLog } from "../../src/model/log.js";
import type { Session } from "../../src/model/session.js";
import { SessionCache } from "../../src/store/memory/session-cache.js";
import { createSealer } from "../../src/store/sealing.js";
import { createSessionTable, reportForgotten } from "../../src/store/session-table.js";
import type { BffEvent } from "../../src/telemetry/events.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { collectLog } from "../support/collected-log.js";
import { createManualClock } from "../support/manual-clock.js";
import { HOUR_MS, keyFrom, MINUTE_MS, presenting, refreshedSession, revealed, START_MS, sessionOf } from "../support/session-fixtures.js";
import { createCookieSessions } from "../support/session-stores.js";

const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const refreshed = (session: Session, times = 1) =>
  refreshedSession(session, { issuedAtMs: START_MS + times * HOUR_MS, lifeMs: HOUR_MS }, `rotated ${times}`);

const away = () => ({ kind: "unavailable", retryAfterSeconds: 1 }) as const;
const emptyStore = {
  trustMs: 0,
  load: away,
  commit: away,
  touch: away,
  end: away,
  lease: away,
  subscribe: () => () => {},
  directory: null,
  sessionsOf: away,
  endAllOf: away,
};

function rig() {
  const clock = createManualClock(START_MS);
  const table = createSessionTable({ clock, cache: new SessionCache({ bytes: 1_000_000 }) });
  const open = () => createCookieSessions({ sealer: createSealer([keyFrom("table")]), clock });
  return { clock, table, open, store: open() };
}

t.test("a version that was kept wins over the older ticket that comes, and the reading says which came", (t) => {
  const { store } = rig();
  const session = sessionOf();
  const next = refreshed(session);
  const ticket = store.seal(session);
  t.ok(store.save(next));
  t.match(store.read(presenting([ticket])), { kind: "session", session: { version: 2 }, presented: { version: 1 } });
  t.same(revealed(store.newest(session.id) ?? session), revealed(next));
  t.end();
});

t.test("a ticket newer than what the process knows wins over it", (t) => {
  const { store, open } = rig();
  const session = sessionOf();
  store.save(refreshed(session, 1));
  const ticket = open().seal(refreshed(refreshed(session, 1), 2));
  t.match(store.read(presenting([ticket])), { kind: "session", session: { version: 3 }, presented: { version: 3 } });
  t.end();
});

t.test("an older version that is kept late does not replace a newer one", (t) => {
  const { table } = rig();
  const session = sessionOf();
  const next = refreshed(session);
  table.keep(next, "nowhere");
  t.ok(table.keep(session, "nowhere"), "it is taken, and makes no difference");
  t.equal(table.newest(session.id)?.version, 2);
  table.keep({ ...next, lastSeenAtMs: next.lastSeenAtMs + 1 }, "nowhere");
  t.equal(table.newest(session.id)?.lastSeenAtMs, next.lastSeenAtMs + 1, "activity is news");
  t.end();
});

t.test("newer tokens and later activity are kept together, whichever of the two the browser brings", (t) => {
  for (const brought of ["the tokens", "the activity"] as const) {
    const { store, open } = rig();
    const session = sessionOf();
    const active: Session = { ...session, lastSeenAtMs: START_MS + 9 * MINUTE_MS };
    const [known, comes] = brought === "the tokens" ? [active, refreshed(session)] : [refreshed(session), active];
    store.save(known);
    const reading = store.read(presenting([open().seal(comes)]));
    t.match(reading, { kind: "session", session: { version: 2, lastSeenAtMs: active.lastSeenAtMs } }, brought);
    t.match(store.newest(session.id), { version: 2, lastSeenAtMs: active.lastSeenAtMs }, "and go on to the next answer");
  }
  t.end();
});

t.test("a verified set wins over the same one unverified", (t) => {
  const { table } = rig();
  const session = sessionOf();
  const next = refreshed(session);
  const waiting: Session = { ...next, tokens: session.tokens, unverified: next.tokens };
  for (const each of [waiting, next, waiting]) table.keep(each, "nowhere");
  t.equal(table.newest(session.id)?.unverified, null);
  t.end();
});

t.test("what the store has said counts for as long as it is trusted, and until messages were missed", (t) => {
  const { table, clock } = rig();
  const session = sessionOf();
  table.keep(session, "nowhere");
  t.equal(table.confirmed(session.id, 1_000), null, "the store has not said so");
  table.keep(session, "in_store");
  t.equal(table.confirmed(session.id, 1_000), session);
  clock.advance(999);
  const active = { ...session, lastSeenAtMs: clock.now() };
  table.keep(active, "nowhere");
  t.equal(table.confirmed(session.id, 1_000), active, "activity makes it no younger, and no older");
  clock.advance(1);
  t.equal(table.confirmed(session.id, 1_000), null);
  table.keep(active, "in_store");
  t.equal(table.confirmed(session.id, 1_000), active);
  table.doubtAll();
  t.equal(table.confirmed(session.id, 1_000), null);
  t.equal(table.newest(session.id), active, "and is known all the same");
  t.equal(table.lastConfirmed(session.id, 1_000), active, "and was said");
  table.keep({ ...active, lastSeenAtMs: active.lastSeenAtMs + 1 }, "nowhere");
  t.equal(table.confirmed(session.id, 1_000), null, "news from here takes no doubt away");
  clock.advance(1_000);
  t.equal(table.lastConfirmed(session.id, 1_000), null);
  table.keep(active, "in_store");
  clock.jump(-HOUR_MS);
  t.equal(table.confirmed(session.id, 1_000), null, "a clock set back makes nothing younger");
  t.end();
});

t.test("an ended session is neither kept nor confirmed, and listeners hear of nothing", (t) => {
  const { table } = rig();
  const session = sessionOf();
  const kept: Session[] = [];
  const cancel = table.onKept((each) => kept.push(each));
  table.keep(session, "in_store");
  t.equal(table.end(session.id, LOGOUT), session);
  t.notOk(table.keep(refreshed(session), "in_store"));
  t.equal(table.confirmed(session.id, 1_000), null);
  t.same(kept, [session]);
  cancel();
  table.keep(sessionOf(), "nowhere");
  t.equal(kept.length, 1);
  t.end();
});

t.test("what cannot be read is unreadable, with or without a marker of another session", (t) => {
  const { store } = rig();
  const marker = store.sealEnding(sessionOf().id, LOGOUT);
  for (const markers of [[], [marker]]) {
    t.same(store.read(presenting(["garbage"], markers)), { kind: "invalid", cause: "unreadable" });
    t.same(store.read({ ...presenting([], markers), any: true }), { kind: "invalid", cause: "unreadable" }, "chunks that make no ticket");
  }
  t.end();
});

t.test("endings that a shared store has, too, may be forgotten here without an alarm", (t) => {
  const told: BffEvent[] = [];
  const log = collectLog();
  const tell = (event: BffEvent) => void told.push(event);
  const options = { clock: createManualClock(START_MS), cache: new SessionCache({ bytes: 1_000_000 }), endingBytes: 256 * 100, tell, log };
  const table = createSessionTable({ ...options, endingsInStore: true });
  for (let other = 0; other < 200; other++) table.end(sessionOf(), { reason: "signed_out", cause: "logout" });
  t.same(told, []);
  t.same(log.saying("forgotten"), []);
  t.equal(table.figures().endingBytes, 256 * 100);
  t.end();
});

t.test("a ticket with an id alone is of a shared store: a process with the cookie store says 503 and ends nothing", (t) => {
  const { store } = rig();
  const session = sessionOf();
  const sealer = createSealer([keyFrom("table")]);
  const shared = createCookieSessions({
    sealer,
    clock: createManualClock(START_MS),
    openStore: () => ({ ...emptyStore, tickets: "ids" }),
  });
  t.same(store.read(presenting([shared.seal(session)])), { kind: "unavailable", id: session.id, carried: null, retryAfterSeconds: 5 });
  t.equal(store.endingOf(session.id), null);
  t.end();
});

/** A table in which only a few versions have room, and how often it told of a loss. */
function crowded(mayRotate = true) {
  const told: string[] = [];
  const forgotten = reportForgotten(
    ({ kind }) => told.push(kind),
    silentLog,
    () => mayRotate,
  );
  const cache = new SessionCache({ bytes: 40_000, forgotten });
  const table = createSessionTable({ clock: createManualClock(START_MS), cache });
  const crowd = () => {
    for (let index = 0; index < 20; index++) table.keep(sessionOf({ subject: `other-${index}` }), "in_store");
  };
  return { table, told, crowd };
}

const later = (session: Session): Session => ({ ...session, lastSeenAtMs: session.lastSeenAtMs + MINUTE_MS });

t.test("activity alone that is forgotten is nobody's loss, and no error: its browser has the tokens", (t) => {
  const { table, told, crowd } = crowded();
  const presented = sessionOf();
  table.keep(later(table.meet(presented)), "but_for_activity");
  crowd();
  t.equal(table.newest(presented.id), null, "forgotten it is");
  t.same(told, []);
  t.end();
});

t.test("nor are tokens whose ticket went out with an answer: everybody leaves one day, and comes back with it", (t) => {
  const { table, told, crowd } = crowded();
  const next = refreshed(sessionOf());
  table.keep(next, "nowhere");
  table.sealed(next, () => "ticket");
  crowd();
  t.equal(table.newest(next.id), null, "forgotten it is");
  t.same(told, []);
  t.end();
});

t.test("nor those of a refresh that brought no new refresh token: the browser's own still works", (t) => {
  const { table, told, crowd } = crowded(false);
  const next = refreshed(sessionOf());
  table.keep(next, "nowhere");
  crowd();
  t.equal(table.newest(next.id), null, "forgotten it is");
  t.same(told, []);
  t.end();
});

t.test("… but tokens that no browser has are told of, whatever activity came after them", (t) => {
  const { table, told, crowd } = crowded();
  const presented = sessionOf();
  const next = refreshed(presented);
  table.keep(next, "nowhere");
  table.keep(later(next), "but_for_activity");
  table.meet(later(later(presented)));
  crowd();
  t.equal(table.newest(presented.id), null);
  t.same(told, ["store_failed"]);
  t.end();
});

t.test("… until its browser has brought them back", (t) => {
  const { table, told, crowd } = crowded();
  const next = refreshed(sessionOf());
  table.keep(next, "nowhere");
  table.meet(next);
  table.keep(later(next), "but_for_activity");
  crowd();
  t.same(told, []);
  t.end();
});
