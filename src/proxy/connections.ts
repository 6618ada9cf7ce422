import { buildConnector, type Dispatcher, Pool } from "undici";
import { type CallOptions, createApiClient } from "./api-connection.js";

export interface ConnectionOptions {
  /** Longest wait for a connection to the API, TLS included. Milliseconds, kept to about a second. */
  readonly connectTimeoutMs: number;
  /** How long an unused connection is kept; an API's own `Keep-Alive: timeout` goes before it. Milliseconds. */
  readonly keepAliveMs: number;
}

export interface Connections {
  dispatch(target: URL, options: DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** Cuts every connection, busy or not. */
  destroy(): Promise<void>;
}

export type DispatchOptions = Pick<CallOptions, "path" | "method" | "headers" | "body" | "onConnection">;

// undici reads it, its types do not name it.
interface NamedDispatchOptions extends CallOptions {
  readonly servername: string;
}

/**
 * The connections to the APIs, one pool an origin: HTTP/1.1, one call at a time on each, nothing sent twice.
 * The timeouts of undici are off: they are kept to a second only, and the forwarder keeps its own on the injected clock.
 */
export function createConnections(options: ConnectionOptions): Connections {
  const pools = new Map<string, Pool>();
  const connect = buildConnector({ timeout: options.connectTimeoutMs });
  // undici takes the TLS server name from the Host header. With `host: "public"` the API's certificate would be checked against our own
  // public name: without a server name here it is the target's.
  const connectToTarget: buildConnector.connector = ({ servername: _, ...to }, callback) => connect(to, callback);

  function poolOf(origin: string): Pool {
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      factory: (of, clientOptions: Pool.Options) => createApiClient(of, clientOptions, connectToTarget),
      keepAliveTimeout: options.keepAliveMs,
      pipelining: 1,
    });
    pools.set(origin, pool);
    return pool;
  }

  return {
    dispatch(target, call, handler) {
      // A constant name, or undici would drop its connections whenever the Host of the next call differs.
      const named: NamedDispatchOptions = { ...call, servername: target.hostname, headersTimeout: 0, bodyTimeout: 0 };
      poolOf(target.origin).dispatch(named, handler);
    },
    async destroy() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}
