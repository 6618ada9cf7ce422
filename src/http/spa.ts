import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config, ProxyRoute } from "../config/config.js";
import type { Exchange } from "../proxy/forward.js";
import { judgeUpgrade, refuseCrossSite } from "./cross-site.js";
import { isNavigation } from "./navigation.js";
import { ProblemError } from "./problem.js";
import type { Services } from "./services.js";

const ONE_YEAR_SECONDS = 365 * 24 * 60 * 60;
/** A build's own hash in a file name, as Vite and webpack write it: `index-DiwrgTda.js`, `main.4f3c2a1b.css`. */
const HASHED = /[.-][A-Za-z0-9_-]{8,}\.(js|css|mjs|woff2?|svg|png|jpg|webp|avif|wasm)$/;
/** How long a development server may take for its first answer, which may compile the app. */
const DEVELOPMENT_TIMEOUT_MS = 120_000;

/** Everything that is neither ours nor an API's: the single-page app. */
export async function spaRoutes(app: FastifyInstance, services: Services): Promise<void> {
  const { config } = services;
  if (config.spa?.kind === "directory") return serveDirectory(app, config.spa.path, config.spaCsp);
  const { spa } = config;
  if (spa?.kind === "url") return passThrough(app, spa.url, services);
  app.setNotFoundHandler(() => {
    throw new ProblemError({ reason: "not_found" });
  });
}

async function serveDirectory(app: FastifyInstance, root: string, csp: string | null): Promise<void> {
  if (!existsSync(join(root, "index.html"))) throw new Error(`SPA_DIR: there is no index.html in ${root}`);
  await app.register(fastifyStatic, {
    root,
    dotfiles: "deny",
    cacheControl: false,
    setHeaders(response, path) {
      const name = path.slice(root.length);
      const cacheControl = HASHED.test(name) ? `public, max-age=${ONE_YEAR_SECONDS}, immutable` : "no-cache";
      response.headers({ ...documentHeaders(csp), "cache-control": cacheControl });
    },
  });
  app.setNotFoundHandler((request, reply) => {
    if (!isNavigation(request.method, request.headers) || !/^(GET|HEAD)$/.test(request.method))
      throw new ProblemError({ reason: "not_found" });
    return reply.sendFile("index.html");
  });
}

function documentHeaders(csp: string | null): Record<string, string> {
  return {
    "x-content-type-options": "nosniff",
    // A popup for signing in must still reach its opener's origin over BroadcastChannel.
    "cross-origin-opener-policy": "same-origin-allow-popups",
    ...(csp === null ? {} : { "content-security-policy": csp }),
  };
}

function passThrough(app: FastifyInstance, target: URL, { config, cookies, forwarder, upgrades }: Services): void {
  const route: ProxyRoute = {
    prefix: "/",
    target,
    token: "none",
    session: "none",
    stripPrefix: false,
    responseHeaderTimeoutMs: DEVELOPMENT_TIMEOUT_MS,
    bodyIdleTimeoutMs: null,
    host: "target",
    csrf: "off",
    cache: "upstream",
  };
  const forwarded = forwardedFor(config);
  const hand = async (request: FastifyRequest, reply: FastifyReply) => {
    const exchange: Exchange = {
      request: request.raw,
      response: reply.raw,
      route,
      upstreamTarget: request.raw.url ?? "/",
      bearer: null,
      forwarded: { ...forwarded, for: request.ip },
      publicHost: forwarded.host,
      isOurCookie: cookies.names.isOurs,
      setCookies: () => [],
    };
    // Hot reloading comes over a WebSocket; no other site's page may listen in.
    const isHandshake = upgrades.isHandshake(request.raw);
    if (isHandshake) refuseCrossSite(judgeUpgrade(request, config));
    const outcome = isHandshake ? await upgrades.forward(exchange, null) : await forwarder.forward(exchange);
    if (outcome.kind === "unreachable")
      throw new ProblemError({ reason: "upstream_unreachable", detail: "The development server at SPA_URL does not answer." });
    if (outcome.kind === "timeout") throw new ProblemError({ reason: "upstream_timeout" });
    reply.hijack();
  };
  app.setNotFoundHandler({ preHandler: hand }, () => {});
}

function forwardedFor(config: Config): { proto: "http" | "https"; host: string } {
  const { protocol, host } = new URL(config.publicUrl);
  return { proto: protocol === "https:" ? "https" : "http", host };
}
