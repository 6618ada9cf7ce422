import type { Cause, Reason } from "./reasons.js";

/** What a reason means to the person in front of the screen. */
export interface ReasonWords {
  readonly person: string;
  /** What it means to somebody who is signing in, where that differs: there is no session yet that could be kept. */
  readonly signingIn?: string;
}

export const REASON_WORDS: Readonly<Record<Reason, ReasonWords>> = {
  anonymous: { person: "You are not signed in here." },
  expired: { person: "Your session has ended." },
  signed_out: { person: "You are signed out." },
  invalid: { person: "The sign-in stored in your browser cannot be read right now." },
  sign_in_failed: { person: "Signing in did not work. Please try again." },
  bad_request: { person: "The address or the request is malformed." },
  not_found: { person: "There is no page here." },
  method_not_allowed: { person: "This address does not work this way." },
  payload_too_large: { person: "What you sent is too large." },
  headers_too_large: { person: "Your browser sent too much data along. Clearing this site's cookies helps." },
  csrf: { person: "The request came from another site and was refused." },
  denied: { person: "The sign-in service refused to renew your session just now." },
  rate_limited: { person: "That was too often. Please wait a moment." },
  misconfigured: {
    person: "Something is not set up correctly on our side. Your session is kept.",
    signingIn: "Something is not set up correctly on our side. Please try again later.",
  },
  session_too_large: { person: "Your account has too much data for a session here." },
  internal: { person: "Something went wrong on our side." },
  upstream_unreachable: { person: "The application cannot be reached right now." },
  upstream_busy: { person: "The application is very busy. Please try again in a moment." },
  upstream_timeout: { person: "The application took too long to answer." },
  cognito_unavailable: {
    person: "The sign-in service cannot be reached right now. You are still signed in; please try again shortly.",
    signingIn: "The sign-in service cannot be reached right now. Please try again shortly.",
  },
  cognito_throttled: {
    person: "The sign-in service is busy. You are still signed in; please try again shortly.",
    signingIn: "The sign-in service is busy. Please try again shortly.",
  },
  cognito_blocked: {
    person: "The sign-in service cannot be used right now. You are still signed in; please try again shortly.",
    signingIn: "The sign-in service cannot be used right now. Please try again shortly.",
  },
  store_unavailable: { person: "Your session cannot be looked up right now. Please try again shortly." },
};

/** What a cause adds, for people. */
export const CAUSE_WORDS: Readonly<Record<Cause, string>> = {
  refresh_token_expired: "Cognito rejected the refresh token because its lifetime is over. Sign in again.",
  refresh_token_revoked: "Cognito rejected the refresh token because it was revoked. Sign in again.",
  refresh_token_reused: "Cognito rejected the refresh token because it had been replaced by a newer one. Sign in again.",
  refresh_token_invalid: "Cognito rejected the refresh token as invalid. Sign in again if this persists.",
  user_disabled: "The account is disabled.",
  user_deleted: "The account does not exist any more.",
  password_reset_required: "The password has to be reset. Sign in again to do so.",
  user_unconfirmed: "The account is not confirmed yet.",
  client_replaced: "The service has changed its registration with the sign-in service since you signed in. Sign in again.",
  idle_timeout: "Nothing happened for so long that the session was ended. Sign in again.",
  session_lifetime: "The session reached the longest time that is allowed here. Sign in again.",
  unknown: "Cognito rejected the refresh for a reason it did not name. Sign in again if this persists.",
  logout: "You have signed out.",
  logout_everywhere: "You have signed out on all devices.",
  logout_elsewhere: "You have signed this device out from another one.",
  operator: "An administrator ended your session. Sign in again.",
  unreadable: "The session cookie is damaged.",
  unknown_key: "The session cookie was sealed with a key that is not known here.",
  unknown_version: "The session cookie was written by another version.",
  state_missing: "The answer of the sign-in service arrived incomplete.",
  state_mismatch: "This answer does not belong to a sign-in that was begun here.",
  transaction_expired:
    "This sign-in is over. That happens when it took too long, when it has come back before, when many were begun at once, or when it was begun in another browser.",
  idp_error: "The sign-in service, or another one behind it that you chose, could not complete your sign-in.",
  access_denied: "The sign-in service did not grant access.",
  login_required: "The sign-in service asks you to sign in there.",
  code_rejected: "The sign-in code was not accepted: mostly it was used before, or is too old.",
};
