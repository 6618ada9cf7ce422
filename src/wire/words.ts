import type { Reason } from "./reasons.js";

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
