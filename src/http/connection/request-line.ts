import { type IncomingMessage, METHODS, Server, type ServerResponse } from "node:http";
import { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { type RawProblemOptions, writeProblem } from "../problem/problem-details.js";
import { type Protocol, RequestLine } from "./request-line-bytes.js";
import { ownListener } from "./shared-event.js";

const HTTP_METHODS: ReadonlySet<string | undefined> = new Set(METHODS);

/** Tells what Node's parser takes for HTTP although its request line names another protocol: `GET /x RTSP/1.1`, `SOURCE /x ICE/1.0`. */
export interface RequestLines {
  /** To be asked for each request, and while its `request` or `upgrade` event is told. */
  protocolOf(request: IncomingMessage): Protocol;
}

/** To be called before the server listens, and before anybody else looks at its requests and upgrades. */
export function followRequestLines(server: FastifyInstance["server"]): RequestLines {
  const lines = new WeakMap<Socket, RequestLine>();
  const follow = (socket: Socket) => lines.set(socket, new RequestLine(socket));
  const leave = ownListener(({ socket }: IncomingMessage) => lines.get(socket)?.leave());
  // Of HTTPS what comes within TLS. HTTP/2 has no such line.
  if (server instanceof HttpsServer) server.on("secureConnection", follow);
  else if (server instanceof Server) server.on("connection", follow);
  server.prependListener("upgrade", leave).prependListener("connect", leave);
  return {
    protocolOf: (request) => lines.get(request.socket)?.protocolOf(request) ?? "HTTP",
  };
}

/**
 * Puts itself before an app's routes and refuses what Node's parser takes although it is another protocol, by its name or by its method:
 * RTSP alone has `DESCRIBE`. No router knows these: Fastify's would warn of a bug and print its routes for each. Where an app's server is
 * not Fastify's own (`serverFactory`), its requests are that app's to guard.
 *
 * @param accepts which requests are ours in an app that has others.
 * @param takes is asked first about what is HTTP; what it does not take goes to the app's routes.
 */
export function refuseOtherProtocols(
  { server, routing }: FastifyInstance,
  lines: RequestLines,
  options: RawProblemOptions,
  accepts: (request: IncomingMessage) => boolean = () => true,
  takes: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): void {
  if (!server.listeners("request").includes(routing)) return;
  server.off("request", routing);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const isHttp = lines.protocolOf(request) === "HTTP" && HTTP_METHODS.has(request.method);
    if (isHttp && takes(request, response)) return;
    if (isHttp || !accepts(request)) routing(request, response);
    else writeProblem({ reason: "bad_request", detail: "This is no HTTP/1.1." }, request, response, options);
  });
}
