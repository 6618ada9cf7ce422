import { withoutEnd } from "../model/text.js";
import type { UnavailableReason } from "../wire/reasons.js";
import type { Denied, Doubtful, Misconfigured, RefusalOf, Rejected, Unavailable } from "./answers.js";

const expired = (cause: Extract<Rejected["ending"], { reason: "expired" }>["cause"]): Rejected => ({
  kind: "rejected",
  ending: { reason: "expired", cause },
});
const misconfigured = (problem: string): Misconfigured => ({ kind: "misconfigured", problem });
const unavailable = (reason: UnavailableReason, answerLost: boolean): Unavailable => ({ kind: "unavailable", reason, answerLost });

/** One row of a table: an exception's name, a pattern its message must match (null: any), and the meaning. */
export interface RefusalRow<R> {
  readonly name: string;
  readonly message: RegExp | null;
  readonly refusal: R;
}

/*
 * What Cognito says when a call fails, and what it means for what the call was made with. The first row that fits counts: by exception name first,
 * by text only where Cognito leaves nothing else, never by HTTP status. Names and texts: the common errors of InitiateAuth and
 * GetTokensFromRefreshToken in the Amazon Cognito user pools API reference, and what pools were seen to answer.
 */

/** Where the call was made with what a session holds, these are about the session. */
const SESSION_VERDICTS: readonly RefusalRow<Rejected | Doubtful>[] = [
  { name: "NotAuthorizedException", message: /^refresh token has expired$/, refusal: expired("refresh_token_expired") },
  { name: "NotAuthorizedException", message: /^refresh token has been revoked$/, refusal: expired("refresh_token_revoked") },
  { name: "NotAuthorizedException", message: /^invalid refresh token$/, refusal: { kind: "doubtful", cause: "refresh_token_invalid" } },
  // GlobalSignOut's word, also for a token that an answer lost on the way has signed out already.
  { name: "NotAuthorizedException", message: /^access token has been revoked$/, refusal: expired("refresh_token_revoked") },
  { name: "NotAuthorizedException", message: /^user is disabled$/, refusal: expired("user_disabled") },
  { name: "NotAuthorizedException", message: /^user does not exist$/, refusal: expired("user_deleted") },
  { name: "RefreshTokenReuseException", message: null, refusal: expired("refresh_token_reused") },
  { name: "UserNotFoundException", message: null, refusal: expired("user_deleted") },
  { name: "PasswordResetRequiredException", message: null, refusal: expired("password_reset_required") },
  { name: "UserNotConfirmedException", message: null, refusal: expired("user_unconfirmed") },
];

/** A refusal of a session that nobody has seen; behind all other texts of that name. */
const SESSION_DOUBTS: readonly RefusalRow<Doubtful>[] = [
  { name: "NotAuthorizedException", message: null, refusal: { kind: "doubtful", cause: "unknown" } },
];

/** What is wrong with the app client's settings or with ours is wrong whoever signs in. */
const MISTAKES: readonly RefusalRow<Misconfigured>[] = [
  { name: "NotAuthorizedException", message: /^refresh token has different client$/, refusal: misconfigured("wrong_client") },
  { name: "NotAuthorizedException", message: /^unable to verify secret hash for client/, refusal: misconfigured("wrong_secret") },
  { name: "NotAuthorizedException", message: /^secrethash does not match/, refusal: misconfigured("wrong_secret") },
  {
    name: "NotAuthorizedException",
    message: /^client .* is configured (with|for) secret but (secret_hash|secret) was not received$/,
    refusal: misconfigured("wrong_secret"),
  },
  { name: "NotAuthorizedException", message: /client secret/, refusal: misconfigured("wrong_secret") },
  { name: "NotAuthorizedException", message: /not enabled/, refusal: misconfigured("flow_not_enabled") },
  { name: "InvalidParameterException", message: /not enabled/, refusal: misconfigured("flow_not_enabled") },
  { name: "InvalidParameterException", message: null, refusal: misconfigured("settings") },
  { name: "ResourceNotFoundException", message: null, refusal: misconfigured("settings") },
  { name: "InvalidLambdaResponseException", message: null, refusal: misconfigured("settings") },
  { name: "OperationNotEnabledException", message: null, refusal: misconfigured("flow_not_enabled") },
  { name: "FeatureUnavailableInTierException", message: null, refusal: misconfigured("settings") },
  { name: "UnsupportedOperationException", message: null, refusal: misconfigured("settings") },
  { name: "InvalidUserPoolConfigurationException", message: null, refusal: misconfigured("settings") },
  // RevokeToken's word for a secret that does not fit.
  { name: "UnauthorizedException", message: null, refusal: misconfigured("wrong_secret") },
  // The SDK's own: it cannot make an endpoint of what it was given.
  { name: "EndpointError", message: null, refusal: misconfigured("settings") },
];

const TRIGGERS: readonly RefusalRow<Denied>[] = [{ name: "UserLambdaValidationException", message: null, refusal: { kind: "denied" } }];

const OUTAGES: readonly RefusalRow<Unavailable>[] = [
  { name: "UnexpectedLambdaException", message: null, refusal: unavailable("cognito_unavailable", false) },
  { name: "TooManyRequestsException", message: null, refusal: unavailable("cognito_throttled", false) },
  { name: "LimitExceededException", message: null, refusal: unavailable("cognito_throttled", false) },
  { name: "ThrottlingException", message: null, refusal: unavailable("cognito_throttled", false) },
  { name: "ForbiddenException", message: null, refusal: unavailable("cognito_blocked", false) },
  { name: "InternalErrorException", message: null, refusal: unavailable("cognito_unavailable", true) },
];

/** RFC 6749 5.2: the token endpoint's errors, which stand for a mistake in the request except for one. */
const CODE_MISTAKES = ["invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"];

/** The tables, by what the call was made with. */
export const REFUSALS: { readonly [Of in keyof RefusalOf]: readonly RefusalRow<RefusalOf[Of]>[] } = {
  session: [...SESSION_VERDICTS, ...MISTAKES, ...TRIGGERS, ...SESSION_DOUBTS, ...OUTAGES],
  code: [
    { name: "invalid_grant", message: null, refusal: { kind: "code_rejected" } },
    ...CODE_MISTAKES.map((name) => ({ name, message: null, refusal: misconfigured(name) })),
  ],
};

/** The address that was called is wrong. */
const WRONG_ADDRESS: { readonly [Of in keyof RefusalOf]: Misconfigured } = {
  session: misconfigured("settings"),
  code: misconfigured("the address of the token endpoint is wrong"),
};

/** A connection that never came about: Cognito cannot have acted. */
const NEVER_SENT: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/**
 * What only a wrong address brings: no URL, a port that speaks no TLS, somebody else's certificate. A name that is not found and a certificate
 * that has run out may be Cognito's or the resolver's trouble.
 */
const BROKEN_ENDPOINT: ReadonlySet<string> = new Set([
  ...[
    "ERR_INVALID_URL",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_SSL_PACKET_LENGTH_TOO_LONG",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_PROXY_REFUSED",
  ],
  ...["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
]);

interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly throttling: boolean;
}

const NO_FIELDS: ErrorFields = { name: "", message: "", code: "", throttling: false };

function fieldsOf(error: unknown): ErrorFields {
  if (typeof error !== "object" || error === null) return NO_FIELDS;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  try {
    const { name, message, code, $metadata } = error as {
      name?: unknown;
      message?: unknown;
      code?: unknown;
      $metadata?: { httpStatusCode?: unknown };
    };
    return { name: text(name), message: text(message), code: text(code), throttling: $metadata?.httpStatusCode === 429 };
  } catch {
    // A getter that throws: whatever it is, it is not Cognito's verdict.
    return NO_FIELDS;
  }
}

/** Cognito's texts come with and without a period at the end, and not always in one spelling. */
function normalise(message: string): string {
  return withoutEnd(message.trim(), ".").trim().toLowerCase();
}

/** Whether an error says that the address that was called is wrong, whoever wrote it down. */
export function isBrokenEndpoint(error: unknown): boolean {
  return BROKEN_ENDPOINT.has(fieldsOf(error).code);
}

/** What a name and a text mean; null where no row of the table fits. */
export function refusalNamed<Of extends keyof RefusalOf>(of: Of, name: string, message: string): RefusalOf[Of] | null {
  const text = normalise(message);
  const row = REFUSALS[of].find((candidate) => candidate.name === name && (candidate.message === null || candidate.message.test(text)));
  return row ? row.refusal : null;
}

/** Judges what a call to Cognito threw: Cognito's own exceptions by their table, everything else as an outage. Never throws. */
export function judgeRefusal<Of extends keyof RefusalOf>(of: Of, error: unknown): RefusalOf[Of] | Misconfigured | Unavailable {
  const { name, message, code, throttling } = fieldsOf(error);
  const named = refusalNamed(of, name, message);
  if (named) return named;
  if (isBrokenEndpoint(error)) return WRONG_ADDRESS[of];
  // A load balancer's or edge's 429 without an exception name is still throttling.
  if (throttling) return unavailable("cognito_throttled", false);
  return unavailable("cognito_unavailable", !NEVER_SENT.has(code));
}
