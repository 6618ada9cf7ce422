import type { Secret } from "../model/secret.js";
import type { DoubtfulCause, SessionEnding, UnavailableReason } from "../wire/reasons.js";

/*
 * What Cognito's answers mean: one vocabulary, from which each step takes the words it can hear. A refusal is judged for what was asked with
 * (`refusals.ts`), since the same words of Cognito's are not the same news about a session and about a code.
 */

/** Cognito's own verdict: the session has ended. */
export interface Rejected {
  readonly kind: "rejected";
  readonly ending: SessionEnding;
}

/** A verdict that may be a slip of ours: 401, but the session is kept and asked for again. */
export interface Doubtful {
  readonly kind: "doubtful";
  readonly cause: DoubtfulCause;
}

/** No verdict at all. `answerLost`: Cognito may have acted on the request all the same. */
export interface Unavailable {
  readonly kind: "unavailable";
  readonly reason: UnavailableReason;
  readonly answerLost: boolean;
}

/** The operator's mistake. `problem`: in a word of ours, or in the token endpoint's own (RFC 6749 5.2). */
export interface Misconfigured {
  readonly kind: "misconfigured";
  readonly problem: string;
}

/** A trigger of the user pool refused. */
export interface Denied {
  readonly kind: "denied";
}

/** A code that was used before, is too old, or was issued for another client, redirect or verifier. */
export interface CodeRejected {
  readonly kind: "code_rejected";
}

/** What Cognito issued, still unverified. `refresh` is null unless rotation is on: the old one then stays. */
export interface IssuedTokens {
  readonly kind: "issued";
  readonly refresh: Secret | null;
  readonly id: Secret;
  readonly access: Secret | null;
}

/** What the token endpoint issued for a code: always all three. */
export interface CodeTokens extends IssuedTokens {
  readonly refresh: Secret;
  readonly access: Secret;
}

export interface Revoked {
  readonly kind: "revoked";
}

/** What a failed call means, by what it was made with: a token that a session holds, or the code of a sign-in. */
export interface RefusalOf {
  readonly session: Rejected | Doubtful | Unavailable | Misconfigured | Denied;
  readonly code: CodeRejected | Unavailable | Misconfigured;
}

/** What became of one attempt, step by step: at a refresh, at a revocation or a sign-out everywhere, at a sign-in. */
export type RefreshAnswer = IssuedTokens | RefusalOf["session"];
export type RevokeAnswer = Revoked | RefusalOf["session"];
export type CodeAnswer = CodeTokens | RefusalOf["code"];

export type CognitoAnswer = RefreshAnswer | RevokeAnswer | CodeAnswer;
