import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import type { Config } from "../config/config.js";

/** For Fastify's `trustProxy`: a hop count becomes the question whether hop 0, 1, … is trusted. */
export function trustedPeers(trustProxy: Config["trustProxy"]): false | string[] | ((address: string, hop: number) => boolean) {
  if (trustProxy === false) return false;
  return typeof trustProxy === "number" ? (_address, hop) => hop < trustProxy : [...trustProxy];
}

/** The address of whoever calls, or the trusted chain of them, as X-Forwarded-For has it: by Fastify's own package, so that both ways of a call agree. */
export function forwardedForOf(trustProxy: Config["trustProxy"]): (request: IncomingMessage) => string {
  const trusted = trustedPeers(trustProxy);
  if (trusted === false) return ({ socket }) => socket.remoteAddress ?? "";
  const trust = typeof trusted === "function" ? trusted : proxyAddr.compile(trusted);
  return (request) => proxyAddr.all(request, trust).reverse().join(", ");
}
