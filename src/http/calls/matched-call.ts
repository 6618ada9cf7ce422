import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { REQUEST_IDLE_TIMEOUT_MS } from "../../proxy/request-pace.js";
import type { RouteMatch, RouteTable } from "../../proxy/routes/route-table.js";
import { ProblemError } from "../problem/problem.js";
import { targetOf } from "../problem/request-state.js";

/** A call on its way to an API. */
export interface ProxiedCall {
  readonly match: RouteMatch;
  readonly upstreamTarget: string;
}

/** The route a request belongs to; null when none has its path. Throws the problem of a target that no route may see. */
export function matchCall(request: IncomingMessage, routes: RouteTable): ProxiedCall | null {
  const target = targetOf(request);
  if (target.kind === "refused")
    throw new ProblemError({ reason: "bad_request", detail: `The request target is not acceptable: ${target.why}.` });
  const match = routes.match(target.path);
  return match && { match, upstreamTarget: `${match.upstreamPath}${target.query}` };
}

/** The `requestIdleTimeout` of the route that has a request's path; the default one where none has. */
export function requestIdleLimits(routes: RouteTable): (request: FastifyRequest) => number | null {
  return ({ raw }) => {
    const target = targetOf(raw);
    const match = target.kind === "target" ? routes.match(target.path) : null;
    return match ? match.route.requestIdleTimeoutMs : REQUEST_IDLE_TIMEOUT_MS;
  };
}

/** What is told of another spelling of a path that a stricter route guards. */
export const GUARDED = new ProblemError({
  reason: "bad_request",
  detail: "Some servers would read this path as one that another route guards.",
});

/** RFC 6455 4.1: a handshake is a GET, and bytes of a body would be taken for frames. */
export function refuseBadHandshake({ method, headers }: FastifyRequest): void {
  if (method !== "GET") throw new ProblemError({ reason: "bad_request", detail: "A WebSocket handshake is a GET." });
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0) {
    throw new ProblemError({ reason: "bad_request", detail: "A WebSocket handshake has no body." });
  }
}
