import type { IncomingMessage, ServerResponse } from "node:http";
import type { Config } from "../../config/config.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import type { Cancel, Clock } from "../../model/clock.js";
import type { Session } from "../../model/session.js";
import type { Exchange } from "../../proxy/forward.js";
import type { Forwarded } from "../../proxy/headers/headers.js";
import type { StripsHeader } from "../../proxy/headers/strip-headers.js";
import type { Translation } from "../../proxy/headers/translation.js";
import type { SessionWatch } from "../../session/session-watch.js";
import type { CookieWriter } from "../../store/cookies.js";
import type { Tell } from "../../telemetry/events.js";
import type { PropagatedHeaders } from "../../telemetry/tracing.js";
import type { Expectations } from "../connection/expectations.js";
import type { SessionGate } from "../gate/session-gate.js";
import type { Visit } from "../problem/request-state.js";
import type { ProxiedCall } from "./matched-call.js";
import type { OpenCalls } from "./open-calls.js";

/** What every call is made with. */
export interface ApiCallOptions {
  readonly config: Pick<Config, "publicUrl">;
  /** Whose names say which of the browser's cookies go no further. */
  readonly cookies: Pick<CookieWriter, "names">;
  /** Which of the browser's headers nobody behind us gets. */
  readonly isStripped: StripsHeader;
  /** The Strict-Transport-Security of answers that have none of their own; null: none. */
  readonly transportSecurity: string | null;
  readonly expectations: Pick<Expectations, "goOn">;
  readonly gate: Pick<SessionGate, "cookiesFor">;
  readonly watch: Pick<SessionWatch, "watch">;
  readonly open: Pick<OpenCalls, "streams">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly tell: Tell;
}

/** What is the same for all calls of a server. */
export interface ApiCallCommon extends ApiCallOptions {
  readonly isOurCookie: (name: string) => boolean;
  readonly proto: "http" | "https";
  readonly host: string;
}

export function commonOf(options: ApiCallOptions): ApiCallCommon {
  const { protocol, host } = new URL(options.config.publicUrl);
  return { ...options, isOurCookie: options.cookies.names.isOurs, proto: protocol === "https:" ? "https" : "http", host };
}

/** Who calls. */
export interface Caller {
  /** Null on a route without sessions. */
  readonly visit: Visit | null;
  /** Null: nobody is signed in. */
  readonly session: Session | null;
  readonly bearer: string | null;
  /** The caller's address, or the trusted chain of them. */
  readonly forwardedFor: string;
}

/** One call to an API, as the proxy takes it. One object with fixed fields: it is made for every call. */
export class ApiCall implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: ProxyRoute;
  readonly translation: Translation;
  readonly upstreamTarget: string;
  readonly bearer: string | null;
  readonly forwarded: Forwarded;
  readonly isOurCookie: (name: string) => boolean;
  readonly isStripped: StripsHeader;
  readonly transportSecurity: string | null;
  propagated: PropagatedHeaders | null = null;
  readonly visit: Visit | null;
  readonly session: Session | null;
  /** Monotonic milliseconds. */
  readonly handedOnAtMs: number;
  readonly #common: ApiCallCommon;

  constructor(
    common: ApiCallCommon,
    { match, upstreamTarget }: ProxiedCall,
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ) {
    this.request = request;
    this.response = response;
    this.route = match.route;
    this.translation = match.translation;
    this.upstreamTarget = upstreamTarget;
    this.bearer = caller.bearer;
    this.forwarded = { for: caller.forwardedFor, proto: common.proto, host: common.host };
    this.isOurCookie = common.isOurCookie;
    this.isStripped = common.isStripped;
    this.transportSecurity = common.transportSecurity;
    this.visit = caller.visit;
    this.session = caller.session;
    this.handedOnAtMs = common.clock.monotonicMs();
    this.#common = common;
  }

  onAnswer(status: number): void {
    const seconds = (this.#common.clock.monotonicMs() - this.handedOnAtMs) / 1000;
    this.#common.tell({ kind: "upstream_answered", route: this.route.prefix, status, seconds, withToken: this.bearer !== null });
  }

  onTakeBody(): void {
    this.#common.expectations.goOn(this.request, this.response);
  }

  setCookies(): readonly string[] {
    return this.visit === null ? [] : this.#common.gate.cookiesFor(this.visit);
  }

  /** An event stream, which may outlast its session: counted, and broken off when the session has ended. */
  watchStream(breakOff: () => void): Cancel {
    const { open, watch } = this.#common;
    const unwatch = this.session && watch.watch(this.session, breakOff);
    open.streams += 1;
    return () => {
      open.streams -= 1;
      unwatch?.();
    };
  }
}
