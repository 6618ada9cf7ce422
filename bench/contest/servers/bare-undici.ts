/*
 * The least there can be: node:http and undici's dispatch, headers as they come, before the API in process.env.UPSTREAM. The cookie stays here, and the
 * API gets process.env.AUTHORIZATION, as many bytes as ours.
 */
import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { type Dispatcher, Pool } from "undici";
import { listening } from "./listening.js";

const LEFT_OUT = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "proxy-connection",
  "host",
  "cookie",
]);
const upstream = process.env["UPSTREAM"] ?? "";
const authorization = process.env["AUTHORIZATION"] ?? "";
// As many connections as there are calls: a thousand idle streams hold one each.
const pool = new Pool(upstream, { connections: null, pipelining: 1, bodyTimeout: 0 });

function headersOf({ rawHeaders }: IncomingMessage): string[] {
  const headers = ["authorization", authorization];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (!LEFT_OUT.has(name.toLowerCase())) headers.push(name, rawHeaders[i + 1] ?? "");
  }
  return headers;
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onResponseStart(controller, status) {
      const raw = (controller.rawHeaders as Buffer[] | undefined) ?? [];
      const back: string[] = [];
      for (let i = 0; i < raw.length; i += 2) {
        const name = raw[i]?.toString("latin1") ?? "";
        if (!LEFT_OUT.has(name.toLowerCase())) back.push(name, raw[i + 1]?.toString("latin1") ?? "");
      }
      response.writeHead(status, back);
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      // Or it would keep whatever a slow client has not read yet.
      controller.pause();
      response.once("drain", () => controller.resume());
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    },
  };
  const method = (request.method ?? "GET") as Dispatcher.HttpMethod;
  pool.dispatch({ path: request.url ?? "/", method, headers: headersOf(request), body: hasBody ? request : null }, handler);
});

/** A WebSocket: the handshake as it came, and then one socket to the other. */
server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
  const { hostname, port, host } = new URL(upstream);
  const headers = ["host", host, "connection", "Upgrade", "upgrade", "websocket", ...headersOf(request)];
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : []));
  const target = connect(Number(port), hostname);
  target.write(`${[`GET ${request.url} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`);
  target.write(head);
  for (const [one, other] of [
    [socket, target],
    [target, socket],
  ] as const) {
    one.pipe(other);
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
});
server.listen(0, "127.0.0.1", () => listening(server));
