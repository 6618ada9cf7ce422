import type { Clock } from "../../src/model/clock.js";
import { hasNewerTokens, mergeSessions, newestRefreshToken, type Session, type SessionId } from "../../src/model/session.js";
import type { KnownEnding } from "../../src/store/memory/ending-table.js";
import type { Committed, Ended, EndingOrder, Lease, Leased, SessionStore, StoreListener } from "../../src/store/session-store.js";

/*
 * A shared store as small as one can be: maps in memory that several "processes" open, each answer after a while. It is there to show that the port
 * is enough for one; the effect of a command lies in the middle of its wait, so that answers and effects of several overtake each other.
 */

interface Row {
  session: Session;
  /** Of the lease that it was written under last. */
  fence: number;
}

interface Holding {
  readonly fence: number;
  untilMs: number;
  readonly over: Promise<void>;
  readonly finish: () => void;
}

const LEASE_MS = 5_000;
const AWAY = { kind: "unavailable", retryAfterSeconds: 1 } as const;

export interface SlowStoreOptions {
  readonly clock: Clock;
  /** How long half an answer takes; a turn of the event loop unless said otherwise. */
  readonly wait?: () => Promise<void>;
  /** How long an answer may be used without asking again. */
  readonly trustMs?: number;
}

/** How a store may break what the port says of it. */
export type StoreFault = "throws" | "rejects" | "never answers";

/** What a test sees and does beside the port. */
export class SlowBackend {
  readonly rows = new Map<SessionId, Row>();
  readonly endings = new Map<SessionId, KnownEnding>();
  /** Sets that came too late, the newest first. */
  readonly alternates = new Map<SessionId, readonly Session[]>();
  /** How often each command was asked for. */
  readonly asked: { [command: string]: number } = {};
  /** Nobody can be asked. */
  away = false;
  /** The commands that break down, and how. */
  broken: { readonly [command: string]: StoreFault } = {};
  /** Messages to subscribers get lost. */
  deaf = false;
  /** Runs in the store right before a version is written: a sibling's write, say. */
  beforeCommit: (session: Session) => void = () => {};
  /** The same right before one ends. */
  beforeEnd: (id: SessionId) => void = () => {};
  readonly #leases = new Map<SessionId, Holding>();
  readonly #listeners = new Set<StoreListener>();
  readonly #options: SlowStoreOptions;
  #fence = 0;

  constructor(options: SlowStoreOptions) {
    this.#options = options;
  }

  /** Takes every lease away, as when its time is up while the holder was stopped. */
  loseLeases(): void {
    for (const id of [...this.#leases.keys()]) this.#finish(id);
  }

  /** The connection of every subscriber was lost and is back. */
  reconnect(): void {
    this.deaf = false;
    for (const listener of this.#listeners) listener.missed();
  }

  /** Writes as another process would. */
  put(session: Session): void {
    this.rows.set(session.id, { session, fence: ++this.#fence });
  }

  /** The store of one more process. */
  open(): SessionStore {
    const carriedHere = new Map<SessionId, Session>();
    const ask = <T>(command: string, effect: () => T) => this.#ask(command, effect);
    return {
      tickets: "ids",
      trustMs: this.#options.trustMs ?? 0,
      load: (id, carried) =>
        ask("load", () => {
          const ended = this.endings.get(id);
          if (ended) return { kind: "ended", ...ended } as const;
          // One whose ticket holds it whole is served from there until its first refresh writes it.
          if (carried) carriedHere.set(id, carried);
          return this.rows.get(id)?.session ?? carriedHere.get(id) ?? ({ kind: "gone" } as const);
        }),
      commit: (session, expected, lease) => ask("commit", () => this.#commit(session, expected, lease)),
      touch: (session) =>
        ask("touch", () => {
          const ended = this.endings.get(session.id);
          if (ended) return { kind: "ended", ...ended } as const;
          const row = this.rows.get(session.id);
          if (!row) return { kind: "gone" } as const;
          const lastSeenAtMs = Math.max(row.session.lastSeenAtMs, session.lastSeenAtMs);
          row.session = { ...row.session, lastSeenAtMs };
          return { kind: "touched", lastSeenAtMs } as const;
        }),
      end: (ended, order) => ask("end", () => this.#end(ended, order)),
      lease: (id) => ask("lease", () => this.#lease(id)),
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      directory: null,
      sessionsOf: (subject, most) =>
        ask("sessionsOf", () => {
          const newestFirst = this.#of(subject).sort((a, b) => b.startedAtMs - a.startedAtMs);
          return { kind: "sessions", sessions: newestFirst.slice(0, most) } as const;
        }),
      endAllOf: (subject, ending, orderedAtMs) =>
        ask("endAllOf", () => {
          const begun = this.#of(subject).filter(({ startedAtMs }) => startedAtMs <= orderedAtMs);
          const ids = begun.map(({ id }) => id);
          for (const id of ids) this.#end(id, { ending, superseded: false, unlessNewerThan: null });
          return { kind: "ended", ids } as const;
        }),
    };
  }

  #ask<T>(command: string, effect: () => T): Promise<T | typeof AWAY> {
    this.asked[command] = (this.asked[command] ?? 0) + 1;
    switch (this.broken[command]) {
      case "throws":
        throw new Error("the store broke down");
      case "rejects":
        return Promise.reject(new Error("the store broke down"));
      case "never answers":
        return new Promise(() => {});
      default:
        return this.#answer(effect);
    }
  }

  async #answer<T>(effect: () => T): Promise<T | typeof AWAY> {
    const { wait = turn } = this.#options;
    await wait();
    const answer = this.away ? AWAY : effect();
    await wait();
    return answer;
  }

  #of(subject: string): Session[] {
    return [...this.rows.values()].map(({ session }) => session).filter((session) => session.subject === subject);
  }

  #commit(session: Session, expected: number | null, lease: Lease | null): Committed {
    this.beforeCommit(session);
    const ended = this.endings.get(session.id);
    if (ended) return { kind: "ended", ...ended };
    const row = this.rows.get(session.id);
    const fence = lease?.fence ?? 0;
    if (row && (expected === null || row.session.version > expected || row.fence > fence)) {
      const isOther = newestRefreshToken(session).reveal() !== newestRefreshToken(row.session).reveal();
      if (session.unverified && isOther) this.alternates.set(session.id, [session, ...(this.alternates.get(session.id) ?? [])]);
      return { kind: "newer", session: row.session };
    }
    this.rows.set(session.id, { session: row ? mergeSessions(session, row.session) : session, fence });
    return { kind: "saved" };
  }

  #end(ended: Session | SessionId, { ending, superseded, unlessNewerThan, unlessUsedAfterMs }: EndingOrder): Ended {
    const id = typeof ended === "string" ? ended : ended.id;
    this.beforeEnd(id);
    const last = this.rows.get(id)?.session ?? null;
    const before = this.endings.get(id);
    if (before) return { kind: "ended", ...before, before: true, last, unanswered: false };
    if (unlessNewerThan && last && hasNewerTokens(last, unlessNewerThan)) return { kind: "newer", session: last };
    if (unlessUsedAfterMs !== undefined && last && last.lastSeenAtMs > unlessUsedAfterMs) return { kind: "newer", session: last };
    this.endings.set(id, { ending, superseded });
    this.rows.delete(id);
    this.alternates.delete(id);
    this.#publish(id, { ending, superseded });
    return { kind: "ended", ending, superseded, before: false, last, unanswered: false };
  }

  #publish(id: SessionId, known: KnownEnding): void {
    if (this.deaf) return;
    const { wait = turn } = this.#options;
    for (const listener of this.#listeners) void wait().then(() => listener.ended(id, known));
  }

  #lease(id: SessionId): Leased {
    const { clock } = this.#options;
    const current = this.#leases.get(id);
    if (current && current.untilMs > clock.now()) return { kind: "held", over: Promise.race([current.over, this.#runsOut(current)]) };
    this.#finish(id);
    let finish = () => {};
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const holding: Holding = { fence: ++this.#fence, untilMs: clock.now() + LEASE_MS, over, finish };
    this.#leases.set(id, holding);
    const isMine = () => this.#leases.get(id) === holding && holding.untilMs > clock.now();
    return {
      kind: "granted",
      lease: {
        fence: holding.fence,
        lastsMs: LEASE_MS,
        renew: () =>
          this.#renamed(
            this.#ask("renew", () => {
              if (isMine()) holding.untilMs = clock.now() + LEASE_MS;
              return isMine();
            }),
            "renewed",
          ),
        announce: () => this.#renamed(this.#ask("announce", isMine), "announced"),
        alternates: () => this.#ask("alternates", () => this.alternates.get(id) ?? []),
        release: () => this.#ask("release", () => isMine() && this.#finish(id)).then(() => {}),
      },
    };
  }

  async #renamed<Good extends string>(answer: Promise<boolean | typeof AWAY>, good: Good): Promise<Good | "lost" | "unavailable"> {
    const mine = await answer;
    if (typeof mine === "object") return "unavailable";
    return mine ? good : "lost";
  }

  #runsOut({ untilMs }: Holding): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => void clock.after(untilMs - clock.now(), resolve));
  }

  #finish(id: SessionId): void {
    const holding = this.#leases.get(id);
    this.#leases.delete(id);
    holding?.finish();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
