import { type ClientRequestArgs, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import { isIP } from "node:net";
import { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { isLoopback } from "../model/loopback.js";
import { readNoProxy } from "./no-proxy.js";
import { type ConnectLimit, openProxyTunnel } from "./proxy-tunnel.js";

/** The way out of this network: HTTPS_PROXY and NO_PROXY. */
export interface WayOut {
  /** The proxy that calls there go through; null: straight. */
  proxyFor(target: URL): URL | null;
}

/** @param proxy null: everything goes straight. */
export function createWayOut(proxy: URL | null, noProxy: string | null): WayOut {
  const exempts = readNoProxy(noProxy);
  return {
    proxyFor: (target) => (proxy !== null && !exempts(target.hostname, target.port || defaultPort(target)) ? proxy : null),
  };
}

/** HTTPS_PROXY is for https; and what is on this machine no proxy could reach. */
export function proxyToCognito(wayOut: WayOut, base: string): URL | null {
  const url = new URL(base);
  return url.protocol === "https:" && !isLoopback(url.hostname) ? wayOut.proxyFor(url) : null;
}

export const STRAIGHT: WayOut = { proxyFor: () => null };

function defaultPort({ protocol }: URL): string {
  return protocol === "https:" ? "443" : "80";
}

/** undici's way of connecting, through a proxy. */
export function connectorThrough(proxy: URL, limit: ConnectLimit): buildConnector.connector {
  const secure = buildConnector({ timeout: limit.timeoutMs });
  return (to, callback) => {
    const port = Number(to.port || (to.protocol === "https:" ? 443 : 80));
    openProxyTunnel(proxy, to.hostname, port, limit, (error, socket) => {
      if (error !== null) callback(error, null);
      else if (to.protocol === "https:") secure({ ...to, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  };
}

export function dispatcherThrough(proxy: URL, limit: ConnectLimit): Dispatcher {
  return new Agent({ connect: connectorThrough(proxy, limit) });
}

type Created = (error: Error | null, socket: Duplex) => void;

/** Node passes an error on and looks at nothing else; its types want a stream all the same. */
function fail(created: Created | undefined, error: Error): void {
  const none = new Duplex();
  none.on("error", () => {}).destroy();
  created?.(error, none);
}

/** Node's agent for https, through a proxy. */
export class HttpsAgentThrough extends HttpsAgent {
  readonly #proxy: URL;
  readonly #limit: ConnectLimit;

  constructor(proxy: URL, limit: ConnectLimit, keepAlive: boolean) {
    super({ keepAlive });
    this.#proxy = proxy;
    this.#limit = limit;
  }

  override createConnection(options: RequestOptions, created?: Created): undefined {
    const host = options.host ?? "localhost";
    const servername = options.servername ?? (isIP(host) === 0 ? host : "");
    openProxyTunnel(this.#proxy, host, Number(options.port ?? 443), this.#limit, (error, socket) => {
      if (error !== null) fail(created, error);
      else created?.(null, tlsConnect({ socket, host, servername, ALPNProtocols: ["http/1.1"] }));
    });
    return undefined;
  }
}

/** Node's agent for http, through a proxy. */
export class HttpAgentThrough extends HttpAgent {
  readonly #proxy: URL;
  readonly #limit: ConnectLimit;

  constructor(proxy: URL, limit: ConnectLimit) {
    super({ keepAlive: false });
    this.#proxy = proxy;
    this.#limit = limit;
  }

  override createConnection(options: ClientRequestArgs, created?: Created): undefined {
    openProxyTunnel(this.#proxy, options.host ?? "localhost", Number(options.port ?? 80), this.#limit, (error, socket) => {
      if (error !== null) fail(created, error);
      else created?.(null, socket);
    });
    return undefined;
  }
}
