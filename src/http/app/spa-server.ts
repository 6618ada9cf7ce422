import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../../config/config.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { createTranslation, type Translation } from "../../proxy/headers/translation.js";
import { REQUEST_IDLE_TIMEOUT_MS } from "../../proxy/request-pace.js";
import { createStricterSiblings } from "../../proxy/routes/stricter-siblings.js";
import type { ApiCallOptions } from "../calls/api-call.js";
import { createHandOn, type Handed, type HandOnOptions, type Way } from "../calls/hand-on.js";
import { GUARDED } from "../calls/matched-call.js";
import { type CrossSiteSettings, judgeUpgrade, refuseCrossSite } from "../gate/cross-site.js";
import { ProblemError } from "../problem/problem.js";
import { contentSecurityPolicy } from "./spa-headers.js";

/** How long a development server may take for its first answer, which may compile the app. */
const ANSWER_TIMEOUT_MS = 120_000;

/** It has no sessions, and no span beside its request's. */
const NOBODYS: Way = { watchSocket: null, tracer: null };

type Everyones = Pick<ApiCallOptions, "cookies" | "isStripped" | "transportSecurity" | "expectations">;

export interface DevelopmentServerOptions extends HandOnOptions, Everyones {
  readonly config: CrossSiteSettings & Pick<Config, "authPrefix" | "proxyRoutes" | "spaCsp">;
}

/** SPA_URL: what is neither ours nor an API's goes to a development server, the WebSocket of its hot reloading included. */
export function passToDevelopmentServer(app: FastifyInstance, target: URL, options: DevelopmentServerOptions): void {
  const { config, cookies, expectations, isStripped, transportSecurity, upgrades } = options;
  const route: ProxyRoute = {
    prefix: "/",
    target,
    token: "none",
    session: "none",
    stripPrefix: false,
    proxy: false,
    rewrite: true,
    responseHeaderTimeoutMs: ANSWER_TIMEOUT_MS,
    bodyIdleTimeoutMs: null,
    requestIdleTimeoutMs: REQUEST_IDLE_TIMEOUT_MS,
    // Vite and webpack-dev-server serve hosts they know only, and they know their own.
    host: "target",
    csrf: "off",
    cache: "upstream",
  };
  // What compares Origin with Host, or with X-Forwarded-Host where there is one, finds its own name in all three: webpack-dev-server's sockets,
  // SvelteKit's forms, the server actions of Next.js. An Origin that is not ours stays for the server to judge.
  const origin = { ours: config.publicUrl, theirs: target.origin };
  const translation: Translation = { ...createTranslation(route, config), origin };
  // A framework's server may be the app's and the API's in one: then the app's way leads round no route.
  const siblings = createStricterSiblings([...config.proxyRoutes, route]);
  const proto = target.protocol === "https:" ? "https" : "http";
  const { protocol, host } = new URL(config.publicUrl);
  const policy = Object.entries(contentSecurityPolicy(config.spaCsp));
  const handOn = createHandOn(options);

  async function passOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!isHostOf(request.headers.host, host, protocol)) throw elsewhere(config.publicUrl);
    const { url = "/" } = request.raw;
    const [path = "/"] = url.split("?", 1);
    if (siblings.guard(route, path)) throw GUARDED;
    // No other site's page may listen in to what is being written.
    if (upgrades.isHandshake(request.raw)) refuseCrossSite(judgeUpgrade(request, config));
    for (const [name, value] of policy) reply.raw.setHeader(name, value);
    const exchange: Handed = {
      request: request.raw,
      response: reply.raw,
      route,
      upstreamTarget: url,
      bearer: null,
      forwarded: { for: request.ip, proto, host: target.host },
      translation,
      isOurCookie: cookies.names.isOurs,
      isStripped,
      transportSecurity,
      setCookies: () => [],
      onTakeBody: () => expectations.goOn(request.raw, reply.raw),
    };
    const { outcome, failure } = await handOn(exchange, NOBODYS, request, reply);
    if (failure === null) return;
    for (const [name] of policy) reply.raw.removeHeader(name);
    throw outcome.kind === "unreachable" ? down(target) : new ProblemError(failure.problem);
  }

  // Before Fastify would look at the body, which is streamed whatever its type says.
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) await passOn(request, reply);
  });
}

/**
 * Development servers look at Host, since a page of any site may have its name lead to 127.0.0.1 a minute later (DNS rebinding) and would then
 * read the app's sources as its own. They see the name they know, so it is looked at here.
 */
function isHostOf(named: string | undefined, host: string, protocol: string): boolean {
  const plain = named?.toLowerCase().replace(protocol === "https:" ? /:443$/ : /:80$/, "");
  return plain === host;
}

function elsewhere(publicUrl: string): ProblemError {
  return new ProblemError({ reason: "csrf", detail: `The app is at ${publicUrl} (PUBLIC_URL), and with SPA_URL under that name alone.` });
}

function down({ origin }: URL): ProblemError {
  const detail = `Nothing answers at ${origin}, where SPA_URL says the app's development server is. Start it there, as with: npm run dev`;
  return new ProblemError({ reason: "upstream_unreachable", detail });
}
