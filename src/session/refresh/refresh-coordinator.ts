import type { AskTurn } from "../../cognito/api-call.js";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { TokenSource } from "../../cognito/token-source.js";
import type { TokenVerifier } from "../../cognito/token-verifier.js";
import { type Clock, sleep } from "../../model/clock.js";
import { describeError, type Log } from "../../model/log.js";
import type { Secret } from "../../model/secret.js";
import { isNewer, type Session, type SessionId } from "../../model/session.js";
import type { KeptKinds } from "../../model/token-set.js";
import type { Awaitable, Ended } from "../../store/session-store.js";
import type { Sessions } from "../../store/sessions.js";
import type { Tell } from "../../telemetry/events.js";
import type { Tracer } from "../../telemetry/tracing.js";
import type { SessionEnding } from "../../wire/reasons.js";
import type { DoubtGuard } from "./doubt-guard.js";
import { freshnessOf } from "./freshness.js";
import { IssuedSets, type IssuedSetsOptions } from "./issued-sets.js";
import { createLastRefresh, type Landing, type RefreshLast } from "./last-refresh.js";
import { createOutcomeMemory, type Hindrance, type OutcomeMemory } from "./outcome-memory.js";
import { refreshRequestOf } from "./refresh-attempts.js";
import type { Priority, RefreshRateLimiter, Turn } from "./refresh-rate-limiter.js";
import { SessionRefresh } from "./session-refresh.js";

/** What became of a refresh. Never a boolean: an outage is not a verdict. */
export type RefreshOutcome =
  | { readonly kind: "refreshed"; readonly session: Session }
  | { readonly kind: "rejected"; readonly ending: SessionEnding }
  | Hindrance;

export interface RefreshCoordinatorOptions {
  readonly sessions: Pick<Sessions, "newest" | "endingOf" | "keep" | "commit" | "reload" | "lease" | "onEnded">;
  readonly source: Pick<TokenSource, "refresh">;
  readonly verifier: TokenVerifier;
  readonly time: CognitoTime;
  readonly clock: Clock;
  readonly limiter: RefreshRateLimiter;
  readonly guard: DoubtGuard;
  readonly keep: KeptKinds;
  /** Whether the app client rotates refresh tokens, as far as is known before its first answer tells. */
  readonly rotation: "on" | "off" | "unknown";
  /** How long ahead to refresh. */
  readonly earlyMs: number;
  readonly tracer: Tracer | null;
  readonly tell: Tell;
  readonly log: Log;
  /** Cognito's rejection ends the session, in the store and in the log, unless somebody has renewed it meanwhile. */
  readonly end: (session: Session, ending: SessionEnding) => Awaitable<Ended>;
  /** Revokes a token that arrived after its session had ended. */
  readonly revokeLate: (session: Session) => void;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
}

/** One refresh at a time for each session, and what every call makes of it. */
export interface RefreshCoordinator {
  /** The session ready for a call, refreshed if it has to be; the session itself, without a promise, in the ordinary case. */
  ensureUsable(session: Session): Session | Promise<RefreshOutcome>;
  /** Refreshes whatever the token's age. */
  refreshNow(session: Session): Promise<RefreshOutcome>;
  /** For sign-out everywhere, through the same one door. */
  readonly refreshLast: RefreshLast;
  /** The refresh token that waits for the store to come back, of a session that has ended; null where none does. */
  takeUnsaved(id: SessionId): Secret | null;
  /** From now on only refreshes that a call waits for begin: what one ahead of time brought could be lost with the process. */
  refreshOnlyWhenDue(): void;
  /** Resolves when every refresh under way has ended. */
  settled(): Promise<void>;
}

const LONGEST_EARLY_WAIT_MS = 1_500;
/** A doubtful session is asked about once a minute. */
const DOUBT_RETRY_AFTER_SECONDS = 60;

interface Flight extends Landing {
  readonly outcome: Promise<RefreshOutcome>;
}

type Granted = (turn: Turn) => Promise<"granted" | "timed_out">;

function grantedBy({ tell }: Pick<RefreshCoordinatorOptions, "tell">): Granted {
  return async (turn) => {
    const result = await turn.granted;
    if (result === "timed_out") tell({ kind: "refresh_turn_missed" });
    return result;
  };
}

/** Starts a refresh. It belongs to the session: a browser that leaves does not abort it, and one that comes moves it forward. */
function takeOff(
  run: (turn: AskTurn) => Promise<RefreshOutcome>,
  request: (wanted: Priority) => Turn,
  granted: Granted,
  priority: Priority,
): Flight {
  let turn: Turn | null = null;
  let wanted = priority;
  const outcome = run(() => {
    turn = request(wanted);
    return granted(turn);
  });
  return {
    outcome,
    promote() {
      wanted = "waiting";
      turn?.promote();
    },
    awaited: false,
    late: null,
  };
}

/** What a call hears of an outcome: too many doubtful verdicts are an outage of ours. */
function answeredBy({ guard }: Pick<RefreshCoordinatorOptions, "guard">): (outcome: RefreshOutcome) => RefreshOutcome {
  return (outcome) => {
    if (outcome.kind !== "doubtful" || !guard.tripped()) return outcome;
    return { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: DOUBT_RETRY_AFTER_SECONDS };
  };
}

type Refresh = (session: Session, priority: Priority, force?: boolean) => Promise<RefreshOutcome>;

/** Joins the refresh under way, or starts the session's one. */
function refreshJoining(
  flights: Map<SessionId, Flight>,
  memory: OutcomeMemory,
  answered: (outcome: RefreshOutcome) => RefreshOutcome,
  { sessions, tell }: Pick<RefreshCoordinatorOptions, "sessions" | "tell">,
  start: (session: Session, force: boolean, priority: Priority) => Flight,
): Refresh {
  return (session, priority, force = false) => {
    const gone = sessions.endingOf(session.id);
    if (gone) return Promise.resolve({ kind: "rejected", ending: gone.ending });
    const under = flights.get(session.id);
    if (under) {
      tell({ kind: "refresh_joined" });
      if (priority === "waiting") under.promote();
      return under.outcome;
    }
    const hindrance = memory.recall(session.id);
    if (hindrance) return Promise.resolve(answered(hindrance));
    return start(session, force, priority).outcome;
  };
}

/** A call that waits for a token with life left does not wait for a Cognito that hangs. */
async function notLonger(waiting: Promise<RefreshOutcome>, session: Session, clock: Clock): Promise<RefreshOutcome> {
  const waited = new AbortController();
  const enough = sleep(clock, LONGEST_EARLY_WAIT_MS, waited.signal).then((): RefreshOutcome => ({ kind: "refreshed", session }));
  return Promise.race([waiting, enough]).finally(() => waited.abort());
}

interface SetsOptions extends Pick<IssuedSetsOptions, "learnRotation"> {
  /** Past what is remembered of the outage. */
  saveAgain(session: Session): Flight;
}

function createSets(
  options: RefreshCoordinatorOptions,
  flights: ReadonlyMap<SessionId, Flight>,
  memory: OutcomeMemory,
  { saveAgain, learnRotation }: SetsOptions,
): IssuedSets {
  const { log, revokeLate } = options;
  return new IssuedSets({
    ...options,
    memory,
    learnRotation,
    late(session, issued) {
      const flight = flights.get(session.id);
      if (flight?.awaited) flight.late = issued;
      else revokeLate(session);
    },
    saveAgain: (session) =>
      saveAgain(session).outcome.catch((error: unknown) => {
        log.error({ error: describeError(error) }, "refreshed tokens could not be saved");
      }),
  });
}

export function createRefreshCoordinator(options: RefreshCoordinatorOptions): RefreshCoordinator {
  const { sessions, verifier, time, clock, limiter, tell, log } = options;
  const memory = createOutcomeMemory(clock);
  const answered = answeredBy(options);
  const flights = new Map<SessionId, Flight>();
  let { rotation } = options;
  let mayRefreshEarly = true;

  const freshness = (session: Session) => freshnessOf(session, time.now(), options.earlyMs);

  const sets = createSets(options, flights, memory, {
    saveAgain: (session) => flights.get(session.id) ?? begin(session, false, "background"),
    learnRotation(found) {
      if (found === "on" && rotation !== "on") tell({ kind: "rotation_found" });
      rotation = found;
    },
  });
  const one = new SessionRefresh({ ...options, sets, answered });

  const granted = grantedBy(options);
  function begin(session: Session, force: boolean, priority: Priority): Flight {
    const flight = takeOff(
      (turn) => one.run(session, turn, force).finally(() => flights.delete(session.id)),
      (wanted) => limiter.request(wanted),
      granted,
      priority,
    );
    flights.set(session.id, flight);
    return flight;
  }
  const refresh = refreshJoining(flights, memory, answered, options, begin);

  const refreshLast = createLastRefresh({
    verifier,
    clock,
    landing: (id) => flights.get(id),
    ask: (session, refreshToken) =>
      options.source.refresh(refreshRequestOf(session, () => granted(limiter.request("waiting")), refreshToken)),
  });

  /** A call that had to wait: with a token that still lives, only an end stops it. */
  async function awaitRefresh(session: Session): Promise<RefreshOutcome> {
    const outcome = await refresh(session, "waiting");
    if (outcome.kind === "refreshed" || outcome.kind === "rejected") return outcome;
    const known = sessions.newest(session.id);
    const newest = known && isNewer(known, session) ? known : session;
    return freshness(newest) === "dead" ? outcome : { kind: "refreshed", session: newest };
  }

  return {
    ensureUsable(session) {
      switch (freshness(session)) {
        case "fresh":
          return session;
        case "early":
          if (!mayRefreshEarly) return session;
          // With rotation the new refresh token travels on the very answer: in this process's memory alone it could be lost.
          if (rotation !== "off") return notLonger(awaitRefresh(session), session, clock);
          refresh(session, "background").catch((error: unknown) => {
            log.error({ error: describeError(error) }, "a background refresh failed unexpectedly");
          });
          return session;
        case "due":
        case "dead":
          return awaitRefresh(session);
      }
    },
    refreshNow: (session) => refresh(session, "waiting", true),
    refreshLast,
    takeUnsaved: (id) => sets.takeUnsaved(id),
    refreshOnlyWhenDue() {
      mayRefreshEarly = false;
    },
    async settled() {
      while (flights.size > 0) await Promise.allSettled([...flights.values()].map((flight) => flight.outcome));
      await sets.flush();
    },
  };
}
