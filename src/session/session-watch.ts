import type { CognitoTime } from "../cognito/cognito-time.js";
import type { Cancel, Clock } from "../model/clock.js";
import { describeError, type Log } from "../model/log.js";
import { mergeSessions, type Session, type SessionId } from "../model/session.js";
import type { Sessions } from "../store/sessions.js";
import type { SessionEnding } from "../wire/reasons.js";
import { idleEndsAtMs, limitPassed, type SessionLimits } from "./limits.js";
import type { RefreshCoordinator } from "./refresh/refresh-coordinator.js";
import type { RefreshOutcome } from "./refresh/refresh-outcome.js";
import type { SessionLifecycle } from "./session-lifecycle.js";

export interface SessionWatchOptions {
  readonly coordinator: Pick<RefreshCoordinator, "ensureUsable">;
  readonly lifecycle: Pick<SessionLifecycle, "enforceLimits" | "onEnded">;
  readonly sessions: Pick<Sessions, "newest" | "endingOf" | "latest" | "reload" | "onKept" | "onMissed">;
  readonly limits: SessionLimits;
  readonly time: CognitoTime;
  readonly clock: Clock;
  readonly log: Log;
}

/** `unconfirmed`: the token is dead, and the store cannot say whether the session lives. No verdict: whoever connects again hears what is so. */
export type WatchEnd = SessionEnding | "unconfirmed";

/** For what lasts longer than a token: sockets and streams, which close when their session ends. */
export interface SessionWatch {
  /**
   * Calls back once, when the session has ended: at once where anybody in this process ended it, and at the end of its token or of a limit of
   * ours; or because the store has been away since its token died. Never before it returns. However many watch one session, it costs one timer and
   * one refresh.
   */
  watch(session: Session, onEnded: (end: WatchEnd) => void): Cancel;
  /** Hears of a newer version of a session: a rotated refresh token or later activity, which the store may have forgotten by then. */
  learn(session: Session): void;
  /** How many sessions are being watched. */
  readonly size: number;
}

/** After a doubtful answer Cognito is asked again at most once a minute, as in outcome-memory.ts; nor does a wrong setting mend itself sooner. */
const ASK_AGAIN_MS = 60_000;
/** A token that is dead on arrival, or a timer that fires early, must not make a loop. */
const SHORTEST_WAIT_MS = 1_000;
/** A store that has just come back is not asked for all watched sessions at once. */
const ASKED_AT_ONCE = 50;
/** How soon those are asked for again that it did not answer. */
const STORE_AGAIN_MS = 5_000;

/** So long after its token a session is still held open while the store is away: a fail-over takes seconds. */
const UNCONFIRMED_MS = 5_000;

interface Watched {
  session: Session;
  readonly watchers: Set<(end: WatchEnd) => void>;
  cancelTimer: Cancel;
}

/** Until its token dies by Cognito's clock or a limit of ours passes, whichever comes first. */
function untilNextMs(session: Session, { clock, limits, time }: SessionWatchOptions): number {
  const nowMs = clock.now();
  const idleMs = idleEndsAtMs(session, limits) ?? Number.POSITIVE_INFINITY;
  const lifetimeMs = limits.maxAgeMs === null ? Number.POSITIVE_INFINITY : session.startedAtMs + limits.maxAgeMs;
  return Math.min(session.tokens.expiresAtMs - time.now(), idleMs - nowMs, lifetimeMs - nowMs);
}

function endingOf(session: Session, { sessions, clock, limits, lifecycle }: SessionWatchOptions): SessionEnding | null {
  const known = sessions.endingOf(session.id)?.ending;
  if (known) return known;
  const passed = limitPassed(session, clock.now(), limits);
  // Activity may have gone by in another process, and only the browser's cookie tells: what watches the session closes, and the next request
  // decides. The lifetime is the same everywhere.
  if (passed?.cause === "idle_timeout") return passed;
  return passed && (lifecycle.enforceLimits(session) ?? passed);
}

async function outcomeOf(session: Session, { coordinator }: SessionWatchOptions): Promise<RefreshOutcome> {
  const usable = coordinator.ensureUsable(session);
  return usable instanceof Promise ? usable : { kind: "refreshed", session: usable };
}

/** None of these is a verdict. */
function askAgainInMs(outcome: Exclude<RefreshOutcome, { kind: "refreshed" | "rejected" }>): number {
  return outcome.kind === "unavailable" ? outcome.retryAfterSeconds * 1000 : ASK_AGAIN_MS;
}

/** Whether nobody can say any more that it lives: its ending may have gone by unheard. */
function isUnconfirmed(outcome: RefreshOutcome, { tokens }: Session, { time }: SessionWatchOptions): boolean {
  return outcome.kind === "unavailable" && outcome.reason === "store_unavailable" && time.now() - tokens.expiresAtMs >= UNCONFIRMED_MS;
}

function tellAll(watchers: Watched["watchers"], end: WatchEnd, log: Log): void {
  for (const onEnded of watchers) {
    try {
      onEnded(end);
    } catch (error) {
      // One that fails must not keep the others open.
      log.error({ error: describeError(error) }, "a watcher of a session failed");
    }
  }
}

/**
 * Asks the store for watched sessions, whose endings may have gone by unheard: one that has ended is announced as every other. However often that
 * happens, each waits once.
 */
function createStoreCheck(
  isWatched: (entry: Watched) => boolean,
  { sessions, clock, log }: Pick<SessionWatchOptions, "sessions" | "clock" | "log">,
): (entries: Iterable<Watched>) => void {
  const toAsk = new Set<Watched>();
  let isAsking = false;
  let cancelAgain: Cancel = () => {};

  async function askInTurn(left: Iterable<Watched>, unanswered: Watched[]): Promise<void> {
    for (const entry of left) {
      // Before the answer: what goes by unheard while that is on its way is to be asked for again.
      toAsk.delete(entry);
      if (!isWatched(entry)) continue;
      const loaded = await sessions.reload(entry.session);
      if ("kind" in loaded && loaded.kind === "unavailable") unanswered.push(entry);
    }
  }

  async function askAll(): Promise<void> {
    const unanswered: Watched[] = [];
    while (toAsk.size > 0) {
      const left = toAsk.values();
      await Promise.all(Array.from({ length: ASKED_AT_ONCE }, () => askInTurn(left, unanswered)));
    }
    for (const entry of unanswered) toAsk.add(entry);
  }

  function start(): void {
    if (isAsking) return;
    isAsking = true;
    cancelAgain();
    askAll()
      .catch((error: unknown) => log.error({ error: describeError(error) }, "watched sessions could not be asked for"))
      .finally(() => {
        isAsking = false;
        if (toAsk.size > 0) cancelAgain = clock.after(STORE_AGAIN_MS, start);
      });
  }

  return (entries) => {
    for (const entry of entries) toAsk.add(entry);
    start();
  };
}

/** Where the idle limit seems to have passed: another process may have seen the person, and a store that is shared knows of it. */
async function seenElsewhere(
  session: Session,
  { sessions, clock, limits }: SessionWatchOptions,
  learn: (session: Session) => void,
): Promise<void> {
  if (limitPassed(session, clock.now(), limits)?.cause !== "idle_timeout") return;
  const loaded = await sessions.reload(session);
  if (!("kind" in loaded)) learn(loaded);
}

function learnOf(watched: ReadonlyMap<SessionId, Watched>, session: Session): void {
  const entry = watched.get(session.id);
  if (entry) entry.session = mergeSessions(session, entry.session);
}

export function createSessionWatch(options: SessionWatchOptions): SessionWatch {
  const { lifecycle, sessions, clock, log } = options;
  const watched = new Map<SessionId, Watched>();
  const learn = (session: Session) => learnOf(watched, session);
  function tell(id: SessionId, end: WatchEnd): void {
    const entry = watched.get(id);
    if (!entry) return;
    watched.delete(id);
    entry.cancelTimer();
    tellAll(entry.watchers, end, log);
  }

  function checkIn(entry: Watched, delayMs: number): void {
    entry.cancelTimer();
    entry.cancelTimer = clock.after(Math.max(delayMs, SHORTEST_WAIT_MS), () => {
      check(entry).catch((error: unknown) => {
        log.error({ error: describeError(error) }, "a watched session could not be checked");
        if (isWatched(entry)) checkIn(entry, ASK_AGAIN_MS);
      });
    });
  }

  const isWatched = (entry: Watched) => watched.get(entry.session.id) === entry;
  const askStore = createStoreCheck(isWatched, options);

  async function check(entry: Watched): Promise<void> {
    learn(sessions.latest(sessions.newest(entry.session.id) ?? entry.session));
    await seenElsewhere(entry.session, options, learn);
    if (!isWatched(entry)) return;
    const { session } = entry;
    const ending = endingOf(session, options);
    if (ending) return tell(session.id, ending);
    const outcome = await outcomeOf(session, options);
    // The last watcher left, or an ending was announced meanwhile.
    if (!isWatched(entry)) return;
    if (outcome.kind === "rejected") return tell(session.id, outcome.ending);
    if (isUnconfirmed(outcome, session, options)) return tell(session.id, "unconfirmed");
    if (outcome.kind === "refreshed") learn(outcome.session);
    checkIn(entry, outcome.kind === "refreshed" ? untilNextMs(entry.session, options) : askAgainInMs(outcome));
  }

  function enter(session: Session): Watched {
    const known = watched.get(session.id);
    if (known) {
      learn(session);
      return known;
    }
    const entry: Watched = { session, watchers: new Set(), cancelTimer: () => {} };
    watched.set(session.id, entry);
    // It may have ended between the request's own check and now; the caller is still to get its Cancel.
    queueMicrotask(() => {
      const ending = sessions.endingOf(session.id)?.ending;
      if (ending && isWatched(entry)) tell(session.id, ending);
    });
    checkIn(entry, untilNextMs(session, options));
    return entry;
  }

  lifecycle.onEnded(tell);
  sessions.onKept(learn);
  sessions.onMissed(() => askStore(watched.values()));

  return {
    watch(session, onEnded) {
      const entry = enter(session);
      // One function may watch twice, and each is cancelled on its own.
      const watcher = (end: WatchEnd) => onEnded(end);
      entry.watchers.add(watcher);
      return () => {
        if (!entry.watchers.delete(watcher) || entry.watchers.size > 0 || !isWatched(entry)) return;
        watched.delete(entry.session.id);
        entry.cancelTimer();
      };
    },
    learn,
    get size() {
      return watched.size;
    },
  };
}
