import type { Reason } from "../../wire/reasons.js";
import { REASON_WORDS } from "../../wire/words.js";
import { CAUSES } from "./causes.js";
import type { Problem } from "./problem.js";

/** What a reason means to those behind the screen; the words for people are the wire's. Its causes have a table of their own. */
export interface Explanation {
  readonly developer: string;
  readonly operator: string;
}

const NOT_SENT = "The call was not forwarded.";
const WAIT = "The session is kept, and `Retry-After` says when to ask again: `createSessionClient` does so by itself.";

export const EXPLANATIONS: Readonly<Record<Reason, Explanation>> = {
  anonymous: {
    developer: `No session cookie came with the request. ${NOT_SENT} Check that a fetch goes to the app's own origin; a page reached from another site does not bring a Strict cookie.`,
    operator: "Nothing to do: people who are not signed in ask, too.",
  },
  expired: {
    developer: `Cognito rejected the refresh token, or a limit set by the operator has passed; \`cause\` says which. ${NOT_SENT}`,
    operator:
      "The log has one line for each ended session, with its age. If they end sooner than you meant, `cognito-bff doctor` looks at the app client's refresh token validity and its unit: 30 hours is not 30 days.",
  },
  signed_out: { developer: `The session was ended on purpose; \`cause\` says by whom. ${NOT_SENT}`, operator: "Nothing to do." },
  invalid: {
    developer: `The session cookie does not open; \`cause\` says why. ${NOT_SENT}`,
    operator:
      "Mostly it is the server that is wrong: keys that differ between processes, or releases that are mixed. So the cookie is kept.",
  },
  sign_in_failed: {
    developer: "No session was started; `cause` says why. The page's button begins anew.",
    operator: "The log has a line for each, with what Cognito says of it.",
  },
  bad_request: {
    developer: "The request target, a header or a parameter is not acceptable; `detail` says which where that is known.",
    operator: "If there are many: a scanner, or a link that was put together wrongly.",
  },
  not_found: { developer: "No route has this path.", operator: "If there should be one: `PROXY_ROUTES`, `SPA_DIR`." },
  method_not_allowed: { developer: "The `Allow` header has what the route takes.", operator: "Nothing to do." },
  payload_too_large: {
    developer: "The body is longer than this route of ours takes.",
    operator: "Nothing to do: uploads to APIs have no such limit.",
  },
  headers_too_large: {
    developer: "The request's headers exceed the limit of this server, mostly because of cookies: the app's own are many.",
    operator: "`COOKIE_HEADER_BUDGET` bounds ours alone.",
  },
  csrf: {
    developer:
      "Fetch Metadata or `Origin` say that the call is not same-origin, or the header `x-bff-csrf` is missing where it is required.",
    operator: "If all calls end so: `PUBLIC_URL` is not the address in the browser.",
  },
  denied: {
    developer:
      "The refresh was refused, and the session is kept: a later one may pass. With the cause `login_required` the route needs a sign-in of the last minutes, and `login_url` leads to one.",
    operator: "A Pre token generation trigger of the user pool refused. Its own log says why.",
  },
  rate_limited: {
    developer: "`Retry-After` says when to ask again.",
    operator: "If that address is your load balancer's: without `TRUST_PROXY` everybody shares one count.",
  },
  misconfigured: {
    developer: "It is nothing the app can mend, and no session was ended.",
    operator:
      "Cognito refuses because of a setting: the client id, its secret, the flows or triggers of the app client; or the app that this is part of reads bodies before it. The log line with `alert: misconfigured` has the exact text, and `cognito-bff doctor` looks for the cause.",
  },
  session_too_large: {
    developer: "No session was started: the ID token's claims do not fit into cookies.",
    operator:
      "The sealed session exceeds `COOKIE_HEADER_BUDGET`. The log names the largest claims: take them out with a Pre token generation trigger, raise the budget, or use a shared store.",
  },
  internal: { developer: "It is nothing the app can mend.", operator: "An unexpected error; the log has it under the request id." },
  upstream_unreachable: {
    developer: "The call may have been forwarded, and no HTTP answer came: repeat only what may be repeated. The session is fine.",
    operator:
      "No connection to the route's target, or no HTTP answer from it. `bff_upstream_failures_total` has the route and what happened.",
  },
  upstream_busy: {
    developer: `${NOT_SENT} \`Retry-After\` says when to ask again.`,
    operator: "The target had `UPSTREAM_MAX_CONNECTIONS` calls under way, and none ended within 10 seconds, or as many again were waiting.",
  },
  upstream_timeout: {
    developer: "The call was forwarded, and nobody knows what came of it: repeat only what may be repeated.",
    operator: "The target sent no answer within the route's `responseHeaderTimeout`.",
  },
  cognito_unavailable: {
    developer: `${NOT_SENT} ${WAIT}`,
    operator:
      "Cognito failed or did not answer, and the session's token is no longer valid. No session has ended; do not restart. AWS Health, DNS, the NAT gateway or the endpoint, egress rules.",
  },
  cognito_throttled: {
    developer: `${NOT_SENT} ${WAIT}`,
    operator: "Cognito's quota for the category UserAuthentication, or our own `REFRESH_RATE_LIMIT`. No session has ended; do not restart.",
  },
  cognito_blocked: {
    developer: `${NOT_SENT} ${WAIT}`,
    operator:
      "A web ACL in front of the user pool blocked this server's address, from which all people's refreshes come: allow it. No session has ended.",
  },
  store_unavailable: {
    developer: `${NOT_SENT} ${WAIT}`,
    operator: "The session store does not answer. No session has ended; do not restart. The log line `store_away` has the cause in words.",
  },
};

/** What a problem means to the person it happens to. */
export function wordsFor({ reason, cause, signIn }: Pick<Problem, "reason" | "cause" | "signIn">): string {
  if (cause) return CAUSES[cause].person;
  const { person, signingIn } = REASON_WORDS[reason];
  return signIn && signingIn !== undefined ? signingIn : person;
}
