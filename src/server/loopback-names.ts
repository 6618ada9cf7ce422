import type { FastifyInstance } from "fastify";
import type { Config } from "../config/config.js";
import { isNavigation } from "../http/problem/navigation.js";

/**
 * Other names under which a browser may reach a server of this machine: 127.0.0.0/8, `[::1]`, the former inside IPv6 (which browsers write in
 * hexadecimal: WHATWG URL), the unspecified addresses that servers print when they listen everywhere, and below `localhost` (RFC 6761 6.3).
 */
const LOOPBACK_NAME =
  /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]|\[::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3}\]|(?:[a-z0-9_-]+\.)+localhost\.?|localhost\.)$/;
/** No name of these is longer. */
const LONGEST_HOST = 260;

/**
 * Where PUBLIC_URL is `http://localhost:PORT`, a page opened under another loopback name leads there: cookies are the name's own, so a sign-in that
 * begins under `127.0.0.1` cannot end under `localhost`. Only where we listen on that port ourselves: a server in front, such as Vite, may well
 * send another Host, and what led it to PUBLIC_URL would come back for ever.
 */
export function leadLoopbackNamesHome(app: FastifyInstance, { publicUrl, port }: Pick<Config, "publicUrl" | "port">): void {
  const home = new URL(publicUrl);
  const homePort = home.port || "80";
  if (home.protocol !== "http:" || home.hostname !== "localhost" || homePort !== String(port)) return;
  app.addHook("onRequest", (request, reply, done) => {
    const { host = "" } = request.headers;
    // The ordinary case.
    if (host === home.host || request.method !== "GET" || host.length > LONGEST_HOST) done();
    else if (!isOtherLoopbackName(host.toLowerCase(), homePort) || !isNavigation(request.method, request.headers)) done();
    else reply.header("cache-control", "no-store").redirect(`${publicUrl}${request.raw.url}`, 307);
  });
}

function isOtherLoopbackName(host: string, port: string): boolean {
  const suffix = `:${port}`;
  const name = host.endsWith(suffix) ? host.slice(0, -suffix.length) : port === "80" ? host : null;
  return name !== null && LOOPBACK_NAME.test(name);
}
