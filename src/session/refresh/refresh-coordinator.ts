import type { IssuedTokens } from "../../cognito/answers.js";
import type { AskTurn } from "../../cognito/api-call.js";
import type { CognitoTime } from "../../cognito/cognito-time.js";
import type { TokenSource } from "../../cognito/token-source.js";
import type { TokenVerifier } from "../../cognito/token-verifier.js";
import { type Clock, sleep } from "../../model/clock.js";
import { describeError, type Log } from "../../model/log.js";
import type { Secret } from "../../model/secret.js";
import { newestRefreshToken, type Session, type SessionId } from "../../model/session.js";
import type { KeptKinds } from "../../model/token-set.js";
import type { Awaitable, Ended } from "../../store/session-store.js";
import type { Sessions } from "../../store/sessions.js";
import type { Tell } from "../../telemetry/events.js";
import type { Tracer } from "../../telemetry/tracing.js";
import type { SessionEnding } from "../../wire/reasons.js";
import type { DoubtGuard } from "./doubt-guard.js";
import { type Freshness, freshnessOf } from "./freshness.js";
import { IssuedSets } from "./issued-sets.js";
import { createLastRefresh, type Landing, type RefreshLast } from "./last-refresh.js";
import { createOutcomeMemory, type OutcomeMemory } from "./outcome-memory.js";
import { refreshRequestOf } from "./refresh-attempts.js";
import { endedOutcome, type RefreshOutcome } from "./refresh-outcome.js";
import type { Priority, RefreshRateLimiter, Turn, TurnResult } from "./refresh-rate-limiter.js";
import { SessionRefresh } from "./session-refresh.js";

export interface RefreshCoordinatorOptions {
  readonly sessions: Pick<Sessions, "newestOf" | "endingOf" | "keep" | "commit" | "reload" | "lease" | "onEnded">;
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
  readonly end: (session: Session, ending: SessionEnding, answerLost: boolean) => Awaitable<Ended>;
  /** Revokes a token that arrived after its session had ended. */
  readonly revokeLate: (session: Session) => void;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
}

/** One refresh at a time for each session, and what every call makes of it. */
export interface RefreshCoordinator {
  /** Whether Cognito may answer a refresh with a new refresh token: not once it has answered without. */
  readonly mayRotate: boolean;
  /** Whether a session has so much life left that no call of it asks for a refresh. */
  isFresh(session: Session): boolean;
  /** The session ready for a call, refreshed if it has to be; the session itself, without a promise, in the ordinary case. */
  ensureUsable(session: Session): Session | Promise<RefreshOutcome>;
  /** Refreshes whatever the token's age. */
  refreshNow(session: Session): Promise<RefreshOutcome>;
  /** For sign-out everywhere, through the same one door. */
  readonly refreshLast: RefreshLast;
  /** The refresh token that waits for the store to come back, of a session that ends: it is the caller's now. Null where none does. */
  takeUnsaved(id: SessionId): Secret | null;
  /** From now on only refreshes that a call waits for begin: what one ahead of time brought could be lost with the process. */
  refreshOnlyWhenDue(): void;
  /** Resolves when every refresh under way has ended. */
  settled(): Promise<void>;
}

const LONGEST_WAIT_ALIVE_MS = 1_500;

interface Flight extends Landing {
  readonly outcome: Promise<RefreshOutcome>;
}

export function createRefreshCoordinator(options: RefreshCoordinatorOptions): RefreshCoordinator {
  return new Coordinator(options);
}

class Coordinator implements RefreshCoordinator {
  readonly #options: RefreshCoordinatorOptions;
  readonly #memory: OutcomeMemory;
  readonly #sets: IssuedSets;
  readonly #refreshes: SessionRefresh;
  readonly #flights = new Map<SessionId, Flight>();
  /** Sets of ended sessions whose token is being revoked, or is used for a sign-out: one that is just being written would be late twice. */
  readonly #caredFor = new WeakSet<Session>();
  #rotation: "on" | "off" | "unknown";
  #mayRefreshEarly = true;
  readonly refreshLast: RefreshLast;

  constructor(options: RefreshCoordinatorOptions) {
    const { source, verifier, clock, limiter } = options;
    this.#options = options;
    this.#memory = createOutcomeMemory(clock);
    this.#rotation = options.rotation;
    this.#sets = new IssuedSets({
      ...options,
      memory: this.#memory,
      late: (session, issued) => this.#late(session, issued),
      saveAgain: (session) => this.#saveAgain(session),
      learnRotation: (found) => this.#learnRotation(found),
    });
    this.#refreshes = new SessionRefresh({ ...options, sets: this.#sets });
    this.refreshLast = createLastRefresh({
      verifier,
      clock,
      landing: (id) => this.#flights.get(id),
      ask: (session, refreshToken) =>
        source.refresh(refreshRequestOf(session, () => this.#grantedLast(limiter.request("waiting")), refreshToken)),
    });
  }

  get mayRotate(): boolean {
    return this.#rotation !== "off";
  }

  isFresh(session: Session): boolean {
    return this.#freshness(session) === "fresh";
  }

  ensureUsable(session: Session): Session | Promise<RefreshOutcome> {
    const { log } = this.#options;
    switch (this.#freshness(session)) {
      case "fresh":
        return session;
      case "early":
        if (!this.#mayRefreshEarly || !this.#hasTurnFor(session)) return session;
        // With rotation the new refresh token travels on the very answer: in this process's memory alone it could be lost.
        if (this.mayRotate) return this.#awaitShortly(session);
        this.#refresh(session, "background").catch((error: unknown) => {
          log.error({ error: describeError(error) }, "a background refresh failed unexpectedly");
        });
        return session;
      case "due":
        return this.#awaitShortly(session);
      case "dead":
        return this.#awaitRefresh(session);
    }
  }

  /**
   * Whether a refresh ahead of time is worth beginning, or has begun. When many tokens end together it is not: while the token lives no call
   * waits for a turn, and the queue is for those that have to. The next call asks again.
   */
  #hasTurnFor({ id }: Session): boolean {
    const { limiter } = this.#options;
    return this.#flights.has(id) || (this.#rotation === "off" ? !limiter.isFull : limiter.isFree);
  }

  refreshNow(session: Session): Promise<RefreshOutcome> {
    return this.#refresh(session, "waiting", true);
  }

  takeUnsaved(id: SessionId): Secret | null {
    const taken = this.#sets.takeUnsaved(id);
    if (!taken) return null;
    this.#caredFor.add(taken);
    return newestRefreshToken(taken);
  }

  refreshOnlyWhenDue(): void {
    this.#mayRefreshEarly = false;
  }

  async settled(): Promise<void> {
    while (this.#flights.size > 0) await Promise.allSettled([...this.#flights.values()].map((flight) => flight.outcome));
    await this.#sets.flush();
  }

  /** A call that had to wait: with a token that still lives, only an end stops it. */
  async #awaitRefresh(session: Session): Promise<RefreshOutcome> {
    const outcome = await this.#refresh(session, "waiting");
    if (outcome.kind === "refreshed" || outcome.kind === "rejected") return outcome;
    const newest = this.#options.sessions.newestOf(session);
    return this.#freshness(newest) === "dead" ? outcome : { kind: "refreshed", session: newest };
  }

  /** A call does not wait for a Cognito that hangs, nor for a turn that does not come, while its token lives. */
  #awaitShortly(session: Session): Promise<RefreshOutcome> {
    const waiting = this.#awaitRefresh(session);
    const waited = new AbortController();
    const enough = sleep(this.#options.clock, LONGEST_WAIT_ALIVE_MS, waited.signal).then((): RefreshOutcome | Promise<RefreshOutcome> =>
      this.#freshness(session) === "dead" ? waiting : { kind: "refreshed", session },
    );
    return Promise.race([waiting, enough]).finally(() => waited.abort());
  }

  /** Joins the refresh under way, or starts the session's one. */
  #refresh(session: Session, priority: Priority, force = false): Promise<RefreshOutcome> {
    const { sessions, guard, tell } = this.#options;
    const ended = endedOutcome(sessions, session);
    if (ended) return Promise.resolve(ended);
    const under = this.#flights.get(session.id);
    if (under) {
      tell({ kind: "refresh_joined" });
      if (priority === "waiting") under.promote();
      return under.outcome;
    }
    const hindrance = this.#memory.recall(session.id);
    if (hindrance) return Promise.resolve(guard.heard(hindrance));
    return this.#takeOff(session, priority, force).outcome;
  }

  /** Starts a refresh. It belongs to the session: a browser that leaves does not abort it, and one that comes moves it forward. */
  #takeOff(session: Session, priority: Priority, force: boolean): Flight {
    const { limiter } = this.#options;
    let turn: Turn | null = null;
    let wanted = priority;
    const isAwaited = () => wanted === "waiting";
    const isCrowded = () => limiter.waiting > 0;
    const askTurn: AskTurn = () => {
      turn = limiter.request(wanted);
      return this.#granted(turn, isAwaited);
    };
    const flight: Flight = {
      outcome: this.#refreshes.run(session, { turn: askTurn, isAwaited, isCrowded, force }).finally(() => this.#flights.delete(session.id)),
      promote() {
        wanted = "waiting";
        turn?.promote();
      },
      awaited: false,
      late: null,
    };
    this.#flights.set(session.id, flight);
    return flight;
  }

  /** A turn that was missed ahead of time costs nobody anything. */
  async #granted(turn: Turn, isAwaited = () => true): Promise<TurnResult> {
    const result = await turn.granted;
    if (result === "timed_out" && isAwaited()) this.#options.tell({ kind: "refresh_turn_missed" });
    return result;
  }

  /** While nobody can be asked for turns no session is refreshed: there is room for what somebody signs out with. */
  async #grantedLast(turn: Turn): Promise<TurnResult> {
    const result = await this.#granted(turn);
    return result === "unavailable" ? "granted" : result;
  }

  /** Past what is remembered of the outage. */
  async #saveAgain(session: Session): Promise<void> {
    try {
      await (this.#flights.get(session.id) ?? this.#takeOff(session, "background", false)).outcome;
    } catch (error) {
      this.#options.log.error({ error: describeError(error) }, "refreshed tokens could not be saved");
    }
  }

  #late(session: Session, issued: IssuedTokens | null): void {
    const flight = this.#flights.get(session.id);
    if (flight?.awaited) flight.late = issued;
    else if (!this.#caredFor.has(session)) {
      this.#caredFor.add(session);
      this.#options.revokeLate(session);
    }
  }

  #learnRotation(found: "on" | "off"): void {
    if (found === "on" && this.#rotation !== "on") this.#options.tell({ kind: "rotation_found" });
    this.#rotation = found;
  }

  #freshness(session: Session): Freshness {
    return freshnessOf(session, this.#options.time.now(), this.#options.earlyMs);
  }
}
