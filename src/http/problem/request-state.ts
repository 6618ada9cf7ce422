import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ParsedTarget, parseTarget } from "../../proxy/routes/path.js";
import type { PresentedCookies } from "../../store/cookies.js";
import type { Reading } from "../../store/ticket-codec.js";
import type { Reason } from "../../wire/reasons.js";

/** What the browser is to have in place of the session it came with. */
export type Replacement =
  | { readonly kind: "session"; readonly sealed: string }
  /** It forgets its ticket. */
  | { readonly kind: "nothing" };

/** One request's look at its session. */
export interface Visit {
  readonly presented: PresentedCookies;
  readonly reading: Reading;
  /** Monotonic milliseconds. */
  readonly openedAtMs: number;
  /** Null unless a sign-in or a sign-out of this request decided it. */
  replacement: Replacement | null;
}

declare module "fastify" {
  interface FastifyRequest {
    // For this file alone.
    bffVisit: Visit | null;
    bffFinished: ((status: number) => void) | null;
    bffProblem: Reason | null;
  }
}

/** What is kept with each request of a scope and those below it. */
export function declareRequestState(app: FastifyInstance): void {
  app.decorateRequest("bffVisit", null);
  app.decorateRequest("bffFinished", null);
  app.decorateRequest("bffProblem", null);
}

export function keepVisit(request: FastifyRequest, visit: Visit | null): void {
  request.bffVisit = visit;
}

/** Null where nobody has looked for a session, or where it is an app's own route beside ours. */
export function visitIn(request: FastifyRequest): Visit | null {
  return request.bffVisit ?? null;
}

/** The visit of a request in a scope that opens one. */
export function visitOf(request: FastifyRequest): Visit {
  const visit = visitIn(request);
  if (!visit) throw new Error("this scope opens no session");
  return visit;
}

export function keepProblem(request: FastifyRequest, reason: Reason): void {
  request.bffProblem = reason;
}

export function problemOf(request: FastifyRequest): Reason | null {
  return request.bffProblem ?? null;
}

/** @param finished Is told when a request is over although its response never closes: a handshake that became a tunnel. */
export function onFinished(request: FastifyRequest, finished: (status: number) => void): void {
  request.bffFinished = finished;
}

export function finish(request: FastifyRequest, status: number): void {
  request.bffFinished?.(status);
}

const targets = new WeakMap<IncomingMessage, { readonly url: string; readonly target: ParsedTarget }>();

/** The target of a request, parsed once for each spelling: `rewriteUrl`, ours or that of an app with us in it, may put another in place. */
export function targetOf(request: IncomingMessage): ParsedTarget {
  const { url = "" } = request;
  const known = targets.get(request);
  if (known?.url === url) return known.target;
  const target = parseTarget(url);
  targets.set(request, { url, target });
  return target;
}

/**
 * For `rewriteUrl`: the target as it was parsed, so that exactly the string that is matched is forwarded. The router answers what it stumbles over
 * by itself, past the hooks that log and count: of a target that is refused it gets what leads to its route.
 */
export function routableUrl(request: IncomingMessage): string {
  const target = targetOf(request);
  const { url: came = "" } = request;
  const url = target.kind === "target" ? `${target.path}${target.query}` : refusedUrl(came);
  if (url !== came) targets.set(request, { url, target });
  return url;
}

/** Its last segment is refused as well, should anybody parse it again. */
const DOT = "/.";

/** A refused target itself where the router can read it; otherwise what stands before its first escape, and nothing of an absolute one. */
function refusedUrl(came: string): string {
  if (!came.startsWith("/")) return DOT;
  const [path = ""] = came.split("?", 1);
  try {
    decodeURIComponent(path);
    return came;
  } catch {
    return `${path.slice(0, path.indexOf("%"))}${DOT}`;
  }
}
