import type { IncomingMessage, ServerResponse } from "node:http";
import type { ProxyRoute } from "../config/kinds/proxy-route.js";
import type { Cancel } from "../model/clock.js";
import type { PropagatedHeaders } from "../telemetry/tracing.js";
import type { Forwarded } from "./headers/headers.js";
import type { StripsHeader } from "./headers/strip-headers.js";
import type { Translation } from "./headers/translation.js";

/** One call to hand on. */
export interface Exchange {
  /** Not read yet: nothing may have consumed its body. */
  readonly request: IncomingMessage;
  /** Nothing written yet. Headers set on it before go out beside the API's. */
  readonly response: ServerResponse;
  readonly route: ProxyRoute;
  /** Path and query, as `parseTarget` and the route table gave them. */
  readonly upstreamTarget: string;
  /** The token to send; null on a route without one or when nobody is signed in. */
  readonly bearer: string | null;
  readonly forwarded: Forwarded;
  /** The route's, between the browser's side and the API's. */
  readonly translation: Translation;
  readonly isOurCookie: (name: string) => boolean;
  /** Which of the browser's headers the API does not get. */
  readonly isStripped: StripsHeader;
  /** The Strict-Transport-Security of an answer that has none of the API's; absent or null: none. */
  readonly transportSecurity?: string | null;
  /** Headers that carry the trace on, in place of the caller's own of these names; absent or null: the caller's pass. */
  readonly propagated?: PropagatedHeaders | null;
  /** Called with the status when the head of the API's final answer is here. */
  onAnswer?(status: number): void;
  /** Called each time more of the request's body is asked for. */
  onTakeBody?(): void;
  /** Called once just before the head is written; the Set-Cookie values to add. */
  setCookies(): readonly string[];
  /**
   * Called with what breaks it off when the answer is an event stream, which may outlast its session; the `Cancel` it gives is called when
   * the stream is over. Absent: nobody watches.
   */
  watchStream?(breakOff: () => void): Cancel;
}

/** Hears, once, what became of a call. */
export type OnOutcome = (outcome: ForwardOutcome) => void;

/** Why an answer that had begun did not arrive whole. */
export type CutCause = "upstream_broke" | "upstream_silent" | "client_gone" | "request_stalled" | "session_ended" | "restarting";

/** What became of a call of which nothing was written to the browser: the caller answers. */
export type Unanswered =
  /** No connection, or none that gave an HTTP answer. For 502. */
  | { readonly kind: "unreachable"; readonly error: Error }
  /** The API closed the connection while it was being sent the request, and no answer of it arrived. For 502. */
  | { readonly kind: "api_closed_early"; readonly error: Error }
  /** The head of the API's answer is longer than is accepted. For 502. */
  | { readonly kind: "headers_too_large"; readonly error: Error }
  /** The API has as many calls as it is given at a time, and no turn came. For 503. */
  | { readonly kind: "busy" }
  /** Connected, and no head within `responseHeaderTimeoutMs`. For 504. */
  | { readonly kind: "timeout" };

/** What became of a call. */
export type ForwardOutcome =
  /** Head and body went out whole. */
  | { readonly kind: "answered"; readonly status: number }
  /** The head went out, the body did not arrive whole; the browser's connection is gone. */
  | { readonly kind: "cut_short"; readonly status: number; readonly cause: CutCause }
  /** The browser left before there was an answer. */
  | { readonly kind: "client_gone" }
  /** The rest of the request's body did not come within `requestIdleTimeoutMs`, or too slowly. Nothing was written. For 400 and the connection's end. */
  | { readonly kind: "request_stalled" }
  | Unanswered;
