import type { FastifyRequest } from "fastify";
import type { CodeAnswer } from "../../cognito/answers.js";
import type { StartOutcome } from "../../session/session-start.js";
import type { Tell } from "../../telemetry/events.js";
import type { Problem } from "../problem/problem.js";

/** What a callback that started no session came to. */

const RETRY_SECONDS = 2;

const MISCONFIGURED: Problem = { reason: "misconfigured" };
const UNAVAILABLE: Problem = { reason: "cognito_unavailable", retryAfterSeconds: RETRY_SECONDS };
const LOGIN_REQUIRED: Problem = { reason: "sign_in_failed", cause: "login_required" };

/** An answer without a new sign-in, where one had been demanded. */
export const TOO_OLD: Problem = {
  ...LOGIN_REQUIRED,
  detail: "You had to sign in anew, and the sign-in service took an earlier sign-in for it. Sign in once more to go on.",
};

/**
 * The error codes of RFC 6749 4.1.2.1 and OpenID Connect Core 3.1.2.6. Cognito passes on with `server_error` and `invalid_request` what an
 * identity provider, an attribute mapping or a trigger refused; when Cognito itself is down, nobody is sent back at all.
 */
const OAUTH_PROBLEMS: ReadonlyMap<string, Problem> = new Map([
  ["access_denied", { reason: "sign_in_failed", cause: "access_denied" }],
  ["login_required", LOGIN_REQUIRED],
  ["interaction_required", LOGIN_REQUIRED],
  ["account_selection_required", LOGIN_REQUIRED],
  ["consent_required", LOGIN_REQUIRED],
  ["invalid_scope", MISCONFIGURED],
  ["unauthorized_client", MISCONFIGURED],
  ["unsupported_response_type", MISCONFIGURED],
  ["temporarily_unavailable", UNAVAILABLE],
]);

/** The `error_description` beside it is for the log alone: whoever can send a browser here can write it. */
export function oauthProblem(error: string): Problem {
  return OAUTH_PROBLEMS.get(error) ?? { reason: "sign_in_failed", cause: "idp_error" };
}

/** What the log may say of an error redirect: one short line each, without anybody's address or telephone number. */
export function describeOAuthError(error: string, description: string | undefined): { oauth_error: string; oauth_description?: string } {
  const line = description
    ?.slice(0, 300)
    .replace(/[^\x20-\x7e]+/g, " ")
    // RFC 5321 section 4.5.3.1.1: no name before the @ is longer. It may be quoted, and the @ escaped once more on its way through redirects.
    .replace(/(?:"[^"@]{1,64}"|[^\s"'<>()@]{1,64})(?:@|%(?:25){0,2}40)[^\s"'<>()]+/g, "…@…")
    // ITU-T E.164.
    .replace(/\+\d{6,15}/g, "+…")
    .replace(/eyJ[\w.-]+/g, "eyJ…");
  return { oauth_error: /^[a-z_]{1,40}$/.test(error) ? error : "other", ...(line ? { oauth_description: line } : {}) };
}

/** The token endpoint issued nothing. */
export function codeProblem(answer: Exclude<CodeAnswer, { kind: "issued" }>, tell: Tell): Problem {
  switch (answer.kind) {
    case "code_rejected":
      return { reason: "sign_in_failed", cause: "code_rejected" };
    case "unavailable":
      return { reason: answer.reason, retryAfterSeconds: RETRY_SECONDS };
    case "misconfigured":
      tell({ kind: "alert", alert: "misconfigured", details: { operation: "token", problem: answer.problem } });
      return MISCONFIGURED;
  }
}

/** Tokens were issued, and no session was started with them. */
export function startProblem(
  { log }: FastifyRequest,
  outcome: Exclude<StartOutcome, { kind: "started" | "too_old" }>,
  tell: Tell,
): Problem {
  switch (outcome.kind) {
    case "undecidable":
      log.warn({ why: outcome.why }, "a sign-in could not be verified: Cognito's keys cannot be had");
      return UNAVAILABLE;
    case "invalid":
      tell({ kind: "alert", alert: "misconfigured", details: { problem: "the tokens of a sign-in are not good", why: outcome.why } });
      return MISCONFIGURED;
    case "store_unavailable":
      return { reason: "store_unavailable", retryAfterSeconds: outcome.retryAfterSeconds };
    case "too_large":
      return { reason: "session_too_large" };
  }
}

/** Nothing was redeemed: there is nothing to verify its tokens with. */
export function keysProblem(keys: "unavailable" | "misconfigured", tell: Tell): Problem {
  if (keys === "unavailable") return UNAVAILABLE;
  tell({ kind: "alert", alert: "misconfigured", details: { operation: "keys", problem: "settings" } });
  return MISCONFIGURED;
}
