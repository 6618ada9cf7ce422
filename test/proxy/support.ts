import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect, createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import type { Test } from "tap";
import type { ProxyRoute } from "../../src/config/kinds/proxy-route.js";
import type { Clock } from "../../src/model/clock.js";
import { STRAIGHT } from "../../src/network/way-out.js";
import { createForwarder, type Exchange, type ForwarderOptions, type ForwardOutcome } from "../../src/proxy/forward.js";
import { createTranslation, type Translation } from "../../src/proxy/headers/translation.js";

/** What browsers see of us. */
export const PUBLIC_SIDE = { publicUrl: "https://app.example.com", authPrefix: "/auth" };

export function isOurCookie(name: string): boolean {
  return /^__Host-Http-bff-(?:session(?:\.\d+)?|ended|login-\w+)$/.test(name);
}

export function proxyRoute(parts: Partial<ProxyRoute>): ProxyRoute {
  return {
    prefix: "/api",
    target: new URL("http://api.test"),
    token: "id",
    session: "required",
    stripPrefix: false,
    proxy: false,
    rewrite: true,
    responseHeaderTimeoutMs: 30_000,
    bodyIdleTimeoutMs: null,
    requestIdleTimeoutMs: null,
    host: "target",
    csrf: "inherit",
    cache: "private",
    ...parts,
  };
}

export function translationOf(parts: Partial<ProxyRoute> = {}): Translation {
  return createTranslation(proxyRoute(parts), PUBLIC_SIDE);
}

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** How many timers are running. */
  readonly running: number;
}

export function manualClock(): ManualClock {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const after = (delayMs: number, callback: () => void) => {
    const timer = { at: now + delayMs, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => now,
    monotonicMs: () => now,
    after,
    deadline: after,
    advance(ms) {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        if (timers.delete(timer)) timer.callback();
      }
    },
    get running() {
      return timers.size;
    },
  };
}

export async function listen(t: Test, server: Server | NetServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}

/** An API over node:http. */
export async function startApi(t: Test, listener: RequestListener): Promise<URL> {
  return new URL(`http://127.0.0.1:${await listen(t, createServer(listener))}`);
}

/** An API that writes its own bytes. `onRequest` is called once the first bytes of a connection have come. */
export async function startRawApi(t: Test, onRequest: (socket: Socket, firstBytes: string) => void): Promise<URL> {
  const server = createNetServer((socket) => {
    socket.once("data", (bytes) => onRequest(socket, bytes.toString("latin1")));
  });
  return new URL(`http://127.0.0.1:${await listen(t, server)}`);
}

export interface Front {
  readonly port: number;
  readonly clock: ManualClock;
  /** The next outcome that was not taken yet. */
  outcome(): Promise<ForwardOutcome>;
  /** How many calls wait for their turn. */
  waiting(): number;
  /** How many listeners of the exchange are left on request and response, by the last outcome. */
  leftListeners(): number;
}

export interface FrontOptions {
  readonly route: Partial<ProxyRoute> & { readonly target: URL };
  readonly exchange?: Partial<Exchange>;
  readonly prepare?: (exchange: Exchange) => void;
  readonly forwarder?: Partial<ForwarderOptions>;
}

/** An HTTP server that forwards everything to the route, and answers 502 or 504 itself. */
export async function startFront(t: Test, options: FrontOptions): Promise<Front> {
  const clock = manualClock();
  const forwarder = createForwarder({
    ...{ clock, connectTimeoutMs: 2_000, keepAliveMs: 1_000, maxHeaderBytes: 65_536, maxCalls: null, wayOut: STRAIGHT },
    ...options.forwarder,
  });
  const ready: ForwardOutcome[] = [];
  const waiting: ((outcome: ForwardOutcome) => void)[] = [];
  let left = 0;
  const server = createServer(async (request, response) => {
    const exchange: Exchange = {
      request,
      response,
      route: proxyRoute(options.route),
      upstreamTarget: request.url ?? "/",
      bearer: "the-token",
      forwarded: { for: "192.0.2.7", proto: "https", host: "app.example.com" },
      translation: translationOf(options.route),
      isOurCookie,
      isStripped: () => false,
      setCookies: () => [],
      ...options.exchange,
    };
    options.prepare?.(exchange);
    // Node itself listens for the end of a request that outlives its answer.
    const count = () =>
      ["data", "error", "close"].reduce((sum, name) => sum + request.listenerCount(name), 0) +
      ["finish", "drain", "error", "close"].reduce((sum, name) => sum + response.listenerCount(name), 0);
    const before = count();
    const outcome = await forwarder.forward(exchange);
    left = Math.max(0, count() - before);
    if (outcome.kind === "busy") response.writeHead(503).end("busy");
    if (outcome.kind === "headers_too_large") response.writeHead(502).end("headers_too_large");
    if (outcome.kind === "api_closed_early") response.writeHead(502).end("api_closed_early");
    if (outcome.kind === "unreachable") response.writeHead(502).end("unreachable");
    if (outcome.kind === "timeout") response.writeHead(504).end("timeout");
    const next = waiting.shift();
    if (next === undefined) ready.push(outcome);
    else next(outcome);
  });
  const port = await listen(t, server);
  t.teardown(() => forwarder.close());
  return {
    port,
    clock,
    outcome: () => {
      const outcome = ready.shift();
      return outcome === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(outcome);
    },
    waiting: () => forwarder.waiting,
    leftListeners: () => left,
  };
}

/** A browser's connection, byte by byte. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything that has come, as latin1. */
  text(): string;
  /** Resolves once the text matches; rejects when the connection closes before. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with the text once the connection has closed. */
  closed(): Promise<string>;
}

export async function rawClient(t: Test, port: number): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (part: string) => {
    text += part;
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  t.teardown(() => socket.destroy());
  const closed = once(socket, "close");
  return {
    socket,
    text: () => text,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`closed before ${pattern}: ${text}`);
        await Promise.race([once(socket, "data"), closed]);
      }
      return text;
    },
    async closed() {
      await closed;
      return text;
    },
  };
}

/** Sends one request and gives back everything until the connection closes. */
export async function rawCall(t: Test, port: number, request: string): Promise<string> {
  const client = await rawClient(t, port);
  client.socket.write(request, "latin1");
  return client.closed();
}

/** Waits, turn by turn of the event loop, until something holds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`never: ${what}`);
}
