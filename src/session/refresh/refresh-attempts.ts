import type { RefreshAnswer } from "../../cognito/answers.js";
import type { AskTurn } from "../../cognito/api-call.js";
import type { RefreshRequest, TokenSource } from "../../cognito/token-source.js";
import { type Clock, sleep } from "../../model/clock.js";
import { newestRefreshToken, type Session } from "../../model/session.js";

/** How often one refresh is tried, by what went wrong; together they stay well under the time a person waits. */
const MOST_ATTEMPTS = { cognito_unavailable: 3, cognito_throttled: 2, cognito_blocked: 1 } as const;
const FIRST_BACKOFF_MS = 150;
const RETRY_BUDGET_MS = 3_000;

/** What Cognito is asked for a session. */
export function refreshRequestOf(session: Session, turn: AskTurn, refreshToken = newestRefreshToken(session)): RefreshRequest {
  const { id, username, deviceKey } = session;
  return { session: id, refreshToken, username, deviceKey, turn };
}

/** What came of the last attempt, and whether Cognito may have acted on one whose answer never came. */
export interface AttemptedRefresh {
  readonly answer: RefreshAnswer;
  readonly answerLost: boolean;
}

export interface RefreshAttemptsOptions {
  readonly source: Pick<TokenSource, "refresh">;
  readonly clock: Clock;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
}

/**
 * Asks Cognito for new tokens, a few times where that may help. Retries with jitter are ours: the SDK makes one attempt.
 *
 * @param goOn whether the answer is still wanted; asked before each further attempt.
 */
export async function attemptRefresh(
  request: RefreshRequest,
  { source, clock, random }: RefreshAttemptsOptions,
  goOn: () => boolean,
): Promise<AttemptedRefresh> {
  const startedAtMs = clock.monotonicMs();
  let answerLost = false;
  for (let attempt = 1; ; attempt++) {
    const answer = await source.refresh(request);
    answerLost ||= answer.kind === "unavailable" && answer.answerLost;
    if (answer.kind !== "unavailable" || attempt >= MOST_ATTEMPTS[answer.reason]) return { answer, answerLost };
    if (clock.monotonicMs() - startedAtMs > RETRY_BUDGET_MS) return { answer, answerLost };
    await sleep(clock, FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random()));
    if (!goOn()) return { answer, answerLost };
  }
}

/** The first request has had its turn already. */
export function afterFirst(turn: AskTurn): AskTurn {
  let isFirst = true;
  return () => {
    if (!isFirst) return turn();
    isFirst = false;
    return Promise.resolve("granted");
  };
}
