import { createServer } from "node:http";
import type { Test } from "tap";
import type { ProxyRoute } from "../../src/config/kinds/proxy-route.js";
import { STRAIGHT } from "../../src/network/way-out.js";
import { createForwarder, type Exchange, type ForwarderOptions, type ForwardOutcome } from "../../src/proxy/forward.js";
import { listen } from "../support/listener.js";
import { createManualClock, type ManualClock } from "../support/manual-clock.js";
import { isOurCookie, proxyRoute, translationOf } from "./route-fixtures.js";

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
  const clock = createManualClock();
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
    const outcome = await new Promise<ForwardOutcome>((resolve) => forwarder.forward(exchange, resolve));
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
