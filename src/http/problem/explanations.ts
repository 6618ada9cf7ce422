import type { Reason } from "../../wire/reasons.js";
import { REASON_WORDS } from "../../wire/words.js";
import type { Problem } from "./problem.js";

/** What a reason means to the developer or operator behind it; the words for people are the wire's. */
export const OPERATOR_WORDS: Readonly<Record<Reason, string>> = {
  anonymous:
    "No session cookie came with the request. In a fetch call, check that it goes to the app's own origin; a page reached from another site does not bring a Strict cookie.",
  expired:
    "Cognito rejected the refresh token, or a limit set by the operator has passed; `cause` says which. If it happens sooner than you meant, compare the app client's refresh token validity and its unit with what you intended: 30 hours is not 30 days.",
  signed_out: "The session was ended on purpose.",
  invalid:
    "The session cookie does not open. `unknown_key`: this process has none of the keys that sealed it, as in a rolling key change in the wrong order. `unknown_version`: a newer release wrote it. `unreadable`: it is damaged. The cookie is kept, since it may be the server that is wrong.",
  sign_in_failed:
    "`state_missing`: the callback came without a state. `state_mismatch`: with one that this service did not make. `transaction_expired`: with one of ours that was used before, or whose cookie is gone: more than an hour ago, crowded out by newer sign-ins, or begun in another browser. `idp_error`: an identity provider, an attribute mapping or a trigger failed; the log has what Cognito says of it. `access_denied`: the person or the identity provider refused. `login_required`: `prompt=none` found nobody signed in, or a sign-in that had to be new was an old one. `code_rejected`: the code was used before or is older than 5 minutes.",
  bad_request: "The request target, a header or a parameter is not acceptable; see the paths section of the documentation.",
  not_found: "No route has this path.",
  method_not_allowed: "See the Allow header for what the route takes.",
  payload_too_large: "The body is longer than this route takes.",
  headers_too_large: "The request's headers exceed the limit of this server, mostly because of cookies.",
  csrf: "Fetch Metadata or Origin say that the call is not same-origin, or the header x-bff-csrf is missing where it is required.",
  denied:
    "A Lambda trigger of the user pool (Pre token generation) refused the refresh. With `login_required`: the route needs a sign-in of the last minutes, and `login_url` leads to one. The session is kept.",
  rate_limited: "See Retry-After.",
  misconfigured:
    "Cognito refuses because of a setting: the client id, its secret, the flows or triggers of the app client; or the app that this is part of reads bodies before it. The log has the exact text. No session was ended.",
  session_too_large: "The sealed session exceeds COOKIE_HEADER_BUDGET. The log names the largest claims.",
  internal: "An unexpected error; the log has it under the request id.",
  upstream_unreachable: "No connection to the route's target, or no HTTP answer from it.",
  upstream_busy:
    "The target had UPSTREAM_MAX_CONNECTIONS calls under way, and none ended within 10 seconds, or as many again were waiting. See Retry-After.",
  upstream_timeout: "The target sent no answer within the route's responseHeaderTimeout.",
  cognito_unavailable: "Cognito failed or did not answer, and the session's token is no longer valid. Sessions are kept; see Retry-After.",
  cognito_throttled: "Cognito's quota or this process's own refresh rate limit. Sessions are kept; see Retry-After.",
  cognito_blocked:
    "A web ACL in front of the user pool blocked this server's address, from which all users' refreshes come. Sessions are kept.",
  store_unavailable: "The session store does not answer. Sessions are kept.",
};

/** What a problem means to the person it happens to. */
export function wordsFor({ reason, signIn }: Problem): string {
  const { person, signingIn } = REASON_WORDS[reason];
  return signIn && signingIn !== undefined ? signingIn : person;
}
