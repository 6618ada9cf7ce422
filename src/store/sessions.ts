import type { Cancel, Clock } from "../model/clock.js";
import { Listeners } from "../model/listeners.js";
import type { Log } from "../model/log.js";
import { hasNewerTokens, isNewer, type Session, type SessionId } from "../model/session.js";
import type { SessionEnding } from "../wire/reasons.js";
import { onlyTicket, type PresentedCookies } from "./cookies.js";
import { createEndingRelay, type EndingRelay } from "./ending-relay.js";
import type { Activity, Seen } from "./memory/activity.js";
import type { KnownEnding } from "./memory/ending-table.js";
import type { OpenedTicket } from "./memory/session-cache.js";
import { createSharedQuestion } from "./memory/shared-question.js";
import {
  type AllEnded,
  type Awaitable,
  after,
  type Committed,
  type Ended,
  type EndingOrder,
  type Lease,
  type Leased,
  type Listed,
  type Loaded,
  type SessionStore,
} from "./session-store.js";
import type { SessionTable } from "./session-table.js";
import {
  authTimeIn,
  bestOf,
  createOutgoingTickets,
  type InvalidTicket,
  type Marker,
  type NewTicket,
  type Reading,
  type SessionReading,
  type TicketCodec,
} from "./ticket-codec.js";

export interface SessionsOptions {
  readonly codec: TicketCodec;
  readonly table: SessionTable;
  readonly store: SessionStore;
  readonly activity: Activity;
  readonly userPoolId: string;
  readonly clientId: string;
  /** How long after the store's last word a session may go on while the store is away; 0: not at all. */
  readonly staleMs: number;
  /** Whether a session as it is known here seems to have passed a limit: activity in another process would show it otherwise. */
  readonly seemsOver: (session: Session) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** The sessions as this process sees them: what its table knows it answers at once, and everything else goes through the table as well. */
export interface Sessions {
  /** Whether another process may have seen a person whom this one has not. */
  readonly areShared: boolean;
  /** Without a promise where this process knows the answer. Never throws for what a browser sends. */
  read(presented: PresentedCookies): Awaitable<Reading>;
  /** The newest version known here; null where there is none, or the session has ended. */
  newest(id: SessionId): Session | null;
  /** The newest version known here of a session in hand, which may be that one. */
  newestOf(session: Session): Session;
  /** How a session ended, as far as is known here; null while it has not. */
  endingOf(id: SessionId): KnownEnding | null;
  /** The store's newest version of a session in hand. */
  reload(session: Session): Awaitable<Loaded>;
  /** The same of one that only the id is known of. */
  find(id: SessionId): Awaitable<Loaded>;
  /** Remembers a version in this process alone. False, and nothing kept, when the session has ended meanwhile. */
  keep(session: Session): boolean;
  /** Writes the first version. */
  begin(session: Session): Awaitable<Committed>;
  /** Writes a version in place of the one that it was made from. */
  commit(session: Session, expected: number, lease: Lease): Awaitable<Committed>;
  /** Notes that a session in hand is used: here at once, in the store before anybody could take it for idle. */
  noteActivity(session: Session, nowMs: number): void;
  /** The session with the latest activity that this process knows of; the same object where that is in it. */
  latest<S extends Seen>(session: S): S;
  /** Keeps later activity with the version that is known here. */
  touch(session: Session): void;
  /** Ends a session here before it returns, and in the store as soon as that can be had. The version it ended with, as far as it is known. */
  end(ended: Session | SessionId, ending: SessionEnding, superseded?: boolean): Awaitable<Session | null>;
  isUnwritten: EndingRelay["isUnwritten"];
  /** Ends it in the store first, and only if nobody has renewed it. */
  endUnlessRenewed(session: Session, ending: SessionEnding): Awaitable<Ended>;
  /** The same if nobody has used it since. */
  endUnlessUsed(session: Session, ending: SessionEnding): Awaitable<Ended>;
  /** The newest living sessions of a person. */
  sessionsOf(subject: string, most: number): Awaitable<Listed>;
  /** Ends all sessions that a person has by now; again later where the store is away. */
  endAllOf(subject: string, ending: SessionEnding): Awaitable<AllEnded>;
  /** Writes the endings and the activity that still wait for the store, if it is there by now. For the end of the process. */
  settled(): Promise<void>;
  revoked(id: SessionId): void;
  lease(id: SessionId): Awaitable<Leased>;
  /** The ticket of a session that begins. */
  seal(session: Session): string;
  /** The ticket that the browser is to get in place of the one it sent, as of this moment; null where that one is as good. */
  ticketFor(reading: SessionReading): NewTicket | null;
  sealEnding: TicketCodec["sealEnding"];
  /** Calls back with endings that another process brought about. */
  onEndedElsewhere(listener: (id: SessionId, ending: SessionEnding) => void): Cancel;
  /** Calls back with every ending, whoever brought it about. */
  onEnded: SessionTable["onEnded"];
  /** Calls back when endings may have gone by unheard: whoever holds a session open has to `reload` it. */
  onMissed(listener: () => void): Cancel;
  onFoundLate: EndingRelay["onFoundLate"];
  onKept: SessionTable["onKept"];
}

type Load = (id: SessionId, carried: Session | null) => Awaitable<Loaded>;

function createLoad({ table, store, clock }: SessionsOptions, relay: EndingRelay): Load {
  /** What the store says, once the table knows it. */
  function learn(id: SessionId, loaded: Loaded, askedAtMs: number): Loaded {
    if ("kind" in loaded) {
      if (loaded.kind === "ended") relay.hear(id, loaded);
      return loaded;
    }
    if (store.tickets === "sessions") return loaded;
    if (table.keep(loaded, "in_store", askedAtMs)) return table.newest(id) ?? loaded;
    // It has ended here, and the store has not heard of it.
    const known = table.endingOf(id);
    if (!known) return loaded;
    relay.catchUp(id, { ...known, unlessNewerThan: null });
    return { kind: "ended", ...known };
  }

  // Without a closure for each call, as in the reader.
  return (id, carried) => {
    const askedAtMs = store.tickets === "sessions" ? 0 : clock.now();
    const loaded = store.load(id, carried);
    return loaded instanceof Promise ? loaded.then((late) => learn(id, late, askedAtMs)) : learn(id, loaded, askedAtMs);
  };
}

function subscribe({ table, store }: SessionsOptions, { hear, storeIsBack }: EndingRelay): Listeners<[]> {
  const onMissed = new Listeners<[]>();
  store.subscribe({
    ended: hear,
    missed() {
      table.doubtAll();
      storeIsBack();
      onMissed.tell();
    },
  });
  return onMissed;
}

export function createSessions(options: SessionsOptions): Sessions {
  const { codec, table, store, activity, clock } = options;
  const elsewhere = store.tickets === "ids" ? "in_store" : "nowhere";
  const relay = createEndingRelay(options);
  const { hear, write, onHeard } = relay;
  const load = createLoad(options, relay);
  const { seal, ticketFor } = createOutgoingTickets(codec, table, store.tickets);
  const onMissed = subscribe(options, relay);
  function keepCommitted(session: Session, answer: Committed, askedAtMs: number): Committed {
    if (answer.kind === "saved") {
      activity.stored(session);
      const known = table.keep(session, elsewhere, askedAtMs) ? null : table.endingOf(session.id);
      return known ? { kind: "ended", ...known } : answer;
    }
    if (answer.kind === "ended") hear(session.id, answer);
    if (answer.kind === "newer") table.keep(answer.session, elsewhere, askedAtMs);
    return answer;
  }

  function endIf(session: Session, ending: SessionEnding, condition: Partial<EndingOrder>): Awaitable<Ended> {
    const askedAtMs = clock.now();
    return after(store.end(session, { ending, superseded: false, unlessNewerThan: null, ...condition }), (answer) => {
      if (answer.kind === "ended") table.end(session, answer.ending, answer.superseded);
      if (answer.kind === "newer") table.keep(answer.session, elsewhere, askedAtMs);
      return answer;
    });
  }

  return {
    areShared: store.tickets === "ids",
    read: createReader(options, load),
    newest: (id) => table.newest(id),
    newestOf(session) {
      const newest = table.newest(session.id);
      return newest && isNewer(newest, session) ? newest : session;
    },
    endingOf: (id) => table.endingOf(id),
    reload: (session) => load(session.id, store.tickets === "sessions" ? session : null),
    find: (id) => load(id, null),
    keep: (session) => table.keep(session, "nowhere"),
    begin(session) {
      // A ticket that holds the session needs no memory beside it.
      if (elsewhere === "nowhere") return store.commit(session, null, null);
      const askedAtMs = clock.now();
      return after(store.commit(session, null, null), (committed) => keepCommitted(session, committed, askedAtMs));
    },
    commit(session, expected, lease) {
      const askedAtMs = clock.now();
      return after(store.commit(session, expected, lease), (answer) => keepCommitted(session, answer, askedAtMs));
    },
    touch(session) {
      if (table.keep(session, "but_for_activity")) activity.writeUnnoted(session);
    },
    noteActivity: (session, nowMs) => activity.note(session, nowMs),
    latest: (session) => activity.latest(session),
    end(ended, ending, superseded = false) {
      const here = table.end(ended, ending, superseded);
      // With all that is known of it: how long a store has to remember the ending depends on the session.
      return after(write(here ?? ended, { ending, superseded, unlessNewerThan: null }, here), (last) => last ?? here);
    },
    endUnlessRenewed: (session, ending) => endIf(session, ending, { unlessNewerThan: session }),
    endUnlessUsed: (session, ending) => endIf(session, ending, { unlessUsedAfterMs: session.lastSeenAtMs }),
    sessionsOf: (subject, most) => store.sessionsOf(subject, most),
    endAllOf: relay.writeAll,
    settled: () => Promise.all([relay.flush(), activity.flush()]).then(() => {}),
    revoked: relay.revoked,
    isUnwritten: relay.isUnwritten,
    lease: (id) => store.lease(id),
    seal,
    sealEnding: codec.sealEnding,
    ticketFor,
    onEndedElsewhere: onHeard,
    onEnded: table.onEnded,
    onMissed: (listener) => onMissed.add(listener),
    onFoundLate: relay.onFoundLate,
    onKept: table.onKept,
  };
}

const NO_MARKERS: readonly Marker[] = [];

function createReader({ codec, table, store, userPoolId, clientId, seemsOver, staleMs }: SessionsOptions, load: Load): Sessions["read"] {
  const together = createSharedQuestion<SessionId, Loaded>();

  function sessionReading(session: Session, { carried, sealedWith }: OpenedTicket): Reading {
    return { kind: "session", session, presented: carried, sealedWith };
  }

  function readingOf(ticket: OpenedTicket, loaded: Loaded): Reading {
    if (!("kind" in loaded)) return sessionReading(loaded, ticket);
    const { id } = ticket;
    switch (loaded.kind) {
      case "ended":
        return { ...loaded, id, known: "here", authTimeSeconds: authTimeIn(ticket) };
      case "gone":
        return { kind: "gone", id };
      case "unavailable":
        return unheardReading(ticket, id, loaded.retryAfterSeconds);
    }
  }

  function unheardReading(ticket: OpenedTicket, id: SessionId, retryAfterSeconds: number): Reading {
    // It may have come while the store was waited for.
    const ended = table.endingOf(id);
    if (ended) return readingOf(ticket, { kind: "ended", ...ended });
    const stale = table.lastConfirmed(id, staleMs);
    // One that seems over may have been seen by another process: an outage is not a verdict.
    return stale && !seemsOver(stale)
      ? sessionReading(stale, ticket)
      : { kind: "unavailable", id, carried: ticket.carried, retryAfterSeconds };
  }

  function resolve(ticket: OpenedTicket | InvalidTicket, markers: readonly Marker[]): Awaitable<Reading> {
    if (ticket.kind === "invalid") return ticket;
    const { id } = ticket;
    const ended = table.endingOf(id);
    if (ended) return readingOf(ticket, { kind: "ended", ...ended });
    const marker = markers.find((candidate) => candidate.id === id);
    if (marker) return { kind: "ended", ...marker, known: "marker", superseded: false };
    if (ticket.userPoolId !== userPoolId || ticket.clientId !== clientId)
      return { kind: "foreign", userPoolId: ticket.userPoolId, clientId: ticket.clientId };
    const confirmed = store.trustMs > 0 ? table.confirmed(id, store.trustMs) : null;
    // A ticket of the cookie store may hold newer tokens than the copy of it that the store took in.
    const isBehind = confirmed !== null && ticket.carried !== null && hasNewerTokens(ticket.carried, confirmed);
    if (confirmed && !isBehind && !seemsOver(confirmed)) return sessionReading(confirmed, ticket);
    // A page asks for ten things at once. Only where what is heard now is trusted: an answer under way may be as old as its deadline.
    const loaded = ticket.carried === null && store.trustMs > 0 ? together(id, () => load(id, null)) : load(id, ticket.carried);
    return loaded instanceof Promise ? loaded.then((late) => readingOf(ticket, late)) : readingOf(ticket, loaded);
  }

  function readAll(presented: PresentedCookies): Awaitable<Reading> {
    const { tickets, markers } = codec.read(presented);
    const [first] = tickets;
    if (first && tickets.length === 1) return resolve(first, markers);
    if (first) {
      const readings = tickets.map((ticket) => resolve(ticket, markers));
      return readings.some((reading) => reading instanceof Promise) ? Promise.all(readings).then(bestOf) : bestOf(readings as Reading[]);
    }
    if (presented.any) return { kind: "invalid", cause: "unreadable" };
    const marker = markers[0];
    return marker ? { kind: "ended", ...marker, known: "marker", superseded: false } : { kind: "none" };
  }

  return (presented) => {
    // The ordinary call: one ticket, opened before, and nothing beside it.
    const only = presented.markers.length === 0 ? onlyTicket(presented) : null;
    const opened = only === null ? null : codec.find(only);
    return opened ? resolve(opened, NO_MARKERS) : readAll(presented);
  };
}
