import type { Readable } from "node:stream";
import type { Cancel } from "../model/clock.js";
import { bareError, isEventStream, latin1, writeHead } from "./answer.js";
import { AnswerBody } from "./answer-body.js";
import type { ApiConnection, CallHandler } from "./connections/api-connection.js";
import type { DispatchOptions, Wanted } from "./connections/connections.js";
import type { Waiter } from "./connections/places.js";
import { SilenceTimer } from "./connections/silence-timer.js";
import type { CutCause, Exchange, ForwardOutcome, OnOutcome } from "./exchange.js";
import { answerHeadersOf, requestHeadersOf } from "./exchange-headers.js";
import { type Awaited, bodyFraming, openRequestBody } from "./request-body.js";
import { RequestPace } from "./request-pace.js";
import { maySendAgain, type Sending, whyUnanswered } from "./sending.js";
import type { Surroundings } from "./surroundings.js";

/** Tells undici, and nobody else. */
const ENDED = new Error("The call has ended.");

/** One call on its way: the handler that undici tells what comes back. Methods and fields, not closures: it is made for every call. */
export class Relay implements CallHandler, Waiter {
  readonly #exchange: Exchange;
  readonly #surroundings: Surroundings;
  readonly #onOutcome: OnOutcome;
  readonly #silence: SilenceTimer;
  readonly #answer: AnswerBody;
  #over = false;
  /** The API's answer has been handed to Node whole; what is left is to see it out. */
  #whole = false;
  /** Null until the head was written. */
  #status: number | null = null;
  #resume: () => void = () => {};
  /** Null as well once it is the next call's. */
  #connection: ApiConnection | null = null;
  /** Whether the present connection has carried a call before. */
  #kept = false;
  /** Whether undici has begun to write the call on its present connection. */
  #begun = false;
  #sentAgain = false;
  #call: DispatchOptions | null = null;
  #hasPlace = false;
  #body: Readable | null = null;
  /** Null unless the answer is an event stream of a session. */
  #unwatch: Cancel | null = null;
  /** Null unless the answer is an event stream that can be asked for again. */
  #forgetStream: Cancel | null = null;

  constructor(exchange: Exchange, surroundings: Surroundings, onOutcome: OnOutcome) {
    this.#exchange = exchange;
    this.#surroundings = surroundings;
    this.#onOutcome = onOutcome;
    this.#silence = new SilenceTimer(surroundings.clock, this.#onSilence);
    this.#answer = new AnswerBody(exchange.response, this.#onDrain);
  }

  run(): void {
    const { response } = this.#exchange;
    if (response.destroyed) {
      this.#end({ kind: "client_gone" });
      return;
    }
    response.on("finish", this.#onFinish).on("close", this.#onClose).on("error", this.#onClose);
    if (this.#surroundings.places.take()) this.onPlace();
    else if (!this.#surroundings.places.await(this)) this.#end({ kind: "busy" });
  }

  onPlace(): void {
    if (this.#over) {
      this.#surroundings.places.leave();
      return;
    }
    this.#hasPlace = true;
    const { request, route, upstreamTarget } = this.#exchange;
    const headers = requestHeadersOf(this.#exchange);
    const framing = bodyFraming(request);
    if (framing !== null) {
      const pace = new RequestPace(this.#surroundings.clock, route.requestIdleTimeoutMs, () => this.#lose("request_stalled"));
      this.#body = openRequestBody(request, pace, this.#onAwait);
      if (framing.contentLength !== null) headers.push("content-length", framing.contentLength);
    }
    this.#silence.restart(this.#exchange.route.responseHeaderTimeoutMs);
    this.#call = { path: upstreamTarget, method: request.method ?? "GET", headers, body: this.#body };
    this.#send("any");
  }

  #send(wanted: Wanted): void {
    if (this.#call) this.#surroundings.connections.dispatch(this.#exchange.route, this.#call, this, wanted);
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

  onConnect(abort: (error?: Error) => void): void {
    this.#begun = true;
    this.#kept = this.#connection?.begin() === "kept";
    // It ended while it waited for a connection: undici sends nothing then.
    if (this.#over) abort(ENDED);
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void, phrase: string): boolean {
    // The browser gets the final answer. RFC 9110 section 15.2 lets a gateway keep interim ones (102, 103) to itself, and clients of HTTP/1.1
    // have taken 103 for the final one (RFC 8297 section 3).
    if (this.#over || status < 200) return true;
    const { response, request } = this.#exchange;
    this.#resume = resume;
    this.#silence.stop();
    this.#exchange.onAnswer?.(status);
    const raw = latin1(rawHeaders);
    writeHead(response, status, phrase, answerHeadersOf(this.#exchange, status, raw));
    this.#status = status;
    if (request.method === "HEAD" || status === 204 || status === 304) {
      // The head is all there is. undici takes a 304 that names the length of what it stands for (RFC 9110 section 8.6) for a body
      // cut short, so its end is not waited for.
      this.#finishAnswer();
      return true;
    }
    this.#answer.begin();
    if (isEventStream(raw)) this.#watch();
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#over || this.#whole || this.#exchange.response.destroyed) return true;
    return this.#answer.hold(chunk) || this.#awaitMore(this.#answer.write(chunk));
  }

  onPause(): void {
    if (!this.#answer.headWaits || this.#over || this.#whole || this.#exchange.response.destroyed) return;
    this.#awaitMore(this.#answer.flush());
  }

  /** The API is waited for while the browser takes what comes. */
  #awaitMore(isTaken: boolean): boolean {
    if (isTaken) this.#silence.restart(this.#exchange.route.bodyIdleTimeoutMs);
    else this.#silence.stop();
    return isTaken;
  }

  onComplete(): void {
    const connection = this.#connection;
    // It may carry another call by the time that the browser has the last of this one.
    this.#connection = null;
    if (this.#over || this.#whole) return;
    // Whoever answers before the request is over and closes resets the connection: RFC 9112 section 9.6. That is no break then.
    if (!connection?.broken || this.#isUploading()) {
      this.#finishAnswer();
      return;
    }
    this.#cutShort("upstream_broke");
    void connection.destroy();
  }

  onError(error: Error): void {
    if (this.#over || this.#whole) {
      // As in `onComplete`: undici makes the next call's connection in its place.
      this.#connection = null;
      return;
    }
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
    this.#silence.stop();
    if (!this.#exchange.response.destroyed) this.#answer.end();
  }

  readonly #onSilence = (): void => {
    if (this.#status === null) this.#breakOff({ kind: "timeout" });
    else this.#cutShort("upstream_silent");
  };

  readonly #onFinish = (): void => {
    this.#end({ kind: "answered", status: this.#status ?? 0 });
  };

  readonly #onClose = (): void => this.#lose("client_gone");

  readonly #onDrain = (): void => {
    if (this.#over || this.#whole) return;
    this.#awaitMore(true);
    this.#resume();
  };

  readonly #onAwait = (awaited: Awaited): void => {
    if (this.#over || this.#status !== null) return;
    if (awaited === "api") this.#silence.restart(this.#exchange.route.responseHeaderTimeoutMs);
    else {
      this.#exchange.onTakeBody?.();
      this.#silence.stop();
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
    if (!response.destroyed) this.#answer.flush();
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
    this.#silence.stop();
    this.#unwatch?.();
    this.#forgetStream?.();
    if (this.#hasPlace) this.#leavePlace();
    else this.#surroundings.places.giveUp(this);
    const { request, response } = this.#exchange;
    response.off("finish", this.#onFinish).off("close", this.#onClose).off("error", this.#onClose);
    this.#answer.letGo();
    this.#body?.destroy();
    // What is left of the body flows away, or the connection could carry no further request (as Node does for a request nobody read).
    request.resume();
    this.#onOutcome(outcome);
  }
}
