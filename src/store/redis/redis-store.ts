import { LRUCache } from "lru-cache";
import { atMost } from "../../model/at-most.js";
import type { Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import { newestRefreshToken, type Session, type SessionId } from "../../model/session.js";
import type { Seen } from "../memory/activity.js";
import type { Sealer } from "../sealing.js";
import type { Awaitable, Committed, Ended, EndingOrder, Lease, Loaded, SessionStore, StoredSession, Touched } from "../session-store.js";
import type { SessionTable } from "../session-table.js";
import { type Announcements, endedMessage } from "./announcements.js";
import type { History } from "./connection/history.js";
import { createIndexEntries, isOver } from "./index-entries.js";
import { alternatesKey, CHANNEL, intentsKey, type PersonKeys, recordKey } from "./keys.js";
import { createLeases, INTENT_MS, type Leases } from "./leases.js";
import { createPeople, type People } from "./people.js";
import { createRecordLife, createRecords, nullIfUnreadable, type RecordLife, type Records, UNKNOWN_MS } from "./records.js";
import type { RedisLink, Reply } from "./redis-link.js";
import { endingIn, listIn, numberIn, rowIn, supersededText, textIn, textOrNull, wordIn } from "./replies.js";
import { COMMIT, END, KEEP_ALTERNATE, RESTORE, TOUCH } from "./scripts.js";
import { createSessionIndex, type SessionIndex } from "./session-index.js";
import { createWriteBack, isAhead } from "./write-back.js";

/** Versions are not announced, only endings: another process knows a renewed session within this. */
const TRUST_MS = 1_000;
/** Of so many sessions that tickets brought whole it is known that no refresh has written them yet. */
const MOST_CARRIED = 10_000;
/** Orders to end sessions of one person that are under way at a time. */
const ENDED_AT_A_TIME = 50;

export interface RedisStoreOptions {
  readonly link: RedisLink;
  readonly announcements: Announcements;
  readonly sealer: Sealer;
  readonly personKeys: PersonKeys;
  readonly clock: Clock;
  /** How long after its start a limit of ours ends a session; null without one. What else is known of its end is for people: it may be wrong. */
  readonly maxAgeMs: number | null;
  readonly leaseMs?: number | undefined;
  /** What this process knows, which the store may have lost. */
  readonly table: Pick<SessionTable, "newest" | "known">;
  readonly history: History;
  readonly log: Log;
}

interface Parts extends RedisStoreOptions {
  readonly records: Records;
  readonly leases: Leases;
  readonly people: People;
  readonly index: SessionIndex;
  readonly lifeMs: RecordLife;
}

function createReading(parts: Parts) {
  const { link, records, table } = parts;
  // A ticket that holds its session whole is served from there until a refresh writes it. The session is in the table, which counts its bytes.
  const carriedHere = new LRUCache<SessionId, number>(atMost(MOST_CARRIED));
  /** One that its ticket alone holds has never been in the store. */
  const isCarried = ({ id, version }: Session) => carriedHere.peek(id) === version;

  function opened(id: SessionId, sealed: Reply, lastSeenAt: Reply): Session {
    return records.open(id, textIn(sealed), numberIn(lastSeenAt));
  }

  async function load(id: SessionId, carried: Session | null): Promise<Loaded> {
    if (carried) carriedHere.set(id, carried.version);
    const [cause, superseded, sealed, lastSeenAt] = rowIn(await link.command("HMGET", recordKey(id), "e", "x", "d", "s"), 4);
    if (textOrNull(cause) !== null) return endingIn(cause, superseded);
    const known = table.newest(id);
    if (textOrNull(sealed) === null) return unwritten(known, carried);
    carriedHere.delete(id);
    const stored = opened(id, sealed, lastSeenAt);
    // Of two the higher version: a ticket of the cookie store may hold a newer one than the copy of it that was taken in first.
    for (const newer of [known, carried]) if (isAhead(newer, stored)) return restored(newer);
    return stored;
  }

  /** The store has none: it has lost it, or a ticket alone has it. */
  function unwritten(known: Session | null, carried: Session | null): Awaitable<Loaded> {
    if (known && !(carried && isAhead(carried, known))) return isCarried(known) ? known : restored(known);
    return carried ?? { kind: "gone" };
  }

  /** The store has lost what it had: what is known here goes back into it. */
  async function restored(known: Session): Promise<Loaded> {
    const { kind, first, second } = await restore(parts, known);
    if (kind === "ended") return endingIn(first, second);
    return kind === "newer" ? opened(known.id, first, second) : known;
  }

  return {
    load,
    opened,
    isCarried,
  };
}

type Opened = ReturnType<typeof createReading>["opened"];

const keysOf = (id: SessionId) => [recordKey(id), intentsKey(id), alternatesKey(id)];

/**
 * Another set had been written by then. Where Cognito has rotated the token for both, the one that it issued last works, which nobody can tell from
 * here: this one is kept beside the other, and tried where Cognito refuses that.
 */
async function keepBeside(parts: Parts, late: Session, written: Session, lease: Lease | null): Promise<Committed> {
  const { link, records } = parts;
  const newer = { kind: "newer", session: written } as const;
  if (!late.unverified || newestRefreshToken(late).reveal() === newestRefreshToken(written).reveal()) return newer;
  const kept = listIn(await link.run(KEEP_ALTERNATE, keysOf(late.id), [records.seal(late), String(lease?.fence ?? 0)]));
  return wordIn(kept[0], ["ended", "kept"]) === "ended" ? endingIn(kept[1], kept[2]) : newer;
}

async function alternatesOf({ link, records }: Parts, id: SessionId): Promise<readonly Session[]> {
  const sealed = listIn(await link.command("ZREVRANGE", alternatesKey(id), "0", "-1"));
  return sealed.map((each) => records.open(id, textIn(each), 0));
}

async function indexed({ people, index }: Parts, session: Session, lastsMs: number, isSignIn: boolean): Promise<void> {
  await Promise.all([people.add(session, lastsMs, isSignIn), index.add(session, lastsMs, isSignIn)]);
}

async function commit(parts: Parts, opened: Opened, session: Session, expected: number | null, lease: Lease | null): Promise<Committed> {
  const { link, records } = parts;
  const { id } = session;
  const lastsMs = parts.lifeMs(session);
  // Before the record: an order to end all finds a sign-in that is on its way.
  if (expected === null || session.unverified) await indexed(parts, session, lastsMs, expected === null);
  const [kind, first, second] = listIn(
    await link.run(COMMIT, keysOf(id), [
      expected === null ? "" : String(expected),
      String(session.version),
      String(session.refreshedAtMs),
      session.unverified ? "1" : "0",
      records.seal(session),
      String(session.lastSeenAtMs),
      String(lease?.fence ?? 0),
      String(lastsMs),
      String(INTENT_MS),
    ]),
  );
  switch (wordIn(kind, ["ended", "newer", "saved"])) {
    case "ended":
      return endingIn(first, second);
    case "newer":
      return keepBeside(parts, session, opened(id, first, second), lease);
    case "saved":
      // A fail-over loses what no replica has.
      if (expected === null || session.unverified) await parts.history.replicated();
      return { kind: "saved" };
  }
}

/** Writes a version that the store has lost. */
async function restore(parts: Parts, session: Session) {
  const { link, records } = parts;
  const lastsMs = parts.lifeMs(session);
  await indexed(parts, session, lastsMs, false);
  const { id, version, refreshedAtMs, unverified, lastSeenAtMs } = session;
  const numbers = [version, refreshedAtMs, unverified ? 1 : 0].map(String);
  const args = [...numbers, records.seal(session), String(lastSeenAtMs), String(lastsMs)];
  const [kind, first, second] = listIn(await link.run(RESTORE, [recordKey(id)], args));
  return { kind: wordIn(kind, ["ended", "newer", "restored"]), first, second };
}

/** Whether the store has an older version of it, or none; without sending it. */
async function isMissing({ link }: Parts, { id, version, refreshedAtMs }: Session): Promise<boolean> {
  const [cause, stored, storedAt] = rowIn(await link.command("HMGET", recordKey(id), "e", "v", "r"), 3);
  if (textOrNull(cause) !== null) return false;
  if (textOrNull(stored) === null) return true;
  return numberIn(stored) < version || (numberIn(stored) === version && numberIn(storedAt) < refreshedAtMs);
}

async function touch({ link }: Parts, { id, lastSeenAtMs }: Seen): Promise<Touched> {
  const [kind, first, second] = listIn(await link.run(TOUCH, [recordKey(id)], [String(lastSeenAtMs)]));
  switch (wordIn(kind, ["ended", "gone", "touched"])) {
    case "ended":
      return endingIn(first, second);
    case "gone":
      return { kind: "gone" };
    case "touched":
      return { kind: "touched", lastSeenAtMs: numberIn(first) };
  }
}

async function end(parts: Parts, opened: Opened, ended: Session | SessionId, order: EndingOrder): Promise<Ended> {
  const { link, records, leases, people, index, lifeMs } = parts;
  const [id, session] = typeof ended === "string" ? [ended, null] : [ended.id, ended];
  const { ending, unlessNewerThan: about } = order;
  // A sibling may have asked and not come back: then it is its answer that Cognito means, and the sibling may bring it yet.
  const mayBeSiblings = about !== null && ending.cause === "refresh_token_reused";
  // Nor where the tokens may be those of before a fail-over, which a replica of ours is about to write back.
  if (mayBeSiblings && (await parts.history.mayBeBehind())) return { kind: "unavailable", retryAfterSeconds: 1 };
  const [kind, first, second, before, sealed, lastSeenAt, unanswered] = listIn(
    await link.run(END, keysOf(id), [
      ending.cause,
      supersededText(order),
      about ? String(about.version) : "",
      about ? String(about.refreshedAtMs) : "",
      String(session ? lifeMs(session) : UNKNOWN_MS),
      CHANNEL,
      endedMessage(id, order),
      mayBeSiblings ? String(INTENT_MS) : "0",
      String(leases.fenceOf(id)),
      String(order.unlessUsedAfterMs ?? ""),
    ]),
  );
  switch (wordIn(kind, ["newer", "open", "ended"])) {
    case "newer":
      return { kind: "newer", session: opened(id, first, second) };
    case "open":
      return { kind: "unavailable", retryAfterSeconds: Math.min(5, Math.ceil(numberIn(first) / 1000)) };
    case "ended": {
      const last = textOrNull(sealed) === null ? null : records.openedOrNull(id, textIn(sealed), numberIn(lastSeenAt));
      const whose = last ?? session;
      if (whose) people.drop(whose);
      index.forget(id, null);
      const isNew = textIn(before) !== "1";
      if (isNew) await parts.history.replicated();
      return { ...endingIn(first, second), before: !isNew, last, unanswered: unanswered === "1" };
    }
  }
}

/** Sessions of all processes in one Redis or Valkey (docs/decisions/020). Rejects where the server is away; the guard in front of it says what that means. */
export function createRedisStore(options: RedisStoreOptions): SessionStore {
  const { link, announcements, sealer, personKeys, clock } = options;
  const lifeMs = createRecordLife(options);
  const entries = createIndexEntries({ link, now: () => clock.now() });
  const people = createPeople({ link, entries, personKeys });
  const index = createSessionIndex({ link, entries, people, clock });
  const parts: Parts = {
    ...options,
    lifeMs,
    records: createRecords(sealer),
    leases: createLeases({
      link,
      announcements,
      clock,
      leaseMs: options.leaseMs,
      alternates: (id) => alternatesOf(parts, id),
      fenceForMs: UNKNOWN_MS,
    }),
    people,
    index,
  };
  const { load, opened, isCarried } = createReading(parts);
  const { leases } = parts;
  const writeBack = createWriteBack({
    ...options,
    async end(id, known) {
      const ended = await end(parts, opened, id, { ...known, unlessNewerThan: null });
      return ended.kind === "ended" && !ended.before;
    },
    restore: async (session) =>
      !isCarried(session) && (await isMissing(parts, session)) && (await restore(parts, session)).kind === "restored",
  });
  options.history.onRolledBack(writeBack);

  return {
    tickets: "ids",
    get trustMs() {
      return announcements.isCurrent() ? TRUST_MS : 0;
    },
    load,
    commit: (session, expected, lease) => commit(parts, opened, session, expected, lease),
    touch: (seen) => touch(parts, seen),
    end: (ended, order) => end(parts, opened, ended, order),
    lease: leases.lease,
    subscribe: announcements.subscribe,
    directory: index,
    async sessionsOf(subject, most) {
      const named = await people.newestOf(subject, most);
      const loaded = await Promise.all(named.map((one) => load(one.id, null).catch(nullIfUnreadable)));
      for (const [at, one] of named.entries()) if (isOver(loaded[at], people.mayBegin(one))) people.forget(subject, one.id);
      const sessions = loaded.flatMap((one): StoredSession[] => (one === null || "kind" in one ? [] : [one]));
      return { kind: "sessions", sessions };
    },
    async endAllOf(subject, ending, orderedAtMs) {
      const ids = await people.begunBy(subject, orderedAtMs);
      const done: SessionId[] = [];
      for (let from = 0; from < ids.length; from += ENDED_AT_A_TIME) {
        const some = ids.slice(from, from + ENDED_AT_A_TIME);
        const ended = await Promise.all(some.map((id) => end(parts, opened, id, { ending, superseded: false, unlessNewerThan: null })));
        for (const [at, id] of some.entries()) if (ended[at]?.kind === "ended") people.forget(subject, id);
        done.push(...some.filter((_id, index) => ended[index]?.kind === "ended" && !ended[index].before));
      }
      return { kind: "ended", ids: done };
    },
  };
}
