import type { Config } from "../../config/config.js";
import { apiHost } from "../../config/kinds/api-host.js";
import { formatDuration } from "../../config/kinds/duration.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import type { ROUTE_MEMBERS } from "../../config/kinds/proxy-routes-kind.js";

const idle = (ms: number | null) => (ms === null ? "off" : formatDuration(ms));

/** A route's members as PROXY_ROUTES writes them, every default in its place. */
export function routeMembers(route: ProxyRoute): { readonly [name in keyof typeof ROUTE_MEMBERS]: string | boolean } {
  const { prefix, token, session, stripPrefix, rewrite, proxy, host, csrf, cache } = route;
  return {
    prefix,
    target: route.target.href.replace(/\/$/, ""),
    token,
    session,
    stripPrefix,
    rewrite,
    proxy,
    responseHeaderTimeout: formatDuration(route.responseHeaderTimeoutMs),
    bodyIdleTimeout: idle(route.bodyIdleTimeoutMs),
    requestIdleTimeout: idle(route.requestIdleTimeoutMs),
    host,
    csrf,
    cache,
  };
}

/** Which Host each API gets, and why: the first thing to look at when one answers 403 or 404 to everything. */
export function hostsSeen({
  proxyRoutes,
  publicUrl,
}: Config): readonly { readonly prefix: string; readonly host: string; readonly why: string }[] {
  const publicHost = new URL(publicUrl).host;
  return proxyRoutes.map((route) => ({
    prefix: route.prefix,
    host: apiHost(route) === "public" ? publicHost : route.target.host,
    why: hostReason(route),
  }));
}

function hostReason(route: ProxyRoute): string {
  const whose = apiHost(route) === "public" ? "PUBLIC_URL's" : "the target's own";
  if (route.host !== "auto") return `${whose}, as the route says`;
  return apiHost(route) === "public"
    ? `${whose} for plain http (auto): what routes by name needs "host": "target"`
    : `${whose} for https (auto): what compares it with Origin needs "host": "public"`;
}
