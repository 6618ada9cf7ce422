import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { describeError } from "../../model/log.js";
import { sessionPseudonym } from "../../model/session.js";
import type { Tell } from "../../telemetry/events.js";
import { PROBLEM_HEADER } from "../../wire/headers.js";
import { AUTH_PATHS } from "../../wire/paths.js";
import { REASONS, type Reason } from "../../wire/reasons.js";
import type { ProblemDocument } from "../../wire/shapes.js";
import { CAUSE_WORDS } from "../../wire/words.js";
import { wordsFor } from "./explanations.js";
import { pageHeaders } from "./html.js";
import { isNavigation } from "./navigation.js";
import { type Problem, ProblemError } from "./problem.js";
import { problemPage } from "./problem-page.js";
import { requestIdOf } from "./request-id.js";
import { keepProblem, visitIn } from "./request-state.js";
import { transportSecurity } from "./transport-security.js";

/** Where problems are explained and where people sign in. */
export interface ProblemSettings {
  readonly publicUrl: string;
  readonly authPrefix: string;
  readonly hstsMaxAgeMs: number | null;
}

/** RFC 9457 details of a problem. */
export function problemDocument(problem: Problem, requestId: string, settings: ProblemSettings): ProblemDocument {
  const { status, slug, title } = REASONS[problem.reason];
  return {
    type: `${settings.publicUrl}${settings.authPrefix}${AUTH_PATHS.problems}/${slug}`,
    title,
    status,
    reason: problem.reason,
    ...(problem.cause ? { cause: problem.cause } : {}),
    detail: problem.detail ?? (problem.cause ? CAUSE_WORDS[problem.cause] : wordsFor(problem)),
    request_id: requestId,
    ...(status === 401 || problem.reason === "sign_in_failed" || problem.signInHelps
      ? { login_url: `${settings.authPrefix}${AUTH_PATHS.login}` }
      : {}),
  };
}

/** The headers every problem carries, whoever writes it. */
export function problemHeaders(problem: Problem): Record<string, string> {
  const { status } = REASONS[problem.reason];
  return {
    [PROBLEM_HEADER]: problem.reason,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // RFC 9110 15.5.2: a 401 names a scheme. There is none a browser should act on.
    ...(status === 401 ? { "www-authenticate": "Session" } : {}),
    ...(problem.retryAfterSeconds === undefined ? {} : { "retry-after": String(problem.retryAfterSeconds) }),
    ...(problem.allow === undefined ? {} : { allow: problem.allow }),
  };
}

/** Fastify's own errors, as problems. */
const FRAMEWORK_PROBLEMS: Readonly<Record<string, Reason>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "payload_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "bad_request",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "bad_request",
  FST_ERR_CTP_EMPTY_JSON_BODY: "bad_request",
  FST_ERR_CTP_INVALID_JSON_BODY: "bad_request",
  FST_ERR_BAD_URL: "bad_request",
  FST_ERR_NOT_FOUND: "not_found",
};

function toProblem(error: FastifyError | ProblemError | Error): Problem {
  if (error instanceof ProblemError) return error.problem;
  const { code, statusCode } = error as Partial<FastifyError>;
  const reason = code === undefined ? undefined : FRAMEWORK_PROBLEMS[code];
  if (reason) return { reason };
  // @fastify/rate-limit's; it has set Retry-After.
  if (statusCode === 429) return { reason: "rate_limited" };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return { reason: "bad_request" };
  return { reason: "internal" };
}

interface ProblemLine {
  readonly level: "debug" | "info" | "warn";
  /** Of OWASP's logging vocabulary. */
  readonly event?: string;
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

/** Under which name the log knows the session that the request came with. */
function sessionOf(request: FastifyRequest): string | undefined {
  const reading = visitIn(request)?.reading;
  if (reading?.kind === "session") return sessionPseudonym(reading.session.id);
  return reading?.kind === "ended" ? sessionPseudonym(reading.id) : undefined;
}

/** The line of a problem. The log, or `fields`, is to hold the `request_id` that the answer names. */
export function logProblem(log: FastifyBaseLogger, problem: Problem, fields: object): void {
  const { level, event } = PROBLEM_LINES[problem.reason];
  log[level]({ event, reason: problem.reason, cause: problem.cause, ...fields }, REASONS[problem.reason].title);
}

/** Answers with a problem: a document for fetch, a page with the same reason for a navigation. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem, settings: ProblemSettings): FastifyReply {
  const document = problemDocument(problem, request.id, settings);
  logProblem(request.log, problem, { session: sessionOf(request), method: request.method });
  keepProblem(request, problem.reason);
  reply.code(document.status).headers(problemHeaders(problem));
  if (isNavigation(request.method, request.headers))
    return reply.headers(pageHeaders()).send(problemPage(request, problem, document, settings));
  return reply.header("content-type", "application/problem+json; charset=utf-8").send(JSON.stringify(document));
}

/** Where it happened, without the message that heads a stack. */
function framesOf({ stack }: Error): string | undefined {
  return stack
    ?.split("\n")
    .filter((line) => /^ +at /.test(line))
    .join("\n");
}

/** Makes every error of a scope a problem document. */
export function answerErrorsAsProblems(app: FastifyInstance, settings: ProblemSettings): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error);
    if (problem.reason === "internal")
      request.log.error({ error: describeError(error), stack: framesOf(error) }, "a request failed unexpectedly");
    return sendProblem(request, reply, problem, settings);
  });
}

/** Is told of every problem that is answered past the routes: it has no other line in the log, and no other count. */
export type ReportProblem = (problem: Problem, requestId: string, method: string | undefined) => void;

export function reportTo(log: FastifyBaseLogger, tell: Tell): ReportProblem {
  return (problem, requestId, method) => {
    tell({ kind: "problem_answered", reason: problem.reason });
    logProblem(log, problem, { request_id: requestId, method });
  };
}

interface ProblemMessage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The last message of its connection. */
function problemMessage(
  problem: Problem,
  request: IncomingMessage | null,
  settings: ProblemSettings,
  report: ReportProblem,
): ProblemMessage {
  const requestId = requestIdOf(request?.headers ?? {});
  report(problem, requestId, request?.method);
  const document = problemDocument(problem, requestId, settings);
  const body = JSON.stringify(document);
  const secure = transportSecurity(settings);
  const headers = {
    ...problemHeaders(problem),
    ...(secure === null ? {} : { "strict-transport-security": secure }),
    "content-type": "application/problem+json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  // RFC 9110 9.3.2: the headers of what GET would have brought, and nothing of it.
  return { status: document.status, headers, body: request?.method === "HEAD" ? "" : body };
}

/**
 * A problem as a whole HTTP/1.1 message, for what never reaches a route, or never comes back from one.
 *
 * @param request null where the message was too broken to become one.
 */
export function rawProblem(problem: Problem, request: IncomingMessage | null, settings: ProblemSettings, report: ReportProblem): string {
  const { status, headers, body } = problemMessage(problem, request, settings, report);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Answers a request that is to reach no route. */
export function writeProblem(
  problem: Problem,
  request: IncomingMessage,
  response: ServerResponse,
  settings: ProblemSettings,
  report: ReportProblem,
): void {
  const { status, headers, body } = problemMessage(problem, request, settings, report);
  response.writeHead(status, headers).end(body);
}
