import type { Clock } from "../model/clock.js";
import { type ConnectionOptions, createConnections } from "./connections/connections.js";
import { Places } from "./connections/places.js";
import { createEventStreams } from "./event-streams.js";
import type { Exchange, ForwardOutcome } from "./exchange.js";
import { Relay } from "./relay.js";

export type { CutCause, Exchange, ForwardOutcome, Unanswered } from "./exchange.js";

export interface ForwarderOptions extends ConnectionOptions {
  readonly clock: Clock;
  /** How many calls one API (its origin) is given at a time, event streams aside; null: no limit. */
  readonly maxCalls: number | null;
}

export interface Forwarder {
  /**
   * Hands a call on and streams the answer back. What goes out again, once and over a fresh connection, is a call that never started because
   * its kept connection was dead, and a GET or HEAD without a body when a kept connection closed under it before any byte of an answer.
   * Never rejects.
   *
   * When the outcome arrives the request has been let go and flows away unread, so a caller that answers itself has nothing to do about
   * the body. TRACE is the caller's to refuse: its answer would repeat the token (RFC 9110 section 9.3.8).
   */
  forward(exchange: Exchange): Promise<ForwardOutcome>;
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

  function placesOf(origin: string): Places {
    const known = places.get(origin);
    if (known !== undefined) return known;
    const added = new Places(clock, maxCalls);
    places.set(origin, added);
    return added;
  }

  return {
    forward: (exchange) => new Relay(exchange, { clock, connections, places: placesOf(exchange.route.target.origin), streams }).run(),
    get waiting() {
      let sum = 0;
      for (const { waiting } of places.values()) sum += waiting;
      return sum;
    },
    endEventStreams: () => streams.endAll(),
    close: () => connections.destroy(),
  };
}
