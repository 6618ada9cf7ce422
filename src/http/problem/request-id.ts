import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest } from "fastify";

/** W3C Trace Context, 3.2: version, trace id, parent id, flags; all zeros means no trace. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
/** Elastic Load Balancing, "Request tracing for your Application Load Balancer": `Root=1-67891233-abcdef012345678912345678`. */
const AMAZON_ROOT = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/i;

/**
 * What a request is called in logs and in the `request_id` of a problem: the trace it belongs to where something in front of us began one,
 * so that one search finds it everywhere, and a new id otherwise. Anything that is not exactly such an id is ignored.
 */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const { traceparent, "x-amzn-trace-id": amazon } = headers;
  const trace = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  const root = typeof amazon === "string" ? AMAZON_ROOT.exec(amazon)?.[1] : undefined;
  return trace ?? root ?? randomUUID();
}

const named = new WeakSet<FastifyRequest>();

/**
 * Calls a request of an embedding app so, in its problem and in what the log says of it from here on. Fastify's own name (`req-1`) begins anew with
 * each process; the log has both.
 */
export function nameRequest(request: FastifyRequest): void {
  // An app may ask for the session in two hooks of one request.
  if (named.has(request)) return;
  named.add(request);
  request.id = requestIdOf(request.headers);
  request.log = request.log.child({ request_id: request.id });
}
