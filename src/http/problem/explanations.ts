import type { Cause, Reason } from "../../wire/reasons.js";
import type { Problem } from "./problem.js";

/** What a reason means to the person in front of the screen, and to the developer or operator behind it. */
export interface Explanation {
  readonly person: string;
  /** What it means to somebody who is signing in, where that differs: there is no session yet that could be kept. */
  readonly signingIn?: string;
  readonly operator: string;
}

export const EXPLANATIONS: Readonly<Record<Reason, Explanation>> = {
  anonymous: {
    person: "You are not signed in here.",
    operator:
      "No session cookie came with the request. In a fetch call, check that it goes to the app's own origin; a page reached from another site does not bring a Strict cookie.",
  },
  expired: {
    person: "Your session has ended.",
    operator:
      "Cognito rejected the refresh token, or a limit set by the operator has passed; `cause` says which. If it happens sooner than you meant, compare the app client's refresh token validity and its unit with what you intended: 30 hours is not 30 days.",
  },
  signed_out: {
    person: "You are signed out.",
    operator: "The session was ended on purpose.",
  },
  invalid: {
    person: "The sign-in stored in your browser cannot be read right now.",
    operator:
      "The session cookie does not open. `unknown_key`: this process has none of the keys that sealed it, as in a rolling key change in the wrong order. `unknown_version`: a newer release wrote it. `unreadable`: it is damaged. The cookie is kept, since it may be the server that is wrong.",
  },
  sign_in_failed: {
    person: "Signing in did not work. Please try again.",
    operator:
      "`state_missing`: the callback came without a state. `state_mismatch`: with one that this service did not make. `transaction_expired`: with one of ours that was used before, or whose cookie is gone: more than an hour ago, crowded out by newer sign-ins, or begun in another browser. `idp_error`: an identity provider, an attribute mapping or a trigger failed; the log has what Cognito says of it. `access_denied`: the person or the identity provider refused. `login_required`: `prompt=none` found nobody signed in, or a sign-in that had to be new was an old one. `code_rejected`: the code was used before or is older than 5 minutes.",
  },
  bad_request: {
    person: "The address or the request is malformed.",
    operator: "The request target, a header or a parameter is not acceptable; see the paths section of the documentation.",
  },
  not_found: { person: "There is no page here.", operator: "No route has this path." },
  method_not_allowed: { person: "This address does not work this way.", operator: "See the Allow header for what the route takes." },
  payload_too_large: { person: "What you sent is too large.", operator: "The body is longer than this route takes." },
  headers_too_large: {
    person: "Your browser sent too much data along. Clearing this site's cookies helps.",
    operator: "The request's headers exceed the limit of this server, mostly because of cookies.",
  },
  csrf: {
    person: "The request came from another site and was refused.",
    operator: "Fetch Metadata or Origin say that the call is not same-origin, or the header x-bff-csrf is missing where it is required.",
  },
  denied: {
    person: "The sign-in service refused to renew your session just now.",
    operator: "A Lambda trigger of the user pool (Pre token generation) refused the refresh. The session is kept.",
  },
  rate_limited: { person: "That was too often. Please wait a moment.", operator: "See Retry-After." },
  misconfigured: {
    person: "Something is not set up correctly on our side. Your session is kept.",
    signingIn: "Something is not set up correctly on our side. Please try again later.",
    operator:
      "Cognito refuses because of a setting: the client id, its secret, the flows or triggers of the app client; or the app that this is part of reads bodies before it. The log has the exact text. No session was ended.",
  },
  session_too_large: {
    person: "Your account has too much data for a session here.",
    operator: "The sealed session exceeds COOKIE_HEADER_BUDGET. The log names the largest claims.",
  },
  internal: { person: "Something went wrong on our side.", operator: "An unexpected error; the log has it under the request id." },
  upstream_unreachable: {
    person: "The application cannot be reached right now.",
    operator: "No connection to the route's target, or no HTTP answer from it.",
  },
  upstream_busy: {
    person: "The application is very busy. Please try again in a moment.",
    operator:
      "The target had UPSTREAM_MAX_CONNECTIONS calls under way, and none ended within 10 seconds, or as many again were waiting. See Retry-After.",
  },
  upstream_timeout: {
    person: "The application took too long to answer.",
    operator: "The target sent no answer within the route's responseHeaderTimeout.",
  },
  cognito_unavailable: {
    person: "The sign-in service cannot be reached right now. You are still signed in; please try again shortly.",
    signingIn: "The sign-in service cannot be reached right now. Please try again shortly.",
    operator: "Cognito failed or did not answer, and the session's token is no longer valid. Sessions are kept; see Retry-After.",
  },
  cognito_throttled: {
    person: "The sign-in service is busy. You are still signed in; please try again shortly.",
    signingIn: "The sign-in service is busy. Please try again shortly.",
    operator: "Cognito's quota or this process's own refresh rate limit. Sessions are kept; see Retry-After.",
  },
  cognito_blocked: {
    person: "The sign-in service cannot be used right now. You are still signed in; please try again shortly.",
    signingIn: "The sign-in service cannot be used right now. Please try again shortly.",
    operator: "A web ACL in front of the user pool blocked this server's address, from which all users' refreshes come. Sessions are kept.",
  },
  store_unavailable: {
    person: "Your session cannot be looked up right now. Please try again shortly.",
    operator: "The session store does not answer. Sessions are kept.",
  },
};

/** What a problem means to the person it happens to. */
export function wordsFor({ reason, signIn }: Problem): string {
  const { person, signingIn } = EXPLANATIONS[reason];
  return signIn && signingIn !== undefined ? signingIn : person;
}

/** What a cause adds, for people. */
export const CAUSE_DETAILS: Readonly<Record<Cause, string>> = {
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
