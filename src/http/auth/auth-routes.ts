import { PassThrough } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../../model/clock.js";
import { bodyFraming } from "../../proxy/request-body.js";
import { REQUEST_IDLE_TIMEOUT_MS, RequestPace } from "../../proxy/request-pace.js";
import type { Tell } from "../../telemetry/events.js";
import { REASONS, type Reason } from "../../wire/reasons.js";
import { REASON_WORDS } from "../../wire/words.js";
import { BODY_STALLED } from "../calls/upstream-failure.js";
import type { Expectations } from "../connection/expectations.js";
import { refuseReadBody } from "../connection/read-body.js";
import type { UnreadBodies } from "../connection/unread-bodies.js";
import { type CrossSiteSettings, judgeCall, judgeStaticHeader, refuseCrossSite } from "../gate/cross-site.js";
import type { HammerGuard } from "../gate/hammering.js";
import { addRateLimits } from "../gate/rate-limits.js";
import type { SessionGate } from "../gate/session-gate.js";
import { OPERATOR_WORDS } from "../problem/explanations.js";
import { escapeHtml, pageHeaders, renderPage } from "../problem/html.js";
import { ProblemError } from "../problem/problem.js";
import { type ProblemSettings, sendProblem } from "../problem/problem-details.js";
import { addScope } from "../problem/scope.js";
import { AUTH_ROUTES, authRouteOf } from "./auth-route-table.js";
import { type LoginRoutesOptions, loginRoutes } from "./login-routes.js";
import { type ResumeRouteOptions, resumeRoute } from "./resume.js";
import { type SessionRoutesOptions, sessionRoutes } from "./session.js";

const LONGEST_BODY_BYTES = 16 * 1024;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether a client may go on asking with a session that has ended. */
    mayHammer?: boolean;
  }
}

type SessionScopeOptions = ResumeRouteOptions &
  SessionRoutesOptions & {
    readonly config: CrossSiteSettings;
    readonly gate: SessionGate;
    readonly hammerGuard: HammerGuard;
  };

interface SmallBodiesOptions {
  readonly clock: Clock;
  readonly expectations: Expectations;
  readonly tell: Tell;
  readonly unread: UnreadBodies;
}

export type AuthRoutesOptions = LoginRoutesOptions & SessionScopeOptions & SmallBodiesOptions;

/** Everything below AUTH_PREFIX. */
export function authRoutes(app: FastifyInstance, options: AuthRoutesOptions): void {
  app.addHook("onSend", async (_request, reply) => {
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
  acceptSmallBodies(app, options);
  addRateLimits(app);
  // A scope of its own, since the limits count only routes that are added once their plugin has loaded.
  addScope(app, (scope) => loginRoutes(scope, options));
  problemRoutes(app);
  addScope(app, (scope) => sessionScope(scope, options));
  refuseTheRest(app, options.config);
}

/** The routes that look at the session: cross-site checks before anything else. */
function sessionScope(app: FastifyInstance, options: SessionScopeOptions): void {
  const { config, gate, hammerGuard } = options;
  app.addHook("onRequest", async (request) => {
    refuseCrossSite(judgeCall(request, config), judgeStaticHeader(request, config, null));
    const visit = await gate.open(request.headers.cookie);
    request.bffVisit = visit;
    if (!request.routeOptions.config.mayHammer) hammerGuard.check(request, visit);
  });
  resumeRoute(app, options);
  sessionRoutes(app, options);
}

/** Sign-out takes a form or JSON; a body of any other type says nothing to it and must not keep anybody from signing out. */
function acceptSmallBodies(app: FastifyInstance, { clock, expectations, tell, unread }: SmallBodiesOptions): void {
  app.addHook("preParsing", async ({ raw }, reply) => {
    refuseReadBody(raw, tell);
    if (raw.complete !== false || bodyFraming(raw) === null) return undefined;
    // Fastify would say so, too, but of a body that has been asked for.
    if (Number(raw.headers["content-length"]) > LONGEST_BODY_BYTES) throw new ProblemError({ reason: "payload_too_large" });
    expectations.goOn(raw, reply.raw);
    // Its parser gets a stream of its own, that can end without the connection: a body that trickles in is answered.
    const body = new PassThrough();
    const pace = new RequestPace(clock, REQUEST_IDLE_TIMEOUT_MS, () => {
      unread.giveUp(raw);
      body.destroy(new ProblemError(BODY_STALLED));
    });
    raw.on("data", (chunk: Buffer) => pace.heard(chunk.length)).pipe(body);
    raw.once("end", () => pace.rest()).once("close", () => pace.rest());
    pace.wait();
    return body;
  });
  const parse = (text: string, read: (text: string) => unknown): unknown => {
    try {
      return read(text);
    } catch {
      throw new ProblemError({ reason: "bad_request", detail: "The body is not what its Content-Type says." });
    }
  };
  const options = { parseAs: "string", bodyLimit: LONGEST_BODY_BYTES } as const;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", options, async (_request: FastifyRequest, text: string) =>
    text === "" ? null : parse(text, JSON.parse),
  );
  app.addContentTypeParser("application/x-www-form-urlencoded", options, async (_request: FastifyRequest, text: string) =>
    Object.fromEntries(new URLSearchParams(text)),
  );
  app.addContentTypeParser("*", options, async () => null);
}

/** `/auth/problems/NAME`, which a problem's `type` points to: by slug, or by reason. */
function problemRoutes(app: FastifyInstance): void {
  app.get(AUTH_ROUTES.problem.path, async (request, reply) => {
    const { name } = request.params as { name: string };
    const found = Object.entries(REASONS).find(([reason, { slug }]) => slug === name || reason === name);
    if (!found) throw new ProblemError({ reason: "not_found" });
    const [reason, { status, title }] = found;
    const { person, signingIn } = REASON_WORDS[reason as Reason];
    // Whoever reads this may be signed in or not.
    const body = `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(signingIn ?? person)}</p>
<h2>For those who run it</h2><p class="soft">${withCode(OPERATOR_WORDS[reason as Reason])}</p>
<div class="actions"><a class="button" href="/">To the start page</a></div>
<dl><dt>reason</dt><dd>${escapeHtml(reason)}</dd><dt>status</dt><dd>${status}</dd></dl>`;
    return reply.headers(pageHeaders()).send(renderPage({ title, body }));
  });
}

/** Text with its `names` set as code. */
function withCode(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

/** Nothing of the app is served below our prefix, and our own paths take no other methods than theirs. */
function refuseTheRest(app: FastifyInstance, settings: ProblemSettings): void {
  const refuse = async (request: FastifyRequest, reply: FastifyReply) => {
    const [path = ""] = request.url.slice(app.prefix.length).split("?", 1);
    const route = authRouteOf(path);
    return sendProblem(
      request,
      reply,
      route === null ? { reason: "not_found" } : { reason: "method_not_allowed", allow: route.allow },
      settings,
    );
  };
  // Before Fastify looks at a body. It wants a handler, too, which nothing gets to.
  for (const url of ["/", "/*"]) app.route({ method: app.supportedMethods, url, onRequest: refuse, handler: refuse });
}
