import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { describeError, type Log } from "../../model/log.js";
import { sessionPseudonym } from "../../model/session.js";
import type { Tell } from "../../telemetry/events.js";
import { PROBLEM_HEADER } from "../../wire/headers.js";
import { AUTH_PATHS, LOGIN_QUERY } from "../../wire/paths.js";
import { REASONS, type Reason } from "../../wire/reasons.js";
import type { ProblemDocument } from "../../wire/shapes.js";
import { CAUSES } from "./causes.js";
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

/** What problems are answered with. */
export interface ProblemOptions {
  readonly config: ProblemSettings;
  readonly tell: Tell;
}

/** What they are answered with past the routes, where no request has a log of its own. */
export interface RawProblemOptions extends ProblemOptions {
  readonly log: Log;
}

/** OpenID Connect Core 3.1.2.1. */
const ANEW = `?${LOGIN_QUERY.prompt}=login`;

/** RFC 9457 details of a problem. */
export function problemDocument(problem: Problem, requestId: string, settings: ProblemSettings): ProblemDocument {
  const { status, slug, title } = REASONS[problem.reason];
  return {
    type: `${settings.publicUrl}${settings.authPrefix}${AUTH_PATHS.problems}/${slug}`,
    title,
    status,
    reason: problem.reason,
    ...(problem.cause ? { cause: problem.cause } : {}),
    detail: problem.detail ?? (problem.cause ? CAUSES[problem.cause].detail : wordsFor(problem)),
    request_id: requestId,
    ...(status === 401 || problem.reason === "sign_in_failed" || problem.signInHelps
      ? { login_url: `${settings.authPrefix}${AUTH_PATHS.login}${problem.signInHelps === "anew" ? ANEW : ""}` }
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

/** Under which name the log knows the session that the request came with. */
function sessionOf(request: FastifyRequest): string | undefined {
  const reading = visitIn(request)?.reading;
  if (reading?.kind === "session") return sessionPseudonym(reading.session.id);
  return reading?.kind === "ended" ? sessionPseudonym(reading.id) : undefined;
}

/** What has had its answer past the routes, as a call that was refused at the end of draining while it waited: it is told of once. */
const answeredRaw = new WeakSet<IncomingMessage>();

/** Answers with a problem: a document for fetch, a page with the same reason for a navigation. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  { config, tell }: ProblemOptions,
): FastifyReply {
  const document = problemDocument(problem, request.id, config);
  const { reason, cause } = problem;
  // The request's own log names it.
  if (!answeredRaw.has(request.raw))
    tell({ kind: "problem_answered", reason, cause, method: request.method, session: sessionOf(request), log: request.log });
  keepProblem(request, reason);
  reply.code(document.status).headers(problemHeaders(problem));
  if (isNavigation(request.method, request.headers))
    return reply.headers(pageHeaders()).send(problemPage(request, problem, document, config));
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
export function answerErrorsAsProblems(app: FastifyInstance, options: ProblemOptions): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error);
    if (problem.reason === "internal")
      request.log.error({ error: describeError(error), stack: framesOf(error) }, "a request failed unexpectedly");
    return sendProblem(request, reply, problem, options);
  });
}

interface ProblemMessage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The last message of its connection. */
function problemMessage(problem: Problem, request: IncomingMessage | null, { config, tell, log }: RawProblemOptions): ProblemMessage {
  const requestId = requestIdOf(request?.headers ?? {});
  if (request) answeredRaw.add(request);
  const { reason, cause } = problem;
  tell({ kind: "problem_answered", reason, cause, method: request?.method, requestId, log });
  const document = problemDocument(problem, requestId, config);
  const body = JSON.stringify(document);
  const secure = transportSecurity(config);
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
export function rawProblem(problem: Problem, request: IncomingMessage | null, options: RawProblemOptions): string {
  const { status, headers, body } = problemMessage(problem, request, options);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Answers a request that is to reach no route. */
export function writeProblem(problem: Problem, request: IncomingMessage, response: ServerResponse, options: RawProblemOptions): void {
  const { status, headers, body } = problemMessage(problem, request, options);
  response.writeHead(status, headers).end(body);
}
