import type { Cause, Reason, SessionEnding } from "../../wire/reasons.js";

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
  /** Signing in again helps, although the status does not say so: the answer says where. `anew`: with a sign-in that Cognito asks for in any case. */
  readonly signInHelps?: true | "anew";
  /** Where it happened while signing in: the words are about that, and the page's button begins again. */
  readonly signIn?: FailedSignIn;
}

/** How a sign-in comes back. */
export type Display = "page" | "popup";

/** A sign-in that came to nothing, as far as another one takes its place. */
export interface FailedSignIn {
  readonly button: "Sign in" | "Sign in again" | "Try again";
  /** A good return path. */
  readonly returnTo: string;
  readonly display: Display;
  /** Leads through Cognito's sign-out, for it would answer with the same old sign-in again. */
  readonly through?: "logout";
  /** The page moves on by itself, to where the session's cookie arrives and may show that nothing is wrong at all. */
  readonly movesOn?: true;
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

/** What a problem is counted by: its reason, and the cause where it has one. */
export function namedBy({ reason, cause }: Problem): { readonly reason: Reason; readonly cause?: Cause } {
  return cause === undefined ? { reason } : { reason, cause };
}

/** What a request is told that was left in the middle of its body. */
export const BODY_STALLED: Problem = { reason: "bad_request", detail: "The rest of the request's body did not arrive in time." };
