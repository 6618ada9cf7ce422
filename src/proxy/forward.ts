import type { Clock } from "../model/clock.js";
import { type ConnectionOptions, createConnections } from "./connections.js";
import { createEventStreams } from "./event-streams.js";
import type { Exchange, ForwardOutcome } from "./exchange.js";
import { Relay } from "./relay.js";

export type { CutCause, Exchange, ForwardOutcome, Unanswered } from "./exchange.js";

export interface ForwarderOptions extends ConnectionOptions {
  readonly clock: Clock;
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
  return {
    forward: (exchange) => new Relay(exchange, options.clock, streams).run(connections),
    endEventStreams: () => streams.endAll(),
    close: () => connections.destroy(),
  };
}
