import type { ProxyRoute } from "./proxy-route.js";

/**
 * Whose name a route's API sees in `Host`. `auto`: frameworks compare it with the browser's Origin (gorilla/websocket, Tornado, Django), so over
 * plain http it is the public one; over https certificates and gateways route by it, so there it is the target's own.
 */
export function apiHost({ host, target }: Pick<ProxyRoute, "host" | "target">): "target" | "public" {
  if (host !== "auto") return host;
  return target.protocol === "https:" ? "target" : "public";
}
