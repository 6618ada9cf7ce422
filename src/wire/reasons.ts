/** What the browser is told when something is wrong: the closed vocabulary of reasons and causes, the same in code, log, metric and browser. */

/** Why a session ended, by the reason the browser hears. */
export const ENDING_CAUSES = {
  /** Cognito rejected the refresh, or a limit of ours passed. */
  expired: [
    "refresh_token_expired",
    "refresh_token_revoked",
    "refresh_token_reused",
    "refresh_token_invalid",
    "user_disabled",
    "user_deleted",
    "password_reset_required",
    "user_unconfirmed",
    "client_replaced",
    "idle_timeout",
    "session_lifetime",
    "unknown",
  ],
  /** Ended on purpose. */
  signed_out: ["logout", "logout_everywhere", "logout_elsewhere", "operator"],
} as const;

/** Why a session cookie cannot be opened. */
export const INVALID_CAUSES = ["unreadable", "unknown_key", "unknown_version"] as const;

/** Why a sign-in did not start a session. */
export const SIGN_IN_CAUSES = [
  "state_missing",
  "state_mismatch",
  "transaction_expired",
  "idp_error",
  "access_denied",
  "login_required",
  "code_rejected",
] as const;

export type ExpiredCause = (typeof ENDING_CAUSES.expired)[number];
export type SignedOutCause = (typeof ENDING_CAUSES.signed_out)[number];
export type InvalidCause = (typeof INVALID_CAUSES)[number];
export type SignInCause = (typeof SIGN_IN_CAUSES)[number];

/**
 * The two verdicts of Cognito that may be a slip of the server's own (a device key it does not send, a text nobody has seen): they answer
 * 401 but never take the cookie away.
 */
export type DoubtfulCause = Extract<ExpiredCause, "refresh_token_invalid" | "unknown">;

/** The causes after which nothing brings the session back: only these may take its cookie away. While releases are mixed another process may still serve a session of the client that was replaced. */
export type DefiniteExpiredCause = Exclude<ExpiredCause, DoubtfulCause | "client_replaced">;

/** How a session ended for good. */
export type SessionEnding =
  | { readonly reason: "expired"; readonly cause: DefiniteExpiredCause }
  | { readonly reason: "signed_out"; readonly cause: SignedOutCause };

/** Every reason, with the HTTP status it travels with and the page `/auth/problems/<slug>` that explains it. */
export const REASONS = {
  anonymous: { status: 401, slug: "no-session", title: "Nobody is signed in" },
  expired: { status: 401, slug: "session-ended", title: "The session has ended" },
  signed_out: { status: 401, slug: "signed-out", title: "Signed out" },
  invalid: { status: 401, slug: "session-unreadable", title: "The session cannot be read" },
  sign_in_failed: { status: 400, slug: "sign-in-failed", title: "Signing in did not work" },
  bad_request: { status: 400, slug: "bad-request", title: "The request cannot be understood" },
  not_found: { status: 404, slug: "not-found", title: "There is nothing here" },
  method_not_allowed: { status: 405, slug: "method-not-allowed", title: "This method is not allowed here" },
  payload_too_large: { status: 413, slug: "payload-too-large", title: "The request body is too large" },
  headers_too_large: { status: 431, slug: "headers-too-large", title: "The request headers are too large" },
  csrf: { status: 403, slug: "cross-site", title: "A cross-site request was refused" },
  denied: { status: 403, slug: "denied", title: "The request was denied" },
  rate_limited: { status: 429, slug: "rate-limited", title: "Too many requests" },
  misconfigured: { status: 500, slug: "misconfigured", title: "The service is not set up correctly" },
  session_too_large: { status: 500, slug: "session-too-large", title: "The session does not fit into cookies" },
  internal: { status: 500, slug: "internal", title: "Something went wrong" },
  upstream_unreachable: { status: 502, slug: "upstream-unreachable", title: "The application's API cannot be reached" },
  upstream_busy: { status: 503, slug: "upstream-busy", title: "The application's API has too many calls already" },
  upstream_timeout: { status: 504, slug: "upstream-timeout", title: "The application's API took too long" },
  cognito_unavailable: { status: 503, slug: "cognito-unavailable", title: "The sign-in service cannot be reached" },
  cognito_throttled: { status: 503, slug: "cognito-throttled", title: "The sign-in service is overloaded" },
  cognito_blocked: { status: 503, slug: "cognito-blocked", title: "The sign-in service blocked the request" },
  store_unavailable: { status: 503, slug: "store-unavailable", title: "The session store cannot be reached" },
} as const satisfies Record<string, { status: number; slug: string; title: string }>;

/** What a problem document says is wrong, in a word that programs compare. */
export type Reason = keyof typeof REASONS;
/** Why that is, where more is known. */
export type Cause = ExpiredCause | SignedOutCause | InvalidCause | SignInCause;

/** Why Cognito gave no verdict. Waiting helps, as it does for some of the other reasons: each answer carries Retry-After. */
export type UnavailableReason = "cognito_unavailable" | "cognito_throttled" | "cognito_blocked";
