import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Cancel, Clock } from "../model/clock.js";
import { bareError, isEventStream, latin1, type ParsedHeaders, writeHead } from "./answer.js";
import type { ApiConnection, CallHandler } from "./connections/api-connection.js";
import type { Connections, Wanted } from "./connections/connections.js";
import type { Places, Waiter } from "./connections/places.js";
import { createSilenceTimer, type SilenceTimer } from "./connections/silence-timer.js";
import type { EventStreams } from "./event-streams.js";
import type { CutCause, Exchange, ForwardOutcome } from "./exchange.js";
import { downstreamResponseHeaders, upstreamRequestHeaders } from "./headers/headers.js";
import { type Awaited, bodyFraming, openRequestBody } from "./request-body.js";
import { RequestPace } from "./request-pace.js";
import { maySendAgain, type Sending, whyUnanswered } from "./sending.js";

/** Tells undici, and nobody else. */
const ENDED = new Error("The call has ended.");

type Controller = Dispatcher.DispatchController;

/** What a call is made in. */
export interface RelaySurroundings {
  readonly clock: Clock;
  readonly connections: Connections;
  /** Those of the API that is called. */
  readonly places: Places;
  /** Null: nobody ends its event stream for a restart. */
  readonly streams: EventStreams | null;
}

/** One call on its way: the handler that undici tells what comes back. Methods and fields, not closures: it is made for every call. */
export class Relay implements CallHandler, Waiter {
  readonly #exchange: Exchange;
  readonly #surroundings: RelaySurroundings;
  readonly #headTimer: SilenceTimer;
  readonly #bodyTimer: SilenceTimer;
  readonly #settled: Promise<ForwardOutcome>;
  #settle: (outcome: ForwardOutcome) => void = () => {};
  #over = false;
  /** The API's answer has been handed to Node whole; what is left is to see it out. */
  #whole = false;
  #bodyBegun = false;
  /** Null until the head was written. */
  #status: number | null = null;
  #controller: Controller | null = null;
  #connection: ApiConnection | null = null;
  /** Whether the present connection has carried a call before. */
  #kept = false;
  /** Whether undici has begun to write the call on its present connection. */
  #begun = false;
  #sentAgain = false;
  #send: (wanted: Wanted) => void = () => {};
  #hasPlace = false;
  #body: Readable | null = null;
  /** Null unless the answer is an event stream of a session. */
  #unwatch: Cancel | null = null;
  /** Null unless the answer is an event stream that can be asked for again. */
  #forgetStream: Cancel | null = null;

  constructor(exchange: Exchange, surroundings: RelaySurroundings) {
    const { clock } = surroundings;
    this.#exchange = exchange;
    this.#surroundings = surroundings;
    this.#headTimer = createSilenceTimer(clock, exchange.route.responseHeaderTimeoutMs, () => this.#breakOff({ kind: "timeout" }));
    this.#bodyTimer = createSilenceTimer(clock, exchange.route.bodyIdleTimeoutMs, () => this.#cutShort("upstream_silent"));
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  run(): Promise<ForwardOutcome> {
    const { response } = this.#exchange;
    if (response.destroyed) {
      this.#end({ kind: "client_gone" });
      return this.#settled;
    }
    response.on("finish", this.#onFinish).on("close", this.#onClose).on("drain", this.#onDrain).on("error", this.#onClose);
    if (this.#surroundings.places.take()) this.onPlace();
    else if (!this.#surroundings.places.await(this)) this.#end({ kind: "busy" });
    return this.#settled;
  }

  onPlace(): void {
    if (this.#over) {
      this.#surroundings.places.leave();
      return;
    }
    this.#hasPlace = true;
    const { request, route, upstreamTarget, translation } = this.#exchange;
    const headers = upstreamRequestHeaders(request.rawHeaders, {
      method: request.method ?? "GET",
      token: route.token,
      bearer: this.#exchange.bearer,
      forwarded: this.#exchange.forwarded,
      isOurCookie: this.#exchange.isOurCookie,
      isStripped: this.#exchange.isStripped,
      propagated: this.#exchange.propagated ?? null,
      translation,
    });
    const framing = bodyFraming(request);
    if (framing !== null) {
      const pace = new RequestPace(this.#surroundings.clock, route.requestIdleTimeoutMs, () => this.#lose("request_stalled"));
      this.#body = openRequestBody(request, pace, this.#onAwait);
      if (framing.contentLength !== null) headers.push("content-length", framing.contentLength);
    }
    this.#headTimer.restart();
    const call = { path: upstreamTarget, method: request.method ?? "GET", headers, body: this.#body };
    this.#send = (wanted) => this.#surroundings.connections.dispatch(route, call, this, wanted);
    this.#send("any");
  }

  onNoPlace(): void {
    this.#end({ kind: "busy" });
  }

  #leavePlace(): void {
    if (this.#hasPlace) this.#surroundings.places.leave();
    this.#hasPlace = false;
  }

  onConnection(connection: ApiConnection): void {
    this.#connection = connection;
    this.#kept = connection.open;
    this.#begun = false;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#begun = true;
    this.#kept = this.#connection?.begin() === "kept";
    // It ended while it waited for a connection: undici sends nothing then.
    if (this.#over) controller.abort(ENDED);
  }

  onResponseStart(controller: Controller, status: number, parsed: ParsedHeaders, statusMessage?: string): void {
    // The browser gets the final answer. RFC 9110 section 15.2 lets a gateway keep interim ones (102, 103) to itself, and clients of HTTP/1.1
    // have taken 103 for the final one (RFC 8297 section 3).
    if (this.#over || status < 200) return;
    const { response, route, request, translation, upstreamTarget } = this.#exchange;
    this.#headTimer.stop();
    this.#exchange.onAnswer?.(status);
    const headers = downstreamResponseHeaders(latin1(controller.rawHeaders), {
      status,
      token: route.token,
      session: route.session,
      cache: route.cache,
      isOurCookie: this.#exchange.isOurCookie,
      transportSecurity: this.#exchange.transportSecurity ?? null,
      setCookies: this.#exchange.setCookies(),
      translation,
      publicTarget: request.url ?? "/",
      referer: request.headers.referer,
      upstreamTarget,
    });
    writeHead(response, status, statusMessage, headers);
    this.#status = status;
    if (request.method === "HEAD" || status === 204 || status === 304) {
      // The head is all there is. undici takes a 304 that names the length of what it stands for (RFC 9110 section 8.6) for a body
      // cut short, so its end is not waited for.
      this.#finishAnswer();
      return;
    }
    this.#bodyTimer.restart();
    if (isEventStream(parsed)) this.#watch();
    // Event streams show their head before their first event. When body bytes came with the head, they go out in one packet.
    queueMicrotask(() => {
      if (!this.#bodyBegun && !this.#whole && !this.#over && !response.destroyed) response.flushHeaders();
    });
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    const { response } = this.#exchange;
    if (this.#over || this.#whole || response.destroyed) return;
    this.#bodyBegun = true;
    if (response.write(chunk)) {
      this.#bodyTimer.restart();
      return;
    }
    controller.pause();
    this.#bodyTimer.stop();
  }

  onResponseEnd(): void {
    if (this.#over || this.#whole) return;
    // Whoever answers before the request is over and closes resets the connection: RFC 9112 section 9.6. That is no break then.
    if (this.#connection?.broken && !this.#isUploading()) this.#cutShort("upstream_broke");
    else this.#finishAnswer();
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    if (this.#over || this.#whole) return;
    if (this.#status !== null) this.#cutShort("upstream_broke");
    else if (maySendAgain(error, this.#sending())) {
      this.#sentAgain = true;
      // A fresh one: others that are kept may have died along with this one.
      this.#send("fresh");
    } else this.#end({ kind: whyUnanswered(error, this.#sending()), error: bareError(error) });
  }

  #sending(): Sending {
    const { method = "GET" } = this.#exchange.request;
    return { method, body: this.#body, connection: this.#connection, kept: this.#kept, begun: this.#begun, again: this.#sentAgain };
  }

  /** Whether there is more of the request's body to come than undici has taken. */
  #isUploading(): boolean {
    return this.#body !== null && !this.#body.readableEnded;
  }

  /**
   * A session that ends cuts its stream like any other failure. EventSource connects again either way and then hears the 401; a clean end
   * would tell whoever reads the stream with fetch that what came was all.
   */
  #watch(): void {
    // It may last for hours, and the API has sent what it was asked for.
    this.#leavePlace();
    this.#unwatch = this.#exchange.watchStream?.(() => this.#cutShort("session_ended")) ?? null;
    // What was asked for with POST nobody asks for again by himself (an answer that is written as it is thought up): it may end like any call.
    if (this.#exchange.request.method === "GET") this.#forgetStream = this.#surroundings.streams?.keep(() => this.#cutForRestart()) ?? null;
  }

  #finishAnswer(): void {
    this.#whole = true;
    this.#bodyTimer.stop();
    if (!this.#exchange.response.destroyed) this.#exchange.response.end();
  }

  readonly #onFinish = (): void => {
    this.#end({ kind: "answered", status: this.#status ?? 0 });
  };

  readonly #onClose = (): void => this.#lose("client_gone");

  readonly #onDrain = (): void => {
    if (this.#over || this.#whole) return;
    this.#bodyTimer.restart();
    this.#controller?.resume();
  };

  readonly #onAwait = (awaited: Awaited): void => {
    if (this.#over || this.#status !== null) return;
    if (awaited === "api") this.#headTimer.restart();
    else {
      this.#exchange.onTakeBody?.();
      this.#headTimer.stop();
    }
  };

  #lose(why: "client_gone" | "request_stalled"): void {
    if (this.#status === null) this.#breakOff({ kind: why });
    else this.#cutShort(why);
  }

  /** Destroys the browser's connection: a cut chunked or length-delimited body is the only sign of failure left once the head is out. */
  #cutShort(cause: CutCause): void {
    if (this.#over) return;
    this.#exchange.response.destroy();
    this.#breakOff({ kind: "cut_short", status: this.#status ?? 0, cause });
  }

  /**
   * As `#cutShort`, for the same reason, but what has come from the API still goes out: no event is lost that EventSource would not ask for
   * again (its Last-Event-ID).
   */
  #cutForRestart(): void {
    if (this.#over || this.#whole) return;
    const { response } = this.#exchange;
    // The head may be waiting for the first event. Without it a load balancer would answer 502, after which EventSource gives up.
    response.flushHeaders();
    if (response.socket) response.socket.destroySoon();
    else response.destroy();
    this.#breakOff({ kind: "cut_short", status: this.#status ?? 0, cause: "restarting" });
  }

  #breakOff(outcome: ForwardOutcome): void {
    if (this.#over) return;
    this.#end(outcome);
    // Not undici's own abort, which makes a connection anew for a call that it then finds aborted, and keeps it.
    void this.#connection?.destroy();
  }

  #end(outcome: ForwardOutcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#headTimer.stop();
    this.#bodyTimer.stop();
    this.#unwatch?.();
    this.#forgetStream?.();
    this.#surroundings.places.giveUp(this);
    this.#leavePlace();
    const { request, response } = this.#exchange;
    response.off("finish", this.#onFinish).off("close", this.#onClose).off("drain", this.#onDrain).off("error", this.#onClose);
    this.#body?.destroy();
    // What is left of the body flows away, or the connection could carry no further request (as Node does for a request nobody read).
    request.resume();
    this.#settle(outcome);
  }
}
