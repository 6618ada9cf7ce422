import type { Clock } from "../model/clock.js";
import { answerDeadline } from "../model/deadline.js";
import { describeError, type Log } from "../model/log.js";
import {
  type Awaitable,
  after,
  type Lease,
  type Leased,
  LIST_DEADLINE_MS,
  type SessionDirectory,
  type SessionStore,
  StoreAway,
  type StoreUnavailable,
  UnreadableRecord,
} from "./session-store.js";

/** Well under a third of a lease of five seconds: one renewal that gets no answer does not lose it. */
const DEADLINE_MS = 1_000;
const LOGGED_EVERY_MS = 10_000;
const AWAY: StoreUnavailable = { kind: "unavailable", retryAfterSeconds: 1 };

export interface GuardOptions {
  readonly clock: Clock;
  readonly log: Log;
}

interface Limits<T> {
  readonly deadlineMs?: number;
  /** What is done with an answer that came after the deadline. */
  readonly late?: (answer: T) => void;
}

type Ask = <T>(command: string, send: () => Awaitable<T>, limits?: Limits<T>) => Awaitable<T | StoreUnavailable>;

/** Sends commands and turns whatever goes wrong with one into `unavailable`. */
function createAsk({ clock, log }: GuardOptions): Ask {
  let loggedAtMs = Number.NEGATIVE_INFINITY;

  function broken(command: string, why: object): StoreUnavailable {
    const nowMs = clock.monotonicMs();
    // In an outage every call would say so.
    if (nowMs - loggedAtMs >= LOGGED_EVERY_MS) log.error({ command, ...why }, "the session store broke down on a command");
    if (nowMs - loggedAtMs >= LOGGED_EVERY_MS) loggedAtMs = nowMs;
    return AWAY;
  }

  function refused(command: string, error: unknown): StoreUnavailable {
    if (error instanceof StoreAway) return AWAY;
    const answer = broken(command, { error: describeError(error) });
    return error instanceof UnreadableRecord ? { ...answer, unreadable: true } : answer;
  }

  function inTime<T>(
    command: string,
    answer: Promise<T>,
    { deadlineMs = DEADLINE_MS, late = () => {} }: Limits<T>,
  ): Promise<T | StoreUnavailable> {
    return new Promise((resolve) => {
      let given: T | StoreUnavailable | null = null;
      const give = (what: T | StoreUnavailable) => {
        given = what;
        cancel();
        resolve(what);
      };
      const cancel = answerDeadline(clock, deadlineMs, () => give(broken(command, { waited_ms: deadlineMs })));
      answer.then(
        (value) => (given === null ? give(value) : late(value)),
        (error: unknown) => given === null && give(refused(command, error)),
      );
    });
  }

  return (command, send, limits = {}) => {
    try {
      const answer = send();
      return answer instanceof Promise ? inTime(command, answer, limits) : answer;
    } catch (error) {
      return refused(command, error);
    }
  };
}

function createLeaseGuard(ask: Ask): { guardLease(lease: Lease): Lease; guardLeased(leased: Leased): Leased } {
  /** The word of a lease's command. */
  function word<Word extends string>(command: string, send: () => Awaitable<Word>): Awaitable<Word | "unavailable"> {
    return after(ask(command, send), (given): Word | "unavailable" => (typeof given === "string" ? given : "unavailable"));
  }

  function guardLease(lease: Lease): Lease {
    return {
      fence: lease.fence,
      lastsMs: lease.lastsMs,
      renew: () => word("renew", () => lease.renew()),
      announce: () => word("announce", () => lease.announce()),
      alternates: () => ask("alternates", () => lease.alternates()),
      release: (note) =>
        after(
          ask("release", () => lease.release(note)),
          () => {},
        ),
    };
  }

  function guardLeased(leased: Leased): Leased {
    if (leased.kind === "granted") return { kind: "granted", lease: guardLease(leased.lease) };
    // Whoever waits for a sibling looks again, whatever became of the message.
    if (leased.kind === "held") return { kind: "held", over: leased.over.catch(() => {}) };
    return leased;
  }

  return { guardLease, guardLeased };
}

function guardDirectory(ask: Ask, directory: SessionDirectory): SessionDirectory {
  const limits = { deadlineMs: LIST_DEADLINE_MS };
  return {
    page: (...asked) => ask("directory.page", () => directory.page(...asked), limits),
    named: (pseudonym) => ask("directory.named", () => directory.named(pseudonym), limits),
    countSince: (momentsMs) => ask("directory.countSince", () => directory.countSince(momentsMs), limits),
    forget: (id, user) => directory.forget(id, user),
  };
}

/**
 * A store that keeps the port's promises whatever the one behind it does: a command that throws, rejects or is not answered in time is `unavailable`,
 * which is no verdict on any session. Otherwise a call would hang, a session's one refresh would never end, and what nobody waits for (activity, a
 * lease given back) would end the process as an unhandled rejection.
 */
export function guardStore(store: SessionStore, options: GuardOptions): SessionStore {
  const ask = createAsk(options);
  const { guardLease, guardLeased } = createLeaseGuard(ask);

  return {
    tickets: store.tickets,
    // It may change with what the store hears.
    get trustMs() {
      return store.trustMs;
    },
    load: (id, carried) => ask("load", () => store.load(id, carried)),
    commit: (session, expected, lease) => ask("commit", () => store.commit(session, expected, lease)),
    touch: (seen, idleTimeoutMs) => ask("touch", () => store.touch(seen, idleTimeoutMs)),
    end: (ended, order) => ask("end", () => store.end(ended, order)),
    lease(id) {
      // One that nobody waits for any more would keep everybody else from refreshing.
      const late = (leased: Leased) => void (leased.kind === "granted" && guardLease(leased.lease).release("closed"));
      return after(
        ask<Leased>("lease", () => store.lease(id), { late }),
        guardLeased,
      );
    },
    subscribe: (listener) => store.subscribe(listener),
    directory: store.directory && guardDirectory(ask, store.directory),
    sessionsOf: (subject, most) => ask("sessionsOf", () => store.sessionsOf(subject, most), { deadlineMs: LIST_DEADLINE_MS }),
    endAllOf: (subject, ending, orderedAtMs) =>
      ask("endAllOf", () => store.endAllOf(subject, ending, orderedAtMs), { deadlineMs: LIST_DEADLINE_MS }),
  };
}
