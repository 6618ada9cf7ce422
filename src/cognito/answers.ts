import type { Secret } from "../model/secret.js";
import type { DoubtfulCause, SessionEnding, UnavailableReason } from "../wire/reasons.js";

/*
 * What Cognito's answers mean: one vocabulary, from which each step takes the words it can hear. A refusal is judged for the flow it came in
 * (`refusals.ts`), since the same words of Cognito's are not the same news at a sign-in and at a refresh.
 */

/** What Cognito is asked for. */
export type Flow = "refresh" | "revoke" | "sign_out_everywhere" | "code";

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

/** No verdict at all. */
export interface Unavailable {
  readonly kind: "unavailable";
  readonly reason: UnavailableReason;
}

/** The operator's mistake. */
export interface Misconfigured {
  readonly kind: "misconfigured";
  readonly problem: Misconfiguration;
}

/** Which mistake: two of them have a remedy the token source tries first. */
export type Misconfiguration = "flow_not_enabled" | "wrong_secret" | "wrong_client" | "settings";

/** A trigger of the user pool refused. */
export interface Denied {
  readonly kind: "denied";
}

/** What a failed call means for the session it was made for. */
export type SessionRefusal = Rejected | Doubtful | Unavailable | Misconfigured | Denied;

/**
 * What a failed GlobalSignOut means. `answerLost`: Cognito may have acted on the request all the same, and then an access token that is revoked
 * at the next attempt is what this one came for.
 */
export type SignOutRefusal = Exclude<SessionRefusal, Unavailable> | (Unavailable & { readonly answerLost: boolean });

/** What a code that was not redeemed means. */
export type CodeRefusal =
  /** Used before, too old, or issued for another client, redirect or verifier. */
  | { readonly kind: "code_rejected" }
  | Unavailable
  /** `problem`: in the token endpoint's own word (RFC 6749 5.2) where it has one. */
  | { readonly kind: "misconfigured"; readonly problem: string };

/** What may be refused in each flow. */
export interface RefusalOf {
  readonly refresh: SessionRefusal;
  readonly revoke: SessionRefusal;
  readonly sign_out_everywhere: SignOutRefusal;
  readonly code: CodeRefusal;
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

/** What became of one attempt, flow by flow. */
export type RefreshAnswer = IssuedTokens | SessionRefusal;
export type RevokeAnswer = Revoked | SessionRefusal;
export type SignOutAnswer = Revoked | SignOutRefusal;
export type CodeAnswer = CodeTokens | CodeRefusal;

export type CognitoAnswer = RefreshAnswer | RevokeAnswer | SignOutAnswer | CodeAnswer;
