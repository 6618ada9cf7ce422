import type { Test } from "tap";
import type { Session } from "../../src/model/session.js";
import { ENDING_CAUSES, type SessionEnding } from "../../src/wire/reasons.js";
import {
  CLIENT_ID,
  HOUR_MS,
  MINUTE_MS,
  presenting,
  refreshedSession,
  revealed,
  START_MS,
  sessionOf,
  USER_POOL_ID,
} from "../support/session-fixtures.js";
import type { CookieSessions } from "../support/session-stores.js";

/** Which pool and client a store is made for. */
export interface StoreOwner {
  readonly userPoolId: string;
  readonly clientId: string;
}

/** Stores that stand for processes of one deployment, with one key and one clock. */
export interface StoresUnderTest {
  /** One more process. */
  open(owner?: Partial<StoreOwner>): CookieSessions;
  /** Lets time pass for all of them. */
  fastForward(ms: number): void;
}

const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const EXPIRED: SessionEnding = { reason: "expired", cause: "refresh_token_expired" };

const refreshed = (session: Session, times = 1) =>
  refreshedSession(session, { issuedAtMs: START_MS + times * HOUR_MS, lifeMs: HOUR_MS }, `rotated ${times}`);

/** What every session store promises. `name` says which one is meant; `create` makes a fresh deployment. */
export function sessionStoreContract(t: Test, name: string, create: () => StoresUnderTest): void {
  const rig = () => {
    const stores = create();
    return { ...stores, store: stores.open() };
  };
  const promise = (text: string, check: (t: Test) => void) =>
    void t.test(`${name}: ${text}`, (t) => {
      check(t);
      t.end();
    });

  promise("without cookies nobody is signed in", (t) => {
    t.same(rig().store.read(presenting([])), { kind: "none" });
  });

  promise("a session comes back from its ticket as it was, on any process", (t) => {
    const { store, open } = rig();
    const session = sessionOf({ keep: { id: true, access: true } });
    const ticket = store.seal(session);
    for (const reader of [store, open()]) {
      const reading = reader.read(presenting([ticket]));
      t.equal(reading.kind, "session");
      if (reading.kind === "session") t.same([revealed(reading.session), reading.sealedWith], [revealed(session), "newest"]);
    }
  });

  promise("a ticket shows neither tokens nor the subject", (t) => {
    const session = sessionOf({ subject: "subject-in-the-clear" });
    const ticket = rig().store.seal(session);
    const bytes = Buffer.from(ticket, "base64url").toString("latin1");
    for (const text of ["subject-in-the-clear", session.tokens.refresh.reveal()]) t.notOk(ticket.includes(text) || bytes.includes(text));
  });

  promise("a version that was saved wins over the older ticket that comes, and says which came", (t) => {
    const { store } = rig();
    const session = sessionOf();
    const next = refreshed(session);
    const ticket = store.seal(session);
    t.ok(store.save(next));
    const reading = store.read(presenting([ticket]));
    t.match(reading, { kind: "session", session: { version: 2 }, presented: { version: 1 } });
    t.same(revealed(store.newest(session.id) ?? session), revealed(next));
  });

  promise("a ticket newer than what the process knows wins over it", (t) => {
    const { store, open } = rig();
    const session = sessionOf();
    store.save(refreshed(session, 1));
    const ticket = open().seal(refreshed(refreshed(session, 1), 2));
    t.match(store.read(presenting([ticket])), { kind: "session", session: { version: 3 }, presented: { version: 3 } });
  });

  promise("an older version that is saved late does not replace a newer one", (t) => {
    const { store } = rig();
    const session = sessionOf();
    const next = refreshed(session);
    store.save(next);
    t.ok(store.save(session), "it is taken, and makes no difference");
    t.equal(store.newest(session.id)?.version, 2);
    store.save({ ...next, lastSeenAtMs: next.lastSeenAtMs + 1 });
    t.equal(store.newest(session.id)?.lastSeenAtMs, next.lastSeenAtMs + 1, "activity is news");
  });

  promise("newer tokens and later activity are kept together, whichever of the two the browser brings", (t) => {
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
  });

  promise("a verified set wins over the same one unverified", (t) => {
    const { store } = rig();
    const session = sessionOf();
    const next = refreshed(session);
    const waiting: Session = { ...next, tokens: session.tokens, unverified: next.tokens };
    store.save(waiting);
    store.save(next);
    store.save(waiting);
    t.equal(store.newest(session.id)?.unverified, null);
  });

  promise("an unverified set survives the ticket", (t) => {
    const { store, open } = rig();
    const session = sessionOf();
    const waiting: Session = { ...session, unverified: refreshed(session).tokens, version: 2 };
    const reading = open().read(presenting([store.seal(waiting)]));
    t.same(reading.kind === "session" && revealed(reading.session), revealed(waiting));
  });

  promise("sessions know nothing of each other", (t) => {
    const { store } = rig();
    const [one, two] = [sessionOf({ subject: "one" }), sessionOf({ subject: "two" })];
    store.save(refreshed(one));
    t.equal(store.newest(two.id), null);
    store.end(one.id, LOGOUT);
    t.equal(store.endingOf(two.id), null);
    t.match(store.read(presenting([store.seal(two)])), { kind: "session", session: { subject: "two" } });
  });

  promise("an ended session never comes back: not by its ticket, not by a newer one, not by being saved", (t) => {
    const { store, fastForward } = rig();
    const session = sessionOf();
    const tickets = [store.seal(session), store.seal(refreshed(session))];
    store.save(refreshed(session));
    store.read(presenting(tickets));
    store.end(session.id, LOGOUT);
    t.notOk(store.save(refreshed(session, 5)), "saving says so");
    t.equal(store.newest(session.id), null);
    for (const passedMs of [0, MINUTE_MS, 23 * HOUR_MS]) {
      fastForward(passedMs);
      for (const ticket of tickets)
        t.match(store.read(presenting([ticket])), { kind: "ended", id: session.id, ending: LOGOUT, known: "here", superseded: false });
    }
    t.same(store.endingOf(session.id), { ending: LOGOUT, superseded: false });
  });

  promise("the first reason stands", (t) => {
    const { store } = rig();
    const session = sessionOf();
    store.end(session.id, LOGOUT);
    store.end(session.id, EXPIRED);
    store.end(session.id, EXPIRED, "superseded");
    t.same(store.endingOf(session.id), { ending: LOGOUT, superseded: false });
    t.match(store.read(presenting([store.seal(session)])), { ending: LOGOUT });
  });

  promise("a session that a newer sign-in replaced says so", (t) => {
    const { store } = rig();
    const session = sessionOf();
    store.end(session.id, LOGOUT, "superseded");
    t.match(store.read(presenting([store.seal(session)])), { kind: "ended", superseded: true });
  });

  promise("the marker tells another process the reason, for every reason there is", (t) => {
    const { store, open } = rig();
    const endings: SessionEnding[] = [
      ...ENDING_CAUSES.expired.flatMap((cause) =>
        cause === "unknown" || cause === "refresh_token_invalid" || cause === "client_replaced"
          ? []
          : [{ reason: "expired", cause } as const],
      ),
      ...ENDING_CAUSES.signed_out.map((cause) => ({ reason: "signed_out", cause }) as const),
    ];
    t.equal(endings.length, 12);
    for (const ending of endings) {
      const session = sessionOf();
      const [ticket, marker] = [store.seal(session), store.sealEnding(session.id, ending, 1_764_000_000)];
      const told = { kind: "ended", id: session.id, ending, known: "marker", superseded: false, authTimeSeconds: 1_764_000_000 };
      const other = open();
      t.match(other.read(presenting([ticket], [marker])), told, "beside the ticket");
      t.same(other.read(presenting([], [marker])), told, "alone");
    }
  });

  promise("a marker says nothing about any other session: planting one locks nobody out", (t) => {
    const { store, open } = rig();
    const [mine, strangers] = [sessionOf({ subject: "me" }), sessionOf({ subject: "stranger" })];
    const planted = store.sealEnding(strangers.id, LOGOUT);
    t.match(open().read(presenting([store.seal(mine)], [planted])), { kind: "session", session: { subject: "me" } });
  });

  promise("a marker that cannot be opened, or is a ticket, says nothing", (t) => {
    const { store } = rig();
    const session = sessionOf();
    const ticket = store.seal(session);
    for (const marker of ["", "garbage", ticket, store.sealEnding(session.id, LOGOUT).slice(0, -1)]) {
      t.equal(store.read(presenting([ticket], [marker])).kind, "session");
      t.same(store.read(presenting([], [marker])), { kind: "none" });
    }
  });

  promise("a marker is not accepted as a ticket", (t) => {
    const { store } = rig();
    t.match(store.read(presenting([store.sealEnding(sessionOf().id, LOGOUT)])), { kind: "invalid", cause: "unreadable" });
  });

  promise("this process's own knowledge wins over a marker's", (t) => {
    const { store } = rig();
    const session = sessionOf();
    const marker = store.sealEnding(session.id, EXPIRED);
    store.end(session.id, LOGOUT);
    t.match(store.read(presenting([store.seal(session)], [marker])), { ending: LOGOUT, known: "here" });
  });

  promise("a session of another pool or client is the server's mistake, and is kept", (t) => {
    const { store, open } = rig();
    const ticket = store.seal(sessionOf());
    const foreign = { kind: "foreign", userPoolId: USER_POOL_ID, clientId: CLIENT_ID };
    t.same(open({ userPoolId: "eu-central-1_Other" }).read(presenting([ticket])), foreign);
    t.same(open({ clientId: "other" }).read(presenting([ticket])), foreign);
    t.equal(open().read(presenting([ticket])).kind, "session", "and works again when the setting is put right");
  });

  promise("a living session wins over a dead, an ended and an unreadable ticket beside it", (t) => {
    const { store } = rig();
    const [living, gone] = [sessionOf({ subject: "living" }), sessionOf({ subject: "gone" })];
    store.end(gone.id, LOGOUT);
    const tickets = ["garbage", store.seal(gone), store.seal(living)];
    for (const order of [tickets, tickets.toReversed()])
      t.match(store.read(presenting(order)), { kind: "session", session: { subject: "living" } });
    t.match(store.read(presenting(["garbage", store.seal(gone)])), { kind: "ended", id: gone.id });
  });

  promise("what cannot be read is `unreadable`, with or without a marker of another session", (t) => {
    const { store } = rig();
    const marker = store.sealEnding(sessionOf().id, LOGOUT);
    for (const markers of [[], [marker]]) {
      t.same(store.read(presenting(["garbage"], markers)), { kind: "invalid", cause: "unreadable" });
      t.same(store.read({ ...presenting([], markers), any: true }), { kind: "invalid", cause: "unreadable" }, "chunks that make no ticket");
    }
  });
}
