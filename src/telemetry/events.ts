import type { Log } from "../model/log.js";
import type { Session, SessionId } from "../model/session.js";
import type { Cause, Reason, SessionEnding, UnavailableReason } from "../wire/reasons.js";

/** What a refresh came to: the kinds of `RefreshOutcome`, a floor above. */
export type RefreshResult = "refreshed" | "rejected" | "doubtful" | "unavailable" | "misconfigured" | "denied";

/** What one call to Cognito came to; never its text, which is not ours to bound. */
export type CognitoOutcome = "ok" | "rejected" | "doubtful" | "misconfigured" | "denied" | UnavailableReason;

export type CognitoOperation = "InitiateAuth" | "GetTokensFromRefreshToken" | "RevokeToken" | "GlobalSignOut" | "token";

/** What somebody has to be woken for: a mistake of ours or of the app client's settings, not of the people who are signed in. */
export type Alert = "refreshes_doubtful" | "misconfigured" | "session_too_large";

/** Whose session it was, as far as it is known. */
export type SessionOf = Pick<Session, "id" | "subject">;

/** What became of one request. */
export interface FinishedRequest {
  readonly method: string;
  /** The route, never the path. */
  readonly route: string;
  /** Null where the client left before an answer began. */
  readonly status: number | null;
  readonly seconds: number;
  readonly headerBytes: number;
}

/** What happened, said once where it happens. Log lines and metrics are both made of it, so that they cannot disagree. */
export type BffEvent =
  | { readonly kind: "session_started"; readonly session: SessionOf; readonly cookieBytes: number }
  | { readonly kind: "session_renewed"; readonly session: SessionOf }
  | {
      readonly kind: "session_ended";
      readonly id: SessionId;
      readonly ending: SessionEnding;
      /** Null where another process knew the session, and this one only its id. */
      readonly known: { readonly subject: string; readonly ageSeconds: number } | null;
      /** Whether a new sign-in in the same browser took its place. */
      readonly replaced: boolean;
      /** With rotation: whether Cognito issued a new refresh token to a process of ours that did not come back with it. Absent: no. */
      readonly lost?: boolean;
    }
  /** A refresh landed after its session had ended, and what it brought is revoked. */
  | { readonly kind: "refreshed_late"; readonly session: SessionOf }
  | { readonly kind: "refresh_finished"; readonly result: RefreshResult; readonly seconds: number }
  /** The app client rotates refresh tokens, which nobody had said. */
  | { readonly kind: "rotation_found" }
  /** A refresh did not get its turn under REFRESH_RATE_LIMIT in time: our own limit, and no fault of Cognito's. */
  | { readonly kind: "refresh_turn_missed" }
  /** A call found a refresh of its session under way and waits for the same answer. */
  | { readonly kind: "refresh_joined" }
  | { readonly kind: "cognito_called"; readonly operation: CognitoOperation; readonly outcome: CognitoOutcome; readonly seconds: number }
  | { readonly kind: "token_revoked"; readonly session: SessionOf | null }
  /** GlobalSignOut ended all sessions of the person. */
  | { readonly kind: "signed_out_everywhere"; readonly session: SessionOf | null }
  /** A callback brought its person back signed in. */
  | { readonly kind: "signed_in"; readonly requestId: string }
  /** A callback that could not be completed led to a session that lives. */
  | { readonly kind: "sign_in_resumed" }
  | { readonly kind: "sign_in_failed"; readonly reason: Reason; readonly cause?: Cause }
  /** A problem document goes out. */
  | {
      readonly kind: "problem_answered";
      readonly reason: Reason;
      readonly cause: Cause | undefined;
      readonly method: string | undefined;
      /** Under which name the log knows the session that the request came with. */
      readonly session?: string | undefined;
      /** Where the log is not the request's own, which names it. */
      readonly requestId?: string;
      readonly log: Log;
    }
  /** A request of the browser's is over: answered, left, or a tunnel from now on. */
  | ({ readonly kind: "request_finished" } & FinishedRequest)
  /** The head of an API's answer is here. */
  | {
      readonly kind: "upstream_answered";
      /** Its prefix. */
      readonly route: string;
      readonly status: number;
      readonly seconds: number;
      readonly withToken: boolean;
    }
  /** A call ended without a whole answer of the API. `failure` is the forwarder's own word for it, never anything from outside. */
  | { readonly kind: "upstream_failed"; readonly route: string; readonly failure: string }
  | { readonly kind: "ticket_sealed"; readonly bytes: number }
  | { readonly kind: "store_failed"; readonly operation: "keep" | "seal" | "forget" }
  | { readonly kind: "alert"; readonly alert: Alert; readonly details: object };

export type Tell = (event: BffEvent) => void;
