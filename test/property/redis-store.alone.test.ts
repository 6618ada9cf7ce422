import t from "tap";
import { systemClock } from "../../src/model/clock.js";
import { silentLog } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import type { Session } from "../../src/model/session.js";
import { type Announcements, createAnnouncements } from "../../src/store/redis/announcements.js";
import { CHANNEL, createPersonKeys, leaseKey } from "../../src/store/redis/keys.js";
import { connectRedis, type RedisConnections, type RedisSubscription } from "../../src/store/redis/redis-link.js";
import { createRedisStore } from "../../src/store/redis/redis-store.js";
import { createSealer } from "../../src/store/sealing.js";
import type { Lease } from "../../src/store/session-store.js";
import type { Sessions } from "../../src/store/sessions.js";
import type { Reading } from "../../src/store/ticket-codec.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { until } from "../support/condition.js";
import { NO_HISTORY } from "../support/no-memory.js";
import fc from "../support/property.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { HOUR_MS, keyFrom, presenting, refreshedSession, sessionOf } from "../support/session-fixtures.js";
import { createCookieSessions, openProcess } from "../support/session-stores.js";

const PEOPLE = 2;
const REPLICAS = 2;
const STEPS = 60;
const RUNS = 60;
const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const REVOKED: SessionEnding = { reason: "expired", cause: "refresh_token_revoked" };
const keys = [keyFrom("property")];
const sealer = createSealer(keys);

/** What may happen next, at one replica and to one person's session. */
const KINDS = {
  /** A sign-in; somebody who has a session goes on with it. */
  open: 4,
  /** They come with a ticket of the cookie store, which holds the session whole, or with a copy of it. */
  "open whole": 2,
  present: 6,
  "present the whole ticket": 3,
  lease: 2,
  /** Under the lease, which is taken first where there is none: read again, ask Cognito. */
  ask: 8,
  commit: 7,
  release: 3,
  /** The lease's time passes while its holder stands still. */
  "lease runs out": 4,
  "sign out": 1,
  /** Cognito's verdict on what this replica knows. */
  reject: 2,
  touch: 2,
  /** Its memory is gone. */
  crash: 1,
  /** It hears nothing until it hears again. */
  "hear nothing": 1,
  "hear again": 2,
} as const;

type Kind = keyof typeof KINDS;

interface Step {
  readonly kind: Kind;
  readonly at: number;
  readonly who: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...(Object.entries(KINDS) as [Kind, number][]).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
  at: fc.nat(REPLICAS - 1),
  who: fc.nat(PEOPLE - 1),
});

/** What one replica holds of one person's session beside its table. */
interface Hand {
  lease: Lease | null;
  /** Cognito's answer, not written yet, and the version it was made from. */
  issued: { readonly next: Session; readonly from: number } | null;
  /** The newest version it has shown. */
  shown: number;
}

const emptyHand = (): Hand => ({ lease: null, issued: null, shown: 0 });

/** A process: its connections outlive a crash, its memory does not. */
class Replica {
  sessions!: Sessions;
  hands: Hand[] = [];
  deaf = false;
  readonly #connections: RedisConnections;
  readonly #announcements: Announcements;
  readonly #lost: (() => void)[] = [];
  readonly #subscribed: (() => void)[] = [];

  constructor(connections: RedisConnections) {
    this.#connections = connections;
    const { subscription } = connections;
    const hearing: RedisSubscription = {
      onSubscribed: (listener) => {
        this.#subscribed.push(listener);
        return subscription.onSubscribed(listener);
      },
      onLost: (listener) => {
        this.#lost.push(listener);
        return subscription.onLost(listener);
      },
      onMessage: (listener) => subscription.onMessage((message) => void (!this.deaf && listener(message))),
      ping: () => (this.deaf ? Promise.reject(new Error("it hears nothing")) : subscription.ping()),
    };
    this.#announcements = createAnnouncements(hearing, systemClock, this.#connections.link);
    this.restart();
  }

  restart(): void {
    const { link } = this.#connections;
    const announcements = this.#announcements;
    this.hands = Array.from({ length: PEOPLE }, emptyHand);
    const options = {
      link,
      announcements,
      sealer,
      personKeys: createPersonKeys(keys),
      clock: systemClock,
      maxAgeMs: null,
      log: silentLog,
    };
    this.sessions = openProcess({
      sealer,
      clock: systemClock,
      openStore: (table) => createRedisStore({ ...options, table, history: NO_HISTORY }),
    }).sessions;
  }

  hear(is: boolean): void {
    if (this.deaf === !is) return;
    this.deaf = !is;
    for (const tell of is ? this.#subscribed : this.#lost) tell();
  }

  /** All that was said before has been heard. */
  async caughtUp(): Promise<void> {
    if (!this.deaf) await this.#connections.subscription.ping();
  }

  close(): void {
    this.#announcements.close();
    this.#connections.close();
  }
}

/** What is true of one person's session, whoever knows it. */
interface Truth {
  first: Session | null;
  ticket: string;
  /** Of the cookie store; null where the session began here. */
  whole: string | null;
  /** Whether the store has it. */
  written: boolean;
  version: number;
  refreshToken: string;
  ended: SessionEnding | null;
  /** Whose lease counts. */
  holder: Lease | null;
}

const nobody = (): Truth => ({
  first: null,
  ticket: "",
  whole: null,
  written: false,
  version: 0,
  refreshToken: "",
  ended: null,
  holder: null,
});

const fail = (what: string): never => {
  throw new Error(what);
};
const expect = (holds: boolean, what: string) => void (holds || fail(what));

/** One run: the replicas, the truth, and what each step does to both. */
class World {
  readonly truths = Array.from({ length: PEOPLE }, nobody);
  readonly #replicas: readonly Replica[];
  readonly #expireLease: (id: string) => Promise<unknown>;
  #issued = 0;

  constructor(replicas: readonly Replica[], expireLease: (id: string) => Promise<unknown>) {
    this.#replicas = replicas;
    this.#expireLease = expireLease;
  }

  async take({ kind, at, who }: Step): Promise<void> {
    const [replica, truth] = [this.#replicas[at], this.truths[who]];
    const hand = replica?.hands[who];
    if (!replica || !truth || !hand) throw new RangeError("nobody");
    const { sessions } = replica;
    const { first } = truth;
    if (kind === "open" || kind === "open whole") return first ? undefined : this.#open(sessions, truth, kind === "open whole");
    if (kind === "crash") return replica.restart();
    if (kind === "hear nothing" || kind === "hear again") return replica.hear(kind === "hear again");
    if (!first) return;
    switch (kind) {
      case "present":
        // A browser that holds a whole ticket goes on with it until a refresh has written the session.
        return this.#present(replica, hand, truth, truth.written ? truth.ticket : (truth.whole ?? truth.ticket));
      case "present the whole ticket":
        return truth.whole === null ? undefined : this.#present(replica, hand, truth, truth.whole);
      case "lease":
        return this.#lease(sessions, hand, truth);
      case "ask":
        return this.#ask(sessions, hand, truth);
      case "commit":
        return this.#commit(sessions, hand, truth);
      case "release":
        return this.#release(hand, truth);
      case "lease runs out":
        await this.#expireLease(first.id);
        truth.holder = null;
        return;
      case "sign out":
        return this.#signOut(sessions, truth);
      case "reject":
        return this.#reject(sessions, truth);
      case "touch": {
        const known = sessions.newest(first.id);
        if (known) sessions.touch({ ...known, lastSeenAtMs: known.lastSeenAtMs + HOUR_MS });
        return;
      }
    }
  }

  /** After every step: whoever hears has heard. */
  async settled(): Promise<void> {
    for (const replica of this.#replicas) await replica.caughtUp();
  }

  async #open(sessions: Sessions, truth: Truth, whole: boolean): Promise<void> {
    const first = sessionOf({ issuedAtMs: Date.now(), refresh: `refresh-${++this.#issued}` });
    Object.assign(truth, { first, version: 1, refreshToken: `refresh-${this.#issued}`, ticket: sessions.seal(first) });
    if (whole) truth.whole = createCookieSessions({ sealer, clock: systemClock }).seal(first);
    else {
      expect((await sessions.begin(first)).kind === "saved", "a sign-in is written");
      truth.written = true;
    }
  }

  async #present(replica: Replica, hand: Hand, truth: Truth, ticket: string): Promise<void> {
    const before = truth.version;
    const reading: Reading = await replica.sessions.read(presenting([ticket]));
    if (truth.ended) return expect(reading.kind === "ended", `never back: ${reading.kind}`);
    if (reading.kind !== "session") return fail(`it lives: ${reading.kind}`);
    const { version, tokens } = reading.session;
    expect(version >= hand.shown, `versions only grow: ${version} after ${hand.shown}`);
    expect(version <= before, `nobody has made version ${version}`);
    // One that hears nothing trusts nothing that it remembers.
    if (replica.deaf) expect(version === before && tokens.refresh.reveal() === truth.refreshToken, `the store was asked: ${version}`);
    hand.shown = version;
  }

  async #lease(sessions: Sessions, hand: Hand, truth: Truth): Promise<void> {
    if (!truth.first || hand.lease) return;
    const leased = await sessions.lease(truth.first.id);
    if (truth.holder) return expect(leased.kind === "held", `one holder at most: ${leased.kind}`);
    if (leased.kind !== "granted") return fail(`it is free: ${leased.kind}`);
    hand.lease = leased.lease;
    truth.holder = leased.lease;
  }

  async #ask(sessions: Sessions, hand: Hand, truth: Truth): Promise<void> {
    if (!hand.lease && !truth.holder) await this.#lease(sessions, hand, truth);
    const { lease } = hand;
    if (!lease || hand.issued || !truth.first) return;
    const known = sessions.newestOf(
      truth.whole !== null && !truth.written ? ((await this.#carried(sessions, truth)) ?? truth.first) : truth.first,
    );
    const before = await sessions.reload(known);
    if (truth.ended) return expect("kind" in before && before.kind === "ended", "nothing is asked for a session that has ended");
    // A replica that never saw the whole ticket knows nothing of it.
    if ("kind" in before) return expect(!truth.written, `it is written: ${before.kind}`);
    expect(before.version === truth.version && before.tokens.refresh.reveal() === truth.refreshToken, "the newest tokens are read again");
    const announced = await lease.announce();
    expect((announced === "announced") === (truth.holder === lease), `announced by its holder alone: ${announced}`);
    if (announced !== "announced") return;
    const times = { issuedAtMs: Date.now(), lifeMs: HOUR_MS };
    hand.issued = { next: refreshedSession(before, times, `refresh-${++this.#issued}`), from: before.version };
  }

  async #carried(sessions: Sessions, { whole }: Truth): Promise<Session | null> {
    const reading = whole === null ? null : await sessions.read(presenting([whole]));
    return reading?.kind === "session" ? reading.session : null;
  }

  async #commit(sessions: Sessions, hand: Hand, truth: Truth): Promise<void> {
    const { issued, lease } = hand;
    if (!issued || !lease) return;
    hand.issued = null;
    const committed = await sessions.commit(issued.next, issued.from, lease);
    if (truth.ended) return expect(committed.kind === "ended", `never back: ${committed.kind}`);
    if (issued.from !== truth.version) {
      // Of two the first: whoever was late adopts what is there, and nothing is lost of it.
      if (committed.kind !== "newer") return fail(`somebody was faster: ${committed.kind}`);
      return expect(committed.session.tokens.refresh.reveal() === truth.refreshToken, "the newest tokens come back");
    }
    expect(committed.kind === "saved", `it is the next version: ${committed.kind}`);
    truth.version = issued.next.version;
    truth.refreshToken = issued.next.tokens.refresh.reveal();
    truth.written = true;
  }

  async #release(hand: Hand, truth: Truth): Promise<void> {
    const { lease } = hand;
    if (!lease) return;
    hand.lease = null;
    hand.issued = null;
    await lease.release("closed");
    if (truth.holder === lease) truth.holder = null;
  }

  async #signOut(sessions: Sessions, truth: Truth): Promise<void> {
    if (!truth.first) return;
    await sessions.end(sessions.newestOf(truth.first), LOGOUT);
    truth.ended ??= LOGOUT;
  }

  async #reject(sessions: Sessions, truth: Truth): Promise<void> {
    if (!truth.first) return;
    const known = sessions.newestOf(truth.first);
    const ended = await sessions.endUnlessRenewed(known, REVOKED);
    if (truth.ended) return expect(ended.kind === "ended", `it has ended: ${ended.kind}`);
    if (known.version < truth.version) return expect(ended.kind === "newer", `the loser never ends a session: ${ended.kind}`);
    expect(ended.kind === "ended", `Cognito's verdict stands: ${ended.kind}`);
    truth.ended = REVOKED;
  }
}

t.test(
  "whatever two replicas do, in whatever order: never back, versions grow, no token is lost, one lease",
  { skip: await withoutRedis() },
  async (t) => {
    const server = await startRedis();
    t.teardown(() => server.stop());
    const connect = () =>
      connectRedis({ url: new Secret(server.url), channel: CHANNEL, clock: systemClock, random: Math.random, log: silentLog });
    const connections = [await connect(), await connect()];
    const replicas = connections.map((each) => new Replica(each));
    const admin = connections[0]?.link ?? fail("no connection");
    t.teardown(() => {
      for (const replica of replicas) replica.close();
    });
    await Promise.all(connections.map(({ ready }) => ready));
    await until(() => replicas.every(({ deaf }) => !deaf));
    const taken = new Map<Kind, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: STEPS, size: "max" }), async (steps) => {
        for (const replica of replicas) {
          replica.hear(true);
          replica.restart();
        }
        const world = new World(replicas, (id) => admin.command("DEL", leaseKey(id as Session["id"])));
        for (const each of steps) {
          await world.take(each);
          await world.settled();
          taken.set(each.kind, (taken.get(each.kind) ?? 0) + 1);
        }
        // In the end the store alone speaks, and says the same to everybody.
        for (const who of world.truths.keys())
          for (const at of replicas.keys()) {
            await world.take({ kind: "hear nothing", at, who });
            await world.take({ kind: "present", at, who });
          }
      }),
      { numRuns: RUNS },
    );
    t.same(
      Object.keys(KINDS).filter((kind) => !taken.has(kind as Kind)),
      [],
      "everything has happened",
    );
  },
);
