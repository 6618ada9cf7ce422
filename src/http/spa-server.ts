import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ProxyRoute } from "../config/config.js";
import type { Exchange } from "../proxy/forward.js";
import { judgeUpgrade, refuseCrossSite } from "./cross-site.js";
import { ProblemError } from "./problem.js";
import type { Services } from "./services.js";
import { contentSecurityPolicy } from "./spa-headers.js";

/** How long a development server may take for its first answer, which may compile the app. */
const ANSWER_TIMEOUT_MS = 120_000;

/** SPA_URL: what is neither ours nor an API's goes to a development server, the WebSocket of its hot reloading included. */
export function passToDevelopmentServer(app: FastifyInstance, target: URL, services: Services): void {
  const { config, cookies, forwarder, upgrades } = services;
  const route: ProxyRoute = {
    prefix: "/",
    target,
    token: "none",
    session: "none",
    stripPrefix: false,
    responseHeaderTimeoutMs: ANSWER_TIMEOUT_MS,
    bodyIdleTimeoutMs: null,
    // Vite and webpack-dev-server serve hosts they know only, and they know their own.
    host: "target",
    csrf: "off",
    cache: "upstream",
  };
  const { protocol, host } = new URL(config.publicUrl);
  const proto = protocol === "https:" ? "https" : "http";
  const policy = Object.entries(contentSecurityPolicy(config.spaCsp));

  async function handOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const exchange: Exchange = {
      request: request.raw,
      response: reply.raw,
      route,
      upstreamTarget: request.raw.url ?? "/",
      bearer: null,
      forwarded: { for: request.ip, proto, host },
      publicHost: host,
      isOurCookie: cookies.names.isOurs,
      setCookies: () => [],
    };
    const isHandshake = upgrades.isHandshake(request.raw);
    // No other site's page may listen in to what is being written.
    if (isHandshake) refuseCrossSite(judgeUpgrade(request, config));
    for (const [name, value] of policy) reply.raw.setHeader(name, value);
    const outcome = isHandshake ? await upgrades.forward(exchange, null) : await forwarder.forward(exchange);
    if (outcome.kind === "unreachable" || outcome.kind === "timeout") {
      for (const [name] of policy) reply.raw.removeHeader(name);
      throw outcome.kind === "timeout" ? new ProblemError({ reason: "upstream_timeout" }) : down(target);
    }
    reply.hijack();
  }

  // Before Fastify would look at the body, which is streamed whatever its type says.
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) await handOn(request, reply);
  });
}

function down({ origin }: URL): ProblemError {
  const detail = `Nothing answers at ${origin}, where SPA_URL says the app's development server is. Start it there, as with: npm run dev`;
  return new ProblemError({ reason: "upstream_unreachable", detail });
}
