import type { Cause } from "../wire/reasons.js";
import type { OwnProblem } from "./problem.js";
import type { EndedReason } from "./session-state.js";

/** A call was not forwarded, since the session has ended, and nobody signed in again in time or as the same person. */
export class SessionEndedError extends Error {
  declare readonly reason: EndedReason;
  declare readonly cause: Cause | null;
  /** Where to sign in. */
  declare readonly loginUrl: string;

  constructor({ reason, cause }: OwnProblem, loginUrl: string) {
    super(`The session has ended: ${cause ?? reason}.`);
    this.name = "SessionEndedError";
    this.reason = reason as EndedReason;
    this.cause = cause ?? null;
    this.loginUrl = loginUrl;
  }
}
