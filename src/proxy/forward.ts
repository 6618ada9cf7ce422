import type { ProxyRoute } from "../config/kinds/proxy-route.js";
import type { Clock } from "../model/clock.js";
import { type ConnectionOptions, createConnections } from "./connections/connections.js";
import { Places } from "./connections/places.js";
import { createEventStreams } from "./event-streams.js";
import type { Exchange, OnOutcome } from "./exchange.js";
import { Relay } from "./relay.js";
import type { Surroundings } from "./surroundings.js";

export type { CutCause, Exchange, ForwardOutcome, OnOutcome, Unanswered } from "./exchange.js";

export interface ForwarderOptions extends ConnectionOptions {
  readonly clock: Clock;
  /** How many calls one API (its origin) is given at a time, event streams aside; null: no limit. */
  readonly maxCalls: number | null;
}

export interface Forwarder {
  /**
   * Hands a call on and streams the answer back. What goes out again, once and over a fresh connection, is a call that never started because
   * its kept connection was dead, and a GET or HEAD without a body when a kept connection closed under it before any byte of an answer.
   * Never throws.
   *
   * When the outcome arrives the request has been let go and flows away unread, so a caller that answers itself has nothing to do about
   * the body. TRACE is the caller's to refuse: its answer would repeat the token (RFC 9110 section 9.3.8).
   */
  forward(exchange: Exchange, onOutcome: OnOutcome): void;
  /** How many calls wait for their turn at an API. */
  readonly waiting: number;
  /**
   * Ends the event streams that were asked for with GET, and those still to come: whoever reads one asks again. Returns how many there were.
   */
  endEventStreams(): number;
  /** Cuts the connections to the APIs, and with them what is still under way: to be called once the server has drained. */
  close(): Promise<void>;
}

/** Forwards calls over undici, straight onto Node's response. */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const connections = createConnections(options);
  const streams = createEventStreams();
  const { clock, maxCalls } = options;
  const places = new Map<string, Places>();
  /** By the route, as `connections` finds its pools. */
  const surroundings = new Map<ProxyRoute, Surroundings>();

  function surroundingsOf(route: ProxyRoute): Surroundings {
    const known = surroundings.get(route);
    if (known !== undefined) return known;
    const { origin } = route.target;
    const shared = places.get(origin) ?? new Places(clock, maxCalls);
    places.set(origin, shared);
    const added = { clock, connections, places: shared, streams };
    surroundings.set(route, added);
    return added;
  }

  return {
    forward: (exchange, onOutcome) => new Relay(exchange, surroundingsOf(exchange.route), onOutcome).run(),
    get waiting() {
      let sum = 0;
      for (const { waiting } of places.values()) sum += waiting;
      return sum;
    },
    endEventStreams: () => streams.endAll(),
    close: () => connections.destroy(),
  };
}
