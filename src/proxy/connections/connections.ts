import { buildConnector, type Dispatcher } from "undici";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import type { Clock } from "../../model/clock.js";
import { connectorThrough, type WayOut } from "../../network/way-out.js";
import { ApiConnection, type CallHandler, type CallOptions } from "./api-connection.js";

export interface ConnectionOptions {
  readonly clock: Clock;
  /** The proxy of the routes that ask for it. */
  readonly wayOut: WayOut;
  /** Longest wait for a connection to the API, TLS included. Milliseconds, kept to about a second. */
  readonly connectTimeoutMs: number;
  /** How long an unused connection is kept; an API's own `Keep-Alive: timeout` goes before it. Milliseconds. */
  readonly keepAliveMs: number;
  /** Longest head of an answer. */
  readonly maxHeaderBytes: number;
}

/** Which connection a call goes out on: any that is free, or one that has carried none yet. */
export type Wanted = "any" | "fresh";

export interface Connections {
  dispatch(route: ProxyRoute, call: DispatchOptions, handler: CallHandler, wanted: Wanted): void;
  /** Cuts every connection, busy or not. */
  destroy(): Promise<void>;
}

export type DispatchOptions = Pick<Dispatcher.DispatchOptions, "path" | "method" | "headers" | "body">;

/**
 * The connections to one API: HTTP/1.1, one call at a time on each. A pool of our own, since undici's cannot be asked for a fresh connection,
 * and never lets go of the clients of its busiest hour.
 */
class Pool {
  readonly #open: () => ApiConnection;
  readonly #all = new Set<ApiConnection>();
  /** The one used last is used first, so that what is not needed grows old and closes. */
  readonly #free: ApiConnection[] = [];

  constructor(open: () => ApiConnection) {
    this.#open = open;
  }

  take(wanted: Wanted): ApiConnection {
    return (wanted === "any" ? this.#free.pop() : undefined) ?? this.#add();
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.destroy()));
  }

  #add(): ApiConnection {
    const connection = this.#open();
    this.#all.add(connection);
    connection.whenFree(() => {
      if (connection.open) this.#free.push(connection);
      else this.#all.delete(connection);
    });
    connection.whenGone(() => {
      const place = this.#free.indexOf(connection);
      if (place !== -1) this.#free.splice(place, 1);
      // A call that waits on it still goes out on its next connection.
      if (!connection.awaited) this.#all.delete(connection);
    });
    return connection;
  }
}

/**
 * The connections to the APIs, one pool an origin; nothing is sent twice by itself. The timeouts of undici are off: they are kept to a second
 * only, and the forwarder keeps its own on the injected clock.
 */
export function createConnections(options: ConnectionOptions): Connections {
  const pools = new Map<string, Pool>();
  /** Found by the route, since an URL makes its origin anew whenever it is asked. */
  const waysOf = new Map<ProxyRoute, { readonly pool: Pool; readonly servername: string }>();
  const connect = buildConnector({ timeout: options.connectTimeoutMs });
  // undici takes the TLS server name from the Host header. With the public name there the API's certificate would be checked against our own:
  // without a server name here it is the target's.
  const connectToTarget: buildConnector.connector = ({ servername: _, ...to }, callback) => connect(to, callback);
  const throughProxy = (proxy: URL): buildConnector.connector => {
    const connectThere = connectorThrough(proxy, { clock: options.clock, timeoutMs: options.connectTimeoutMs });
    return ({ servername: _, ...to }, callback) => connectThere(to, callback);
  };
  const clientOptions = { keepAliveTimeout: options.keepAliveMs, maxHeaderSize: options.maxHeaderBytes };

  function poolOf({ target, proxy: proxied }: ProxyRoute): Pool {
    const { origin } = target;
    const name = proxied ? `${origin} through the proxy` : origin;
    const known = pools.get(name);
    if (known !== undefined) return known;
    const proxy = proxied ? options.wayOut.proxyFor(target) : null;
    const connector = proxy === null ? connectToTarget : throughProxy(proxy);
    const pool = new Pool(() => new ApiConnection(origin, clientOptions, connector));
    pools.set(name, pool);
    return pool;
  }

  function wayOf(route: ProxyRoute) {
    const known = waysOf.get(route);
    if (known !== undefined) return known;
    const way = { pool: poolOf(route), servername: route.target.hostname };
    waysOf.set(route, way);
    return way;
  }

  return {
    dispatch(route, { path, method, headers, body }, handler, wanted) {
      const { pool, servername } = wayOf(route);
      // A constant name, or undici would drop its connections whenever the Host of the next call differs.
      const call: CallOptions = {
        path,
        method,
        headers: headers ?? null,
        body: body ?? null,
        servername,
        headersTimeout: 0,
        bodyTimeout: 0,
      };
      pool.take(wanted).dispatch(call, handler);
    },
    async destroy() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}
