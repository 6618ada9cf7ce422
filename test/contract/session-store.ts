import type { Test } from "tap";
import { newestRefreshToken, type Session } from "../../src/model/session.js";
import type { Awaitable, Committed, Lease } from "../../src/store/session-store.js";
import type { Sessions } from "../../src/store/sessions.js";
import type { Reading } from "../../src/store/ticket-codec.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
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

/** Which pool and client a process is set up for. */
export interface StoreOwner {
  readonly userPoolId: string;
  readonly clientId: string;
}

/** Processes of one deployment, with one key and one clock. */
export interface Deployment {
  /** One more process. */
  open(owner?: Partial<StoreOwner>): Awaitable<Sessions>;
  /** Lets time pass for all of them. */
  fastForward(ms: number): Awaitable<void>;
  /** Lets what is on its way arrive. */
  settle(): Promise<void>;
  /** What can go wrong between processes and the store they share; null where they share none. */
  readonly shared: SharedStore | null;
}

export interface SharedStore {
  /** Whether the store can be reached. */
  reachable(is: boolean): Awaitable<void>;
  /** Whether messages of endings arrive; once they do again, subscribers know that they missed some. */
  listening(is: boolean): Awaitable<void>;
}

type Check = (t: Test, deployment: Deployment, sessions: Sessions) => Promise<void>;

const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const EXPIRED: SessionEnding = { reason: "expired", cause: "refresh_token_expired" };

const refreshed = (session: Session, times = 1) =>
  refreshedSession(session, { issuedAtMs: START_MS + times * HOUR_MS, lifeMs: HOUR_MS }, `rotated ${times}`);

const read = async (sessions: Sessions, tickets: readonly string[], markers: readonly string[] = []): Promise<Reading> =>
  sessions.read(presenting(tickets, markers));

/** Begins a session, as a sign-in does, and gives its ticket. */
async function begin(sessions: Sessions, session: Session): Promise<string> {
  const begun = await sessions.begin(session);
  if (begun.kind !== "saved") throw new Error(`it could not begin: ${begun.kind}`);
  return sessions.seal(session);
}

async function leaseOf(sessions: Sessions, { id }: Session): Promise<Lease> {
  const leased = await sessions.lease(id);
  if (leased.kind !== "granted") throw new Error(`no lease: ${leased.kind}`);
  return leased.lease;
}

/** Writes a version under a lease, as a refresh does. */
async function renew(sessions: Sessions, before: Session, next: Session): Promise<Committed> {
  const lease = await leaseOf(sessions, before);
  const committed = await sessions.commit(next, before.version, lease);
  await lease.release("closed");
  return committed;
}

const RUNS: readonly (readonly [promise: string, check: Check])[] = [
  [
    "without cookies nobody is signed in",
    async (t, _deployment, sessions) => {
      t.same(await read(sessions, []), { kind: "none" });
    },
  ],
  [
    "a session comes back from its ticket as it was, on any process",
    async (t, { open }, sessions) => {
      const session = sessionOf({ keep: { id: true, access: true } });
      const ticket = await begin(sessions, session);
      for (const reader of [sessions, await open()]) {
        const reading = await read(reader, [ticket]);
        t.equal(reading.kind, "session");
        if (reading.kind === "session") t.same([revealed(reading.session), reading.sealedWith], [revealed(session), "newest"]);
      }
    },
  ],
  [
    "a version that was written wins over the ticket of before",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      t.same(await renew(sessions, session, refreshed(session)), { kind: "saved" });
      t.match(await read(sessions, [ticket]), { kind: "session", session: { version: 2 } });
      t.same(revealed(sessions.newest(session.id) ?? session), revealed(refreshed(session)));
    },
  ],
  [
    "a process that comes later reads the newest version from the newest ticket",
    async (t, { open }, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      const next = refreshed(session);
      await renew(sessions, session, next);
      t.match(await read(await open(), [sessions.seal(next)]), { kind: "session", session: { version: 2 } });
    },
  ],
  [
    "a session that seems idle ends, unless somebody has used it since",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const idle = { reason: "expired", cause: "idle_timeout" } as const;
      const used = { ...session, lastSeenAtMs: session.lastSeenAtMs + 1 };
      t.same(await renew(sessions, session, refreshed(used)), { kind: "saved" });
      t.match(await sessions.endUnlessUsed(session, idle), { kind: "newer", session: { lastSeenAtMs: used.lastSeenAtMs } });
      t.match(await read(sessions, [ticket]), { kind: "session" });
      t.match(await sessions.endUnlessUsed(used, idle), { kind: "ended", ending: idle, before: false });
      t.match(await read(sessions, [ticket]), { kind: "ended", ending: idle });
    },
  ],
  [
    "a version older than what is known is not written, and whoever comes with it gets the newer one",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      const [next, later] = [refreshed(session), refreshed(refreshed(session), 2)];
      await renew(sessions, session, next);
      await renew(sessions, next, later);
      t.match(await renew(sessions, session, next), { kind: "newer", session: { version: 3 } });
      t.equal(sessions.newest(session.id)?.version, 3);
    },
  ],
  [
    "newer tokens and later activity are kept together, whichever came first",
    async (t, { settle }, sessions) => {
      for (const first of ["the tokens", "the activity"]) {
        const session = sessionOf();
        const ticket = await begin(sessions, session);
        const lastSeenAtMs = START_MS + 9 * MINUTE_MS;
        const touch = () => sessions.touch({ ...session, lastSeenAtMs });
        if (first === "the activity") touch();
        await renew(sessions, session, refreshed(session));
        if (first === "the tokens") touch();
        await settle();
        t.match(await read(sessions, [ticket]), { kind: "session", session: { version: 2, lastSeenAtMs } }, first);
      }
    },
  ],
  [
    "a set is written before it is verified, and verified in its place",
    async (t, { open }, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      const next = refreshed(session);
      const waiting: Session = { ...next, tokens: session.tokens, unverified: next.tokens };
      const lease = await leaseOf(sessions, session);
      t.same(await sessions.commit(waiting, session.version, lease), { kind: "saved" });
      const reading = await read(await open(), [sessions.seal(waiting)]);
      t.same(reading.kind === "session" && revealed(reading.session), revealed(waiting), "it survives");
      t.same(await sessions.commit(next, waiting.version, lease), { kind: "saved" });
      await lease.release("closed");
      t.equal(sessions.newest(session.id)?.unverified, null);
      const verified = await read(await open(), [sessions.seal(next)]);
      t.equal(verified.kind === "session" && verified.session.unverified, null);
    },
  ],
  [
    "sessions know nothing of each other",
    async (t, _deployment, sessions) => {
      const [one, two] = [sessionOf({ subject: "one" }), sessionOf({ subject: "two" })];
      await begin(sessions, one);
      const ticket = await begin(sessions, two);
      await renew(sessions, one, refreshed(one));
      await sessions.end(one, LOGOUT);
      t.equal(sessions.endingOf(two.id), null);
      t.match(await read(sessions, [ticket]), { kind: "session", session: { subject: "two", version: 1 } });
    },
  ],
  [
    "an ended session never comes back: not by its ticket, not by being written, not by activity",
    async (t, { fastForward, settle }, sessions) => {
      const session = sessionOf();
      const tickets = [await begin(sessions, session), sessions.seal(refreshed(session))];
      const lease = await leaseOf(sessions, session);
      await read(sessions, tickets);
      await sessions.end(session, LOGOUT);
      t.match(await sessions.commit(refreshed(session), session.version, lease), { kind: "ended", ending: LOGOUT }, "writing says so");
      sessions.touch({ ...session, lastSeenAtMs: START_MS + HOUR_MS });
      await settle();
      t.equal(sessions.newest(session.id), null);
      for (const passedMs of [0, MINUTE_MS, 23 * HOUR_MS]) {
        await fastForward(passedMs);
        for (const ticket of tickets)
          t.match(await read(sessions, [ticket]), { kind: "ended", id: session.id, ending: LOGOUT, known: "here", superseded: false });
      }
      t.same(sessions.endingOf(session.id), { ending: LOGOUT, superseded: false });
    },
  ],
  [
    "a session has ended here before anybody is asked",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      const ended = sessions.end(session, LOGOUT);
      t.same(sessions.endingOf(session.id), { ending: LOGOUT, superseded: false });
      t.equal((await ended)?.id, session.id, "and the version it ended with is given back");
    },
  ],
  [
    "the first reason stands",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      await sessions.end(session, LOGOUT);
      await sessions.end(session.id, EXPIRED);
      await sessions.end(session, EXPIRED, true);
      t.same(sessions.endingOf(session.id), { ending: LOGOUT, superseded: false });
      t.match(await read(sessions, [ticket]), { ending: LOGOUT });
    },
  ],
  [
    "a session that a newer sign-in replaced says so",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      await sessions.end(session.id, LOGOUT, true);
      t.match(await read(sessions, [ticket]), { kind: "ended", superseded: true });
    },
  ],
  [
    "a verdict on tokens that somebody has renewed meanwhile ends nothing; on the newest it ends the session, once",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const next = refreshed(session);
      await renew(sessions, session, next);
      t.match(await sessions.endUnlessRenewed(session, EXPIRED), { kind: "newer", session: { version: 2 } });
      t.match(await read(sessions, [ticket]), { kind: "session", session: { version: 2 } });
      t.match(await sessions.endUnlessRenewed(next, EXPIRED), { kind: "ended", ending: EXPIRED, before: false });
      t.match(await sessions.endUnlessRenewed(next, LOGOUT), { kind: "ended", ending: EXPIRED, before: true });
      t.match(await read(sessions, [ticket]), { kind: "ended", ending: EXPIRED });
    },
  ],
  [
    "activity is no newer token: a verdict ends the session all the same",
    async (t, { settle }, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      sessions.touch({ ...session, lastSeenAtMs: START_MS + HOUR_MS });
      await settle();
      t.match(await sessions.endUnlessRenewed(session, EXPIRED), { kind: "ended", ending: EXPIRED });
    },
  ],
  [
    "the marker tells another process the reason, beside the ticket and alone",
    async (t, { open }, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const marker = sessions.sealEnding(session.id, EXPIRED, 1_764_000_000);
      const told = { kind: "ended", id: session.id, ending: EXPIRED, known: "marker", superseded: false, authTimeSeconds: 1_764_000_000 };
      t.match(await read(await open(), [ticket], [marker]), told, "beside the ticket");
      t.same(await read(await open(), [], [marker]), told, "alone");
    },
  ],
  [
    "a marker says nothing about any other session: planting one locks nobody out",
    async (t, { open }, sessions) => {
      const mine = sessionOf({ subject: "me" });
      const ticket = await begin(sessions, mine);
      const planted = sessions.sealEnding(sessionOf({ subject: "stranger" }).id, LOGOUT);
      t.match(await read(await open(), [ticket], [planted]), { kind: "session", session: { subject: "me" } });
    },
  ],
  [
    "this process's own knowledge wins over a marker's",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      await sessions.end(session.id, LOGOUT);
      t.match(await read(sessions, [ticket], [sessions.sealEnding(session.id, EXPIRED)]), { ending: LOGOUT, known: "here" });
    },
  ],
  [
    "a session of another pool or client is the server's mistake, and is kept",
    async (t, { open }, sessions) => {
      const ticket = await begin(sessions, sessionOf());
      const foreign = { kind: "foreign", userPoolId: USER_POOL_ID, clientId: CLIENT_ID };
      t.same(await read(await open({ userPoolId: "eu-central-1_Other" }), [ticket]), foreign);
      t.same(await read(await open({ clientId: "other" }), [ticket]), foreign);
      t.equal((await read(await open(), [ticket])).kind, "session", "and works again when the setting is put right");
    },
  ],
  [
    "a living session wins over a dead, an ended and an unreadable ticket beside it",
    async (t, _deployment, sessions) => {
      const [living, gone] = [sessionOf({ subject: "living" }), sessionOf({ subject: "gone" })];
      const tickets = ["garbage", await begin(sessions, gone), await begin(sessions, living)];
      await sessions.end(gone.id, LOGOUT);
      for (const order of [tickets, tickets.toReversed()])
        t.match(await read(sessions, order), { kind: "session", session: { subject: "living" } });
      t.match(await read(sessions, tickets.slice(0, 2)), { kind: "ended", id: gone.id });
    },
  ],
  [
    "a lease is granted again once it was given back",
    async (t, _deployment, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      const first = await leaseOf(sessions, session);
      t.equal(await first.renew(), "renewed");
      t.equal(await first.announce(), "announced");
      await first.release("closed");
      await (await leaseOf(sessions, session)).release("closed");
    },
  ],
];

/** What a store promises besides that all processes share. */
const SHARED: readonly (readonly [
  promise: string,
  check: (t: Test, deployment: Deployment, sessions: Sessions, store: SharedStore) => Promise<void>,
])[] = [
  [
    "what one process writes the others read within a second, whatever ticket comes",
    async (t, { open, fastForward }, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const other = await open();
      await read(other, [ticket]);
      await renew(sessions, session, refreshed(session));
      await fastForward(1_000);
      t.match(await read(other, [ticket]), { kind: "session", session: { version: 2 } });
    },
  ],
  [
    "of two that write in place of the same version one does, and the other gets what the first has written",
    async (t, { open }, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const other = await open();
      await read(other, [ticket]);
      const lease = await leaseOf(sessions, session);
      const [mine, theirs] = await Promise.all([
        sessions.commit(refreshed(session, 1), session.version, lease),
        other.commit(refreshed(session, 2), session.version, lease),
      ]);
      t.same([mine.kind, theirs.kind].sort(), ["newer", "saved"]);
      const [winner, loser] = mine.kind === "saved" ? [sessions, other] : [other, sessions];
      t.same(
        revealed(loser.newest(session.id) ?? session),
        revealed(winner.newest(session.id) ?? sessionOf()),
        "both know the same afterwards",
      );
    },
  ],
  [
    "one process at a time has the lease, and who waits is told when it is over",
    async (t, { open, settle }, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      const other = await open();
      const lease = await leaseOf(sessions, session);
      const held = await other.lease(session.id);
      t.equal(held.kind, "held");
      let over = false;
      if (held.kind === "held") void held.over.then(() => (over = true));
      await settle();
      t.equal(over, false);
      await lease.release("closed");
      await settle();
      t.equal(over, true);
      const next = await leaseOf(other, session);
      t.ok(next.fence > lease.fence, "a later lease has the higher fence");
    },
  ],
  [
    "a holder that was stopped for longer than its lease has lost it, and its late write does not overwrite the next holder's",
    async (t, { open, fastForward }, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const stopped = await leaseOf(sessions, session);
      if (stopped.lastsMs === null) throw new Error("a shared lease runs out");
      await fastForward(stopped.lastsMs + 1);
      const other = await open();
      await read(other, [ticket]);
      const next = await leaseOf(other, session);
      t.equal(await stopped.renew(), "lost");
      t.equal(await stopped.announce(), "lost");
      t.same(await other.commit(refreshed(session, 2), session.version, next), { kind: "saved" });
      t.match(await sessions.commit(refreshed(session, 1), session.version, stopped), { kind: "newer" });
      t.equal(sessions.newest(session.id)?.tokens.refresh.reveal(), "rotated 2");
    },
  ],
  [
    "a set with another refresh token that comes too late is kept beside what was written, and is gone with the session",
    async (t, { open, fastForward }, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const stopped = await leaseOf(sessions, session);
      await fastForward((stopped.lastsMs ?? 0) + 1);
      const other = await open();
      await read(other, [ticket]);
      const next = await leaseOf(other, session);
      t.same(await other.commit(refreshed(session, 2), session.version, next), { kind: "saved" });
      t.same(await next.alternates(), []);
      const issued = refreshed(session, 1);
      t.match(await sessions.commit({ ...session, unverified: issued.tokens, version: 2 }, 1, stopped), { kind: "newer" });
      const kept = await next.alternates();
      t.same("kind" in kept || kept.map((each) => newestRefreshToken(each).reveal()), ["rotated 1"]);
      t.match(await sessions.commit({ ...session, unverified: refreshed(session, 2).tokens, version: 2 }, 1, stopped), { kind: "newer" });
      const still = await next.alternates();
      t.equal("kind" in still || still.length, 1, "what is written already is none beside itself");
      await sessions.end(session, LOGOUT);
      t.match(await sessions.commit({ ...session, unverified: issued.tokens, version: 2 }, 1, stopped), { kind: "ended" });
      t.same(await next.alternates(), []);
    },
  ],
  [
    "a lease that is renewed lasts",
    async (t, { open, fastForward }, sessions) => {
      const session = sessionOf();
      await begin(sessions, session);
      const lease = await leaseOf(sessions, session);
      for (let times = 0; times < 5; times++) {
        await fastForward((lease.lastsMs ?? 0) * 0.8);
        t.equal(await lease.renew(), "renewed");
      }
      t.equal((await (await open()).lease(session.id)).kind, "held");
    },
  ],
  [
    "an ending is heard by every process without its being asked",
    async (t, { open, settle }, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const other = await open();
      const heard: unknown[] = [];
      other.onEndedElsewhere((...ending) => heard.push(ending));
      await read(other, [ticket]);
      await sessions.end(session, LOGOUT);
      await settle();
      t.same(other.endingOf(session.id), { ending: LOGOUT, superseded: false });
      t.same(heard, [[session.id, LOGOUT]]);
      t.match(await read(await open(), [ticket]), { kind: "ended", ending: LOGOUT, known: "here" }, "and by one that comes later");
    },
  ],
  [
    "an ending whose message got lost is found by asking",
    async (t, { open, settle }, sessions, { listening }) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const other = await open();
      await read(other, [ticket]);
      await listening(false);
      await sessions.end(session, LOGOUT);
      await settle();
      t.equal(other.endingOf(session.id), null);
      await listening(true);
      t.match(await read(other, [ticket]), { kind: "ended", ending: LOGOUT });
    },
  ],
  [
    "an ending gives back the newest version there is, whoever wrote it: its token is to be revoked",
    async (t, { open }, sessions) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const other = await open();
      await read(other, [ticket]);
      await renew(sessions, session, refreshed(session));
      t.equal((await other.end(session, LOGOUT))?.tokens.refresh.reveal(), "rotated 1");
    },
  ],
  [
    "all sessions of a person end together, and nobody else's",
    async (t, { open, settle }, sessions) => {
      const [one, two, others] = [sessionOf(), sessionOf(), sessionOf({ subject: "somebody else" })];
      const tickets = [];
      for (const session of [one, two, others]) tickets.push(await begin(sessions, session));
      const ended = await (await open()).endAllOf("user-1", LOGOUT);
      t.same(ended.kind === "ended" && [...ended.ids].sort(), [one.id, two.id].sort());
      await settle();
      const kinds = await Promise.all(tickets.map(async (ticket) => (await read(sessions, [ticket])).kind));
      t.same(kinds, ["ended", "ended", "session"]);
    },
  ],
  [
    "a session that began in a process whose clock is ahead ends with the others of its person",
    async (t, { open, settle }, sessions) => {
      const ticket = await begin(sessions, { ...sessionOf(), startedAtMs: START_MS + 5 * MINUTE_MS });
      t.match(await (await open()).endAllOf("user-1", LOGOUT), { kind: "ended", ids: { length: 1 } });
      await settle();
      t.match(await read(sessions, [ticket]), { kind: "ended", ending: LOGOUT });
    },
  ],
  [
    "a session without a record is gone: no verdict, and no outage",
    async (t, _deployment, sessions) => {
      t.match(await read(sessions, [sessions.seal(sessionOf())]), { kind: "gone" });
    },
  ],
  [
    "while the store is away nothing is ended, and nothing is taken for written",
    async (t, { open }, sessions, { reachable }) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      const lease = await leaseOf(sessions, session);
      await reachable(false);
      const other = await open();
      t.match(await read(other, [ticket]), { kind: "unavailable", id: session.id });
      t.match(await sessions.commit(refreshed(session), session.version, lease), { kind: "unavailable" });
      t.match(await sessions.endUnlessRenewed(session, EXPIRED), { kind: "unavailable" });
      t.match(await sessions.begin(sessionOf()), { kind: "unavailable" });
      t.match(await other.lease(session.id), { kind: "unavailable" });
      t.equal(sessions.endingOf(session.id), null);
      t.equal(sessions.newest(session.id)?.version, 1);
      await reachable(true);
      t.match(await read(other, [ticket]), { kind: "session", session: { version: 1 } });
    },
  ],
  [
    "a session that ends while the store is away has ended here at once, and everywhere once it is back",
    async (t, { open, fastForward, settle }, sessions, { reachable }) => {
      const session = sessionOf();
      const ticket = await begin(sessions, session);
      await reachable(false);
      t.equal((await sessions.end(session, LOGOUT))?.id, session.id);
      t.match(await read(sessions, [ticket]), { kind: "ended", ending: LOGOUT });
      await reachable(true);
      await fastForward(1_000);
      await settle();
      t.match(await read(await open(), [ticket]), { kind: "ended", ending: LOGOUT });
    },
  ],
  [
    "signing out everywhere while the store is away ends what had begun by then, and no sign-in of after",
    async (t, { open, fastForward, settle }, sessions, { reachable }) => {
      const ticket = await begin(sessions, sessionOf());
      await reachable(false);
      t.match(await sessions.endAllOf("user-1", LOGOUT), { kind: "unavailable" });
      await reachable(true);
      await fastForward(500);
      const anew = await begin(await open(), { ...sessionOf(), startedAtMs: START_MS + 500 });
      await fastForward(500);
      await settle();
      const kinds = await Promise.all([ticket, anew].map(async (each) => (await read(await open(), [each])).kind));
      t.same(kinds, ["ended", "session"]);
    },
  ],
];

/** What every session store promises. `name` says which one is meant; `create` makes a fresh deployment. */
export function sessionStoreContract(t: Test, name: string, create: (t: Test) => Deployment): void {
  for (const [promise, check] of RUNS) {
    void t.test(`${name}: ${promise}`, async (t) => {
      const deployment = create(t);
      await check(t, deployment, await deployment.open());
    });
  }
  for (const [promise, check] of SHARED) {
    const { shared } = create(t);
    if (shared === null) continue;
    void t.test(`${name}: ${promise}`, async (t) => {
      const deployment = create(t);
      if (deployment.shared) await check(t, deployment, await deployment.open(), deployment.shared);
    });
  }
}
