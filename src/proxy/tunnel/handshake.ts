import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import { pipeline } from "node:stream";
import type { Clock } from "../../model/clock.js";
import { HttpAgentThrough, HttpsAgentThrough, type WayOut } from "../../network/way-out.js";
import { bareError, isEventStream, writeHead } from "../answer.js";
import { SilenceTimer } from "../connections/silence-timer.js";
import type { CutCause, Exchange, ForwardOutcome } from "../exchange.js";
import { answerHeadersOf, requestHeadersOf } from "../exchange-headers.js";
import { Tunnel } from "./tunnel.js";

export type HandshakeOutcome =
  /** The browser has its 101, and bytes flow. */
  | { readonly kind: "open"; readonly tunnel: Tunnel }
  /** As with any other call. `answered`: the API wanted no WebSocket, and its answer has been relayed. */
  | ForwardOutcome;

export interface HandshakeSettings {
  readonly clock: Clock;
  /** Longest wait for a connection to the API, TLS included. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** The proxy of the routes that ask for it. */
  readonly wayOut: WayOut;
  /** Longest head of the API's answer. */
  readonly maxHeaderBytes: number;
}

/** Browsers send nothing before the 101 (RFC 6455 section 4.1); what others send by then is kept up to here. */
const MOST_EARLY_BYTES = 64 * 1024;

// A connection for each tunnel, and none is kept for another.
const AGENTS = { "http:": new HttpAgent({ keepAlive: false }), "https:": new HttpsAgent({ keepAlive: false }) };

/**
 * Hands a WebSocket handshake on, once. The answer to the browser is written by the exchange's `response` unless it is a 101; with
 * `unreachable`, `headers_too_large` and `timeout` nothing was written, and the caller answers. Never rejects.
 *
 * @param head what came from the browser behind the request.
 */
export function shakeHands(exchange: Exchange, head: Buffer, settings: HandshakeSettings): Promise<HandshakeOutcome> {
  const { clock, connectTimeoutMs } = settings;
  const { request, response, route } = exchange;
  const browser = request.socket;
  if (browser.destroyed) return Promise.resolve({ kind: "client_gone" });

  return new Promise((resolve) => {
    const api = askApi(exchange, settings);
    const early = head.length > 0 ? [head] : [];
    let earlyBytes = head.length;

    const connectTimer = new SilenceTimer(clock, () => {
      giveUp({ kind: "unreachable", error: new Error("no connection in time") });
    });
    const headTimer = new SilenceTimer(clock, () => giveUp({ kind: "timeout" }));

    const onEarlyData = (chunk: Buffer) => {
      early.push(chunk);
      earlyBytes += chunk.length;
      if (earlyBytes > MOST_EARLY_BYTES) browser.pause();
    };
    const onBrowserGone = () => giveUp({ kind: "client_gone" });
    const letGo = () => {
      connectTimer.stop();
      headTimer.stop();
      browser.off("data", onEarlyData).off("end", onBrowserGone).off("close", onBrowserGone);
      api.removeAllListeners().on("error", () => {});
    };
    const giveUp = (outcome: HandshakeOutcome) => {
      letGo();
      api.destroy();
      // Half closed is gone for a WebSocket, and nobody else would ever end what the parser has let go of.
      if (outcome.kind === "client_gone") browser.destroy();
      resolve(outcome);
    };

    // Read from the start, or nobody would notice that the browser leaves.
    browser.on("data", onEarlyData).on("end", onBrowserGone).on("close", onBrowserGone);
    connectTimer.restart(connectTimeoutMs);
    headTimer.restart(route.responseHeaderTimeoutMs);
    api.once("socket", (socket) => {
      socket.once(route.target.protocol === "https:" ? "secureConnect" : "connect", () => connectTimer.stop());
    });
    api.on("error", (error: Error & { code?: string }) => {
      giveUp({ kind: error.code === "HPE_HEADER_OVERFLOW" ? "headers_too_large" : "unreachable", error: bareError(error) });
    });
    api.on("upgrade", (answer, socket, apiHead) => {
      letGo();
      if (answer.statusCode !== 101 || answer.headers.upgrade?.toLowerCase() !== "websocket") {
        socket.destroy();
        resolve({ kind: "unreachable", error: new Error("the API switched to another protocol than WebSocket") });
        return;
      }
      try {
        resolve({ kind: "open", tunnel: openTunnel(exchange, answer, apiHead, early, clock) });
      } catch (error) {
        socket.destroy();
        browser.destroy();
        resolve({ kind: "unreachable", error: bareError(error as Error) });
      }
    });
    api.on("response", (answer) => {
      const status = answer.statusCode ?? 0;
      // Node's parser takes any three digits, and its writer throws for some. A bare 101 switches to nothing.
      if (status < 200 || status > 999) {
        giveUp({ kind: "unreachable", error: new Error("the API's answer has no status of an answer") });
        return;
      }
      letGo();
      browser.resume();
      relayAnswer(exchange, answer, status, clock).then(resolve, () => {
        response.destroy();
        resolve({ kind: "cut_short", status, cause: "upstream_broke" });
      });
    });
    api.end();
  });
}

function askApi(
  exchange: Exchange,
  { maxHeaderBytes: maxHeaderSize, wayOut, connectTimeoutMs: timeoutMs, clock }: HandshakeSettings,
): ClientRequest {
  const { route, upstreamTarget } = exchange;
  const { protocol, hostname, port } = route.target;
  const headers = requestHeadersOf(exchange);
  headers.push("connection", "Upgrade", "upgrade", "websocket");
  // URL keeps the brackets of an IPv6 address.
  const address = hostname.replace(/^\[|\]$/g, "");
  const options = { hostname: address, port, path: upstreamTarget, method: "GET", headers, maxHeaderSize };
  const proxy = route.proxy ? wayOut.proxyFor(route.target) : null;
  if (protocol !== "https:") {
    return httpRequest({ ...options, agent: proxy === null ? AGENTS["http:"] : new HttpAgentThrough(proxy, { clock, timeoutMs }) });
  }
  const agent = proxy === null ? AGENTS["https:"] : new HttpsAgentThrough(proxy, { clock, timeoutMs }, false);
  // Or Node would take the name from the Host header, which is our own with `host: "public"`.
  return httpsRequest({ ...options, agent, servername: isIP(address) === 0 ? address : "" });
}

function openTunnel(exchange: Exchange, answer: IncomingMessage, apiHead: Buffer, early: readonly Buffer[], clock: Clock): Tunnel {
  const { request, response, route } = exchange;
  const browser: Socket = request.socket;
  exchange.onAnswer?.(101);
  const lines = ["HTTP/1.1 101 Switching Protocols"];
  const headers = answerHeadersOf(exchange, 101, answer.rawHeaders);
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  lines.push("connection: Upgrade", "upgrade: websocket", "", "");
  response.detachSocket(browser);
  const tunnel = new Tunnel(browser, answer.socket, { clock, idleTimeoutMs: route.bodyIdleTimeoutMs });
  browser.write(lines.join("\r\n"), "latin1");
  tunnel.start(early, apiHead);
  return tunnel;
}

/** The API's refusal of the handshake, as the plain answer that it is. */
async function relayAnswer(exchange: Exchange, answer: IncomingMessage, status: number, clock: Clock): Promise<ForwardOutcome> {
  const { request, response, route } = exchange;
  const browser = request.socket;
  exchange.onAnswer?.(status);
  writeHead(response, status, undefined, answerHeadersOf(exchange, status, answer.rawHeaders));
  return new Promise((resolve) => {
    let cause: CutCause | null = null;
    const cut = (why: CutCause) => {
      cause = why;
      answer.destroy();
    };
    const bodyTimer = new SilenceTimer(clock, () => cut("upstream_silent"));
    const unwatch = isEventStream(answer.rawHeaders) ? exchange.watchStream?.(() => cut("session_ended")) : null;
    const onBrowserGone = () => {
      cut("client_gone");
      browser.destroy();
    };
    browser.once("end", onBrowserGone);
    const onHeard = () => bodyTimer.restart(route.bodyIdleTimeoutMs);
    onHeard();
    answer.on("data", onHeard);
    pipeline(answer, response, (error) => {
      bodyTimer.stop();
      browser.off("end", onBrowserGone);
      unwatch?.();
      if (!error) {
        resolve({ kind: "answered", status });
        return;
      }
      cause ??= response.destroyed && !answer.errored ? "client_gone" : "upstream_broke";
      response.destroy();
      resolve({ kind: "cut_short", status, cause });
    });
  });
}
