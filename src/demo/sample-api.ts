import { createServer, type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../model/clock.js";
import { createOrderBook, type OrderBook } from "./order-book.js";
import { RequestError } from "./request-error.js";
import { createSocketEcho, type SocketEcho } from "./socket-echo.js";

/** Whom a valid ID token speaks for. */
export interface Caller {
  readonly sub: string;
  readonly email?: string;
}

export interface SampleApiOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Null: the token is not valid. A rejection means that nobody could tell, which answers 503. */
  readonly verify: (token: string) => Promise<Caller | null>;
  /** Drives `/api/slow` and `/api/events`; the machine's own by default. */
  readonly clock?: Clock;
}

export interface SampleApi {
  /** The base, without a trailing slash. */
  readonly url: string;
  /** Ends every open connection, streams included. */
  close(): Promise<void>;
}

/** What `/api/echo` answers: the request as it arrived. A body that is not UTF-8 shows replacement characters. */
export interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly orderBook: OrderBook;
}

interface Route {
  /** Undefined: any method. */
  readonly method?: string;
  readonly matches: (path: string) => boolean;
  readonly answer: (exchange: Exchange) => void | Promise<void>;
}

const LARGEST_BODY_BYTES = 10 * 1024 * 1024;
const LONGEST_DELAY_MS = 30_000;
const DEFAULT_DELAY_MS = 500;
const EVENT_INTERVAL_MS = 1_000;
const SOCKET_PATH = "/api/socket";

// Everything below /api/echo echoes too, so that odd paths can be sent through the proxy and read back.
const ROUTES: readonly Route[] = [
  { matches: (path) => path === "/api/echo" || path.startsWith("/api/echo/"), answer: echo },
  { method: "GET", matches: (path) => path === "/api/slow", answer: slow },
  { method: "GET", matches: (path) => path === "/api/events", answer: events },
  { method: "GET", matches: (path) => path === "/api/orders", answer: placedOrders },
  { method: "POST", matches: (path) => path === "/api/orders", answer: placeOrder },
  { method: "GET", matches: (path) => path === SOCKET_PATH, answer: upgradeRequired },
];

/**
 * The API behind the demo's proxy. It knows nothing of sessions: it verifies the ID token of every call and answers its own 401 without one.
 *
 * Rejects when the address cannot be listened on.
 */
export async function startSampleApi(options: SampleApiOptions): Promise<SampleApi> {
  const clock = options.clock ?? systemClock;
  const orderBook = createOrderBook();

  const server = createServer((request, response) => {
    handle(request, response, options.verify, clock, orderBook).catch((error: unknown) => fail(response, error));
  });
  const sockets = createSocketEcho();
  server.on("upgrade", (request: IncomingMessage, _socket, head: Buffer) => {
    upgrade(request, head, sockets, options.verify).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });

  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        sockets.close();
        server.closeAllConnections();
      }),
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  verify: SampleApiOptions["verify"],
  clock: Clock,
  orderBook: OrderBook,
): Promise<void> {
  const caller = await admit(request, response, verify);
  if (caller === null) return;
  const [path = "/", search = ""] = splitTarget(request.url ?? "/");
  const found = ROUTES.filter((route) => route.matches(path));
  const route = found.find(({ method }) => method === undefined || method === request.method);
  if (route === undefined) {
    const allowed = found.map(({ method }) => method).join(", ");
    if (allowed === "") json(response, 404, { error: "not_found" });
    else json(response, 405, { error: "method_not_allowed" }, { allow: allowed });
    return;
  }
  await route.answer({ request, response, query: new URLSearchParams(search), caller, clock, orderBook });
}

/** Whom the request's token speaks for; null when it has been answered instead. */
async function admit(request: IncomingMessage, response: ServerResponse, verify: SampleApiOptions["verify"]): Promise<Caller | null> {
  const token = bearerToken(request.headers.authorization);
  if (token === null) {
    unauthorized(response, "Bearer");
    return null;
  }
  const verdict = await verify(token).catch(() => "undecided" as const);
  if (verdict === "undecided") {
    json(response, 503, { error: "unavailable" }, { "retry-after": "1" });
    return null;
  }
  if (verdict === null) unauthorized(response, 'Bearer error="invalid_token"'); // RFC 6750, section 3.1
  return verdict;
}

/** A handshake meets the same check as a call, and the same answers where it is refused. */
async function upgrade(request: IncomingMessage, head: Buffer, sockets: SocketEcho, verify: SampleApiOptions["verify"]): Promise<void> {
  const { socket } = request;
  socket.on("error", () => {});
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once("finish", () => socket.destroySoon());
  if ((await admit(request, response, verify)) === null) return;
  if (splitTarget(request.url ?? "/")[0] !== SOCKET_PATH) {
    json(response, 404, { error: "not_found" });
    return;
  }
  response.detachSocket(socket);
  sockets.accept(request, socket, head);
}

/** RFC 9110 section 15.5.22. */
function upgradeRequired({ response }: Exchange): void {
  json(response, 426, { error: "upgrade_required" }, { upgrade: "websocket", connection: "Upgrade" });
}

async function echo({ request, response }: Exchange): Promise<void> {
  const body = await readText(request);
  const answer: Echo = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
  json(response, 200, answer);
}

function slow({ response, query, clock }: Exchange): void {
  const asked = query.get("ms") ?? String(DEFAULT_DELAY_MS);
  if (!/^\d{1,9}$/.test(asked)) throw new RequestError(400, "bad_request", "ms must be a whole number of milliseconds");
  const delayMs = Math.min(Number(asked), LONGEST_DELAY_MS);
  const cancel = clock.after(delayMs, () => json(response, 200, { waited_ms: delayMs }));
  response.once("close", cancel);
}

function events({ response, clock }: Exchange): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  let count = 0;
  let cancel = () => {};
  const send = () => {
    count += 1;
    response.write(`id: ${count}\ndata: ${JSON.stringify({ count, time: new Date(clock.now()).toISOString() })}\n\n`);
    cancel = clock.after(EVENT_INTERVAL_MS, send);
  };
  response.once("close", () => cancel());
  send();
}

function placedOrders({ response, caller, orderBook }: Exchange): void {
  json(response, 200, { orders: orderBook.of(caller) });
}

async function placeOrder({ request, response, caller, orderBook }: Exchange): Promise<void> {
  json(response, 201, orderBook.place(caller, await readText(request)));
}

/** The credentials of RFC 6750, section 2.1; null when there are none of that form. */
function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? "")?.[1] ?? null;
}

/** Path and query of a request target, as they were sent: URL would normalise what the echo is there to show. */
function splitTarget(target: string): [string, string] {
  const at = target.indexOf("?");
  return at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) throw new RequestError(413, "payload_too_large", "a body may have 10 MB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unauthorized(response: ServerResponse, challenge: string): void {
  json(response, 401, { error: "unauthorized" }, { "www-authenticate": challenge });
}

function fail(response: ServerResponse, error: unknown): void {
  // The caller left in the middle of its body: nobody is there to answer.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, code, message } = error instanceof RequestError ? error : new RequestError(500, "internal", "something went wrong");
  json(response, status, { error: code, message });
}

function json(response: ServerResponse, status: number, value: object, headers: Record<string, string> = {}): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers });
  response.end(body);
}
