import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { Cancel, Clock } from "../../model/clock.js";
import type { Log } from "../../model/log.js";
import type { WayOut } from "../../network/way-out.js";
import type { Exchange, ForwardOutcome } from "../../proxy/forward.js";
import { shakeHands } from "../../proxy/tunnel/handshake.js";
import type { Tunnel } from "../../proxy/tunnel/tunnel.js";
import type { WatchEnd } from "../../session/session-watch.js";
import { SERVICE_RESTART_CODE, SESSION_ENDED_CODE } from "../../wire/close-codes.js";
import { closeLingering } from "./lingering-close.js";
import type { RequestLines } from "./request-line.js";
import type { Protocol } from "./request-line-bytes.js";
import { ownListener, shareEvent } from "./shared-event.js";

/** Calls back once, when the session that a tunnel was opened with has ended, until it is cancelled. */
export type WatchEnding = (onEnded: (end: WatchEnd) => void) => Cancel;

export interface UpgradesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait for a connection to the API, TLS included. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** The proxy of the routes that ask for it. */
  readonly wayOut: WayOut;
  /** Longest head of the API's answer. */
  readonly maxHeaderBytes: number;
}

/** WebSocket handshakes: they take the way of every call through hooks and routes, and end in a tunnel instead of an answer. */
export interface Upgrades {
  /**
   * Takes the upgrades of the app's server. A WebSocket handshake is routed like a call, so that a refusal is a plain answer on a connection
   * that closes; any other protocol is ignored (RFC 9110 section 7.8) and its request served as if it had not asked.
   *
   * @param accepts which requests are ours in an app that may have sockets of its own: all by default. The others are left to whoever else
   *   listens.
   */
  listen(app: FastifyInstance, lines: RequestLines, accepts?: (request: IncomingMessage) => boolean): void;
  /** Whether a request is a WebSocket handshake that `forward` can take. */
  isHandshake(request: IncomingMessage): boolean;
  /** Hands a handshake on; the tunnel closes with 4401 when the session it was opened with ends. Null: with none. Never rejects. */
  forward(exchange: Exchange, watchEnding: WatchEnding | null): Promise<ForwardOutcome>;
  /** Closes every tunnel on a frame boundary, and those that are still to come at once. */
  closeAll(code: number, reason: string): void;
  /** How many tunnels are open. */
  readonly size: number;
}

export function createUpgrades(options: UpgradesOptions): Upgrades {
  const { clock, log, connectTimeoutMs, maxHeaderBytes, wayOut } = options;
  /** What came behind the head of a handshake, for as long as its request lives. */
  const handshakes = new WeakMap<IncomingMessage, Buffer>();
  const tunnels = new Set<Tunnel>();
  let closing: { readonly code: number; readonly reason: string } | null = null;

  function keep(tunnel: Tunnel, watchEnding: WatchEnding | null): void {
    const end = (end: WatchEnd) =>
      end === "unconfirmed"
        ? tunnel.close(SERVICE_RESTART_CODE, "store_unavailable")
        : tunnel.close(SESSION_ENDED_CODE, `${end.reason} ${end.cause}`);
    const unwatch: Cancel = watchEnding ? watchEnding(end) : () => {};
    tunnels.add(tunnel);
    tunnel.onClosed(() => {
      tunnels.delete(tunnel);
      unwatch();
    });
    if (closing) tunnel.close(closing.code, closing.reason);
  }

  return {
    listen(app, lines, accepts = () => true) {
      const shareOf = shareEvent(app.server, "upgrade", accepts);
      const take = ownListener((request: IncomingMessage, _socket: Duplex, head: Buffer) => {
        const share = shareOf(request);
        if (share === "others") return;
        // The parser has let go of the socket, and with it of its errors.
        request.socket.on("error", () => {});
        const protocol = lines.protocolOf(request);
        if (share === "nobodys" || protocol !== "HTTP" || !isWebSocket(request)) {
          serveWithoutUpgrade(app.server, request, protocol, head, clock);
          return;
        }
        handshakes.set(request, head);
        const response = answerTo(request, clock);
        if (response) app.routing(request, response);
      });
      // Before anybody else: @fastify/websocket would route our handshakes as well, and finds the socket taken.
      app.server.prependListener("upgrade", take);
    },
    isHandshake: (request) => handshakes.has(request),
    async forward(exchange, watchEnding) {
      const head = handshakes.get(exchange.request) ?? Buffer.alloc(0);
      handshakes.delete(exchange.request);
      const outcome = await shakeHands(exchange, head, { clock, connectTimeoutMs, maxHeaderBytes, wayOut });
      if (outcome.kind !== "open") return outcome;
      keep(outcome.tunnel, watchEnding);
      return { kind: "answered", status: 101 };
    },
    closeAll(code, reason) {
      closing = { code, reason };
      if (tunnels.size > 0) log.info({ tunnels: tunnels.size, close_code: code }, "closing WebSockets");
      for (const tunnel of tunnels) tunnel.close(code, reason);
    },
    get size() {
      return tunnels.size;
    },
  };
}

const tokensOf = (value: string | undefined) => (value ?? "").split(",").map((token) => token.trim().toLowerCase());

/** RFC 9110 section 7.8: a server ignores the Upgrade of an HTTP/1.0 request. */
function isWebSocket({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === "1.1" && tokensOf(headers.upgrade).includes("websocket");
}

/** A response on the connection that the request came on; null, and the connection gone, where an earlier answer is still being written. */
function answerTo(request: IncomingMessage, clock: Clock): ServerResponse | null {
  const { socket } = request;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket);
  } catch {
    // Behind a call whose answer is not out yet (pipelined): no client of WebSockets does that.
    socket.destroy();
    return null;
  }
  response.once("finish", () => closeLingering(socket, clock));
  return response;
}

// keep-alive: an HTTP/1.0 client would go on upgrading on one connection for ever.
const ABOUT_UPGRADE: ReadonlySet<string> = new Set(["upgrade", "http2-settings", "keep-alive"]);

/**
 * Serves a request without its Upgrade: Java's and curl's clients offer `h2c` with ordinary calls. Node hands over every request with an
 * Upgrade, parsed and without its body (until Node 24's `shouldUpgradeCallback`), so its head is put back in front of the body, less what it
 * said about upgrading, and the connection is the server's again. For this one request: each return leaves Node's wrappers on the socket.
 */
function serveWithoutUpgrade(server: Server, request: IncomingMessage, protocol: Protocol, body: Buffer, clock: Clock): void {
  const { socket, rawHeaders } = request;
  const lines = [`${request.method} ${request.url} ${protocol}/${request.httpVersion}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = [rawHeaders[i], rawHeaders[i + 1]];
    const key = name.toLowerCase();
    if (ABOUT_UPGRADE.has(key)) continue;
    const kept = key === "connection" ? value.split(",").filter((option) => !ABOUT_UPGRADE.has(option.trim().toLowerCase())) : [value];
    if (kept.length > 0) lines.push(`${name}: ${kept.join(",")}`);
  }
  lines.push("Connection: close");
  // Taken until every other listener has seen that it is, or @fastify/websocket would serve the request as well.
  const placeholder = answerTo(request, clock);
  if (!placeholder) return;
  setImmediate(() => {
    placeholder.detachSocket(socket);
    if (socket.destroyed) return;
    if (body.length > 0) socket.unshift(body);
    socket.unshift(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
    // Of TLS Node's server takes what is within it by another name; as a connection it would look for TLS again.
    server.emit(server instanceof HttpsServer ? "secureConnection" : "connection", socket);
  });
}
