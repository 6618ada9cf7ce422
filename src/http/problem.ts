import type { Cause, Reason, SessionEnding } from "../wire/reasons.js";

/** What a call to an API may be, as the Allow of a 405 says it: neither TRACE nor CONNECT. */
export const CALL_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** What went wrong, before it becomes an answer. */
export interface Problem {
  readonly reason: Reason;
  readonly cause?: Cause;
  /** One or two sentences for people; never anything that came from outside. */
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
  /** The methods a route has, for 405. */
  readonly allow?: string;
}

/** Thrown by routes and hooks; `problem-details.ts` alone turns it into an answer. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.reason);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

export function endingProblem(ending: SessionEnding): ProblemError {
  return new ProblemError(ending);
}
