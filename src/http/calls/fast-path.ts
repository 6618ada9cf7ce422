import type { IncomingMessage, ServerResponse } from "node:http";
import type { Config } from "../../config/config.js";
import { liesUnder } from "../../config/kinds/prefix.js";
import type { Log } from "../../model/log.js";
import type { Session } from "../../model/session.js";
import type { Forwarder, ForwardOutcome } from "../../proxy/forward.js";
import { parseTarget } from "../../proxy/routes/path.js";
import type { RouteTable } from "../../proxy/routes/route-table.js";
import type { StricterSiblings } from "../../proxy/routes/stricter-siblings.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import { tellFinished } from "../../telemetry/finished-request.js";
import { messageFault } from "../connection/bad-message.js";
import type { UnreadBodies } from "../connection/unread-bodies.js";
import { type CrossSiteSettings, judgeCall, judgeStaticHeader } from "../gate/cross-site.js";
import type { SessionGate } from "../gate/session-gate.js";
import { isNavigation } from "../problem/navigation.js";
import { requestIdOf } from "../problem/request-id.js";
import type { Visit } from "../problem/request-state.js";
import { ApiCall, type ApiCallOptions, commonOf } from "./api-call.js";
import { leaveBody } from "./hand-on.js";
import { handOver } from "./handover.js";
import type { OpenCalls } from "./open-calls.js";
import { tellFailure, upstreamFailure } from "./upstream-failure.js";

export interface FastPathOptions extends ApiCallOptions {
  readonly config: CrossSiteSettings & Pick<Config, "authPrefix" | "publicHealthPath" | "publicUrl">;
  readonly routes: RouteTable;
  readonly stricterSiblings: StricterSiblings;
  readonly gate: Pick<SessionGate, "open" | "ready" | "cookiesFor">;
  readonly lifecycle: Pick<SessionLifecycle, "touch">;
  readonly forwarder: Forwarder;
  readonly unread: UnreadBodies;
  readonly open: OpenCalls;
  readonly log: Log;
  /** Whether the log has a line for every request. */
  readonly logsRequests: boolean;
  /** The caller's address, or the trusted chain of them. */
  readonly forwardedFor: (request: IncomingMessage) => string;
  /** Whether a request came behind the last answer of its connection. */
  readonly isTooLate: (request: IncomingMessage) => boolean;
  /** Fastify's own way: hooks, routes, and the answers to whatever is refused. */
  readonly longWay: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Takes a request from Node's server; false, and nothing done, where it is not an ordinary call. */
export type FastPath = (request: IncomingMessage, response: ServerResponse) => boolean;

/** TRACE is refused, CONNECT has no target, and other methods are rare. */
const ORDINARY_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * The way of an ordinary call, from Node's request to the API, read from top to bottom: a fetch of the app's own whose session needs nothing done.
 * There is no promise in it, no hook, and one object a call. It answers nothing itself: whatever is doubtful, has to wait or is to be refused goes
 * the long way (call-handler.ts), where the same rules are asked again. docs/decisions/016 has the figures.
 */
export function createFastPath(options: FastPathOptions): FastPath {
  const { clock, config, forwarder, forwardedFor, gate, isTooLate, lifecycle, open, routes, stricterSiblings } = options;
  const common = commonOf(options);
  const finish = createFinish(options);

  return (request, response) => {
    const startedAtMs = clock.monotonicMs();
    const { headers, method = "", url = "" } = request;

    // The message: whole, in its turn, without anything that somebody has to look at first.
    if (response.socket === null || isTooLate(request) || messageFault(request) !== null) return false;
    if (headers.upgrade !== undefined || headers.expect !== undefined || !ORDINARY_METHODS.has(method)) return false;

    // The target: spelled so that Fastify's router could only read it as our table does.
    const target = parseTarget(url);
    if (target.kind === "refused" || !url.startsWith(target.path) || target.path.includes("%")) return false;
    if (liesUnder(target.path, config.authPrefix) || target.path === config.publicHealthPath) return false;
    const match = routes.match(target.path);
    if (match === null || stricterSiblings.guard(match.route, match.upstreamPath)) return false;
    const { route } = match;

    // Who sent it: our own page's script. Navigations may be led elsewhere, or see a page for a problem.
    if (isNavigation(method, headers)) return false;
    if (judgeCall(request, config) !== "passes" || judgeStaticHeader(request, config, route) !== "passes") return false;

    // The session: known to this process, alive, and with a token that lives on.
    let visit: Visit | null = null;
    let session: Session | null = null;
    let bearer: string | null = null;
    if (route.session !== "none") {
      const opened = gate.open(headers.cookie);
      session = opened instanceof Promise ? null : gate.ready(opened);
      if (opened instanceof Promise || session === null || (route.token !== "none" && !session.tokens[route.token])) {
        handOver(request, { opened, failed: null });
        return false;
      }
      visit = opened;
      lifecycle.touch(session);
      if (route.token !== "none") bearer = session.tokens[route.token]?.jwt.reveal() ?? null;
    }

    const upstreamTarget = match.upstreamPath + target.query;
    const call = new ApiCall(common, { match, upstreamTarget }, request, response, {
      visit,
      session,
      bearer,
      forwardedFor: forwardedFor(request),
    });
    // What the long way refuses besides cannot be here: nobody has read the body, and an ended session is never ready.
    open.calls += 1;
    open.handOn(request);
    forwarder.forward(call, (outcome) => finish(call, outcome, startedAtMs));
    return true;
  };
}

/** What is done when a call is over: counted and told of, and answered the long way where no API answers. */
function createFinish(options: FastPathOptions): (call: ApiCall, outcome: ForwardOutcome, startedAtMs: number) => void {
  const { clock, logsRequests, longWay, open, tell, unread } = options;

  return (call, outcome, startedAtMs) => {
    const { request, response, route } = call;
    open.calls -= 1;
    leaveBody(outcome, call, unread);
    if (outcome.kind !== "answered") {
      const failure = upstreamFailure(outcome);
      tellFailure(outcome, failure, route.prefix, logOf(request), tell);
      if (failure !== null) {
        handOver(request, { opened: call.visit, failed: { failure, startedAtMs } });
        longWay(request, response);
        return;
      }
    }
    const status = response.headersSent ? response.statusCode : null;
    const seconds = (clock.monotonicMs() - startedAtMs) / 1000;
    const { method = "", rawHeaders } = request;
    tellFinished(tell, logsRequests ? logOf(request) : null, { method, route: route.prefix, status, seconds, rawHeaders });
  };

  /** As Fastify's own for a request: under the name that answers and traces have for it. */
  function logOf(request: IncomingMessage): Pick<Log, "debug" | "warn"> {
    const fields = { request_id: requestIdOf(request.headers) };
    return {
      debug: (more, message) => options.log.debug({ ...fields, ...more }, message),
      warn: (more, message) => options.log.warn({ ...fields, ...more }, message),
    };
  }
}
