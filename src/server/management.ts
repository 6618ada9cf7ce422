import { isIP } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { refuseBadMessage } from "../http/connection/bad-message.js";
import { answerBrokenHttp, NO_ANSWER_OF_FASTIFY } from "../http/connection/broken-http.js";
import type { UnreadBodies } from "../http/connection/unread-bodies.js";
import { createBearerCheck } from "../http/management/bearer.js";
import { sessionRoutes } from "../http/management/session-routes.js";
import { ProblemError } from "../http/problem/problem.js";
import { answerErrorsAsProblems, type ProblemSettings, type RawProblemOptions, sendProblem } from "../http/problem/problem-details.js";
import { addScope } from "../http/problem/scope.js";
import type { Clock } from "../model/clock.js";
import { type Log, silentLog } from "../model/log.js";
import { isLoopback } from "../model/loopback.js";
import type { Secret } from "../model/secret.js";
import { REQUEST_IDLE_TIMEOUT_MS } from "../proxy/request-pace.js";
import type { Operator } from "../session/operator.js";
import type { SessionCounts } from "../session/session-summary.js";
import { type Metrics, processMetrics } from "../telemetry/metrics.js";

export interface ManagementSettings extends ProblemSettings {
  readonly managementHost: string;
  /** Null: no session routes. */
  readonly managementToken: Secret | null;
}

export interface ManagementOptions {
  readonly clock: Clock;
  readonly unread: UnreadBodies;
  readonly log: Log;
  /** Null where sessions live in cookies. */
  readonly operator: Operator | null;
  readonly counts: Pick<SessionCounts, "summary">;
  readonly keyFingerprints: readonly string[];
}

/** Why a process is not to be sent calls. */
export type NotReady = "starting" | "waiting_for_clock" | "waiting_for_store" | "store_unavailable" | "stopping";

/**
 * The operator's side: probes on an address of its own. Cognito being down does not fail them: restarting the proxy would not help, and its
 * sessions go on being served.
 */
export function createManagementServer(
  { managementHost, managementToken, ...urls }: ManagementSettings,
  metrics: Metrics,
  { clock, unread, log, operator, counts, keyFingerprints }: ManagementOptions,
  whyNotReady: () => NotReady | null,
): FastifyInstance {
  const onLoopback = isLoopback(managementHost);
  metrics.watchReady(() => whyNotReady() === null);
  // It speaks plain HTTP, and what is counted and logged are calls of the public side.
  const problems: RawProblemOptions = { config: { ...urls, hstsMaxAgeMs: null }, tell: () => {}, log: silentLog };
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    http: { requireHostHeader: false },
    frameworkErrors: (_error, request, reply) => void sendProblem(request, reply, { reason: "bad_request" }, problems),
    ...NO_ANSWER_OF_FASTIFY,
  });
  answerBrokenHttp(app.server, { ...problems, clock, unread });
  answerErrorsAsProblems(app, problems);
  app.addHook("onRequest", async (request, reply) => refuseBadMessage(request, reply));
  unread.closeBehind(app, () => REQUEST_IDLE_TIMEOUT_MS);
  app.addHook("onRequest", async (request) => {
    // A browser has no business here, and a page that guesses the port must learn nothing.
    if (request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined) throw new ProblemError({ reason: "csrf" });
    // DNS rebinding: to a page that gave its own name this machine's address, this is its own origin, and it sends neither header.
    if (onLoopback && !isOwnName(request.headers.host)) throw new ProblemError({ reason: "csrf" });
  });
  app.addHook("onSend", async (_request, reply) => {
    reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, { reason: "not_found" }, problems));
  app.get("/livez", async () => ({ status: "live" }));
  app.get("/readyz", async (_request, reply) => {
    const reason = whyNotReady();
    const keys = { session_keys: keyFingerprints };
    return reason === null ? { status: "ready", ...keys } : reply.code(503).send({ status: "not ready", reason, ...keys });
  });
  app.get("/metrics", async (_request, reply) => {
    const [ours, ofProcess] = await Promise.all([metrics.registry.metrics(), processMetrics().metrics()]);
    return reply.type(metrics.registry.contentType).send(`${ours}\n${ofProcess}`);
  });
  if (managementToken !== null)
    addScope(app, (scope) => {
      scope.addHook("onRequest", createBearerCheck({ token: managementToken, clock, log }, problems));
      sessionRoutes(scope, operator, counts);
    });
  return app;
}

/** An address, or the one name that nobody can point elsewhere. */
function isOwnName(host: string | undefined): boolean {
  const name = (host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return name === "localhost" || isIP(name) !== 0;
}
