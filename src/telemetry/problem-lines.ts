import type { LogEvent } from "../model/log.js";
import { REASONS, type Reason } from "../wire/reasons.js";
import type { BffEvent } from "./events.js";

interface ProblemLine {
  readonly level: "debug" | "info" | "warn";
  /** Of OWASP's logging vocabulary. */
  readonly event?: LogEvent;
}

/**
 * How each problem is logged, so that a `request_id` somebody reports can be found. What every crawler can cause is for debugging. Nothing here is
 * more than news: in an outage every call is answered so, and what lies behind it has had its own warning or alert, once.
 */
const PROBLEM_LINES: Readonly<Record<Reason, ProblemLine>> = {
  anonymous: { level: "debug" },
  expired: { level: "info", event: "session_use_after_expire" },
  signed_out: { level: "info", event: "session_use_after_expire" },
  invalid: { level: "info" },
  sign_in_failed: { level: "info", event: "authn_login_fail" },
  bad_request: { level: "info", event: "input_validation_fail" },
  not_found: { level: "debug" },
  method_not_allowed: { level: "debug" },
  payload_too_large: { level: "info", event: "input_validation_fail" },
  headers_too_large: { level: "info", event: "input_validation_fail" },
  csrf: { level: "info", event: "authz_fail" },
  denied: { level: "info", event: "authz_fail" },
  rate_limited: { level: "warn", event: "excess_rate_limit_exceeded" },
  misconfigured: { level: "info" },
  session_too_large: { level: "info" },
  internal: { level: "info" },
  upstream_unreachable: { level: "debug" },
  upstream_busy: { level: "debug" },
  upstream_timeout: { level: "debug" },
  cognito_unavailable: { level: "info" },
  cognito_throttled: { level: "info" },
  cognito_blocked: { level: "info" },
  store_unavailable: { level: "warn" },
};

export function writeProblemLine({
  reason,
  cause,
  method,
  session,
  requestId,
  log,
}: Extract<BffEvent, { kind: "problem_answered" }>): void {
  const { level, event } = PROBLEM_LINES[reason];
  // Not in the way of the request's own, which the log may have bound.
  const named = requestId === undefined ? {} : { request_id: requestId };
  log[level]({ event, reason, cause, session, ...named, method }, REASONS[reason].title);
}
