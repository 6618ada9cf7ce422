import { type IncomingMessage, METHODS, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { type ProblemSettings, type ReportProblem, writeProblem } from "./problem-details.js";

const HTTP_METHODS: ReadonlySet<string | undefined> = new Set(METHODS);

/**
 * Puts itself before an app's routes and refuses what Node's parser takes although it is another protocol: `GET /x RTSP/1.1`,
 * `SOURCE /x ICE/1.0`, and the methods that RTSP alone has (`DESCRIBE`). No router knows these: Fastify's would warn of a bug and print its
 * routes for each. Where an app's server is not Fastify's own (`serverFactory`), its requests are that app's to guard.
 *
 * @param accepts which requests are ours in an app that has others.
 */
export function refuseOtherProtocols(
  { server, routing }: FastifyInstance,
  settings: ProblemSettings,
  report: ReportProblem,
  accepts: (request: IncomingMessage) => boolean = () => true,
): void {
  if (!server.listeners("request").includes(routing)) return;
  server.off("request", routing);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if ((HTTP_METHODS.has(request.method) && !namesOtherProtocol(request)) || !accepts(request)) routing(request, response);
    else writeProblem({ reason: "bad_request", detail: "This is no HTTP/1.1." }, request, response, settings, report);
  });
}

/**
 * Whether a request line ends in another protocol than HTTP. The parser takes three and says nowhere which it was, so that the bytes are looked
 * at that it has in hand; a head that came in several pieces begins in none of them, and is taken for HTTP.
 */
function namesOtherProtocol({ socket, method, url }: IncomingMessage): boolean {
  const bytes = bytesInHand(socket);
  if (bytes === null) return false;
  const start = `${method} ${url} `;
  if (bytes.toString("latin1", 0, start.length + 5) === `${start}HTTP/`) return false;
  // Behind an empty line, or behind another request; the parser takes several spaces for one.
  const text = bytes.toString("latin1").replace(/ {2,}/g, " ");
  return text.includes(`${start}RTSP/`) || text.includes(`${start}ICE/`);
}

/** What Node's parser is reading while it tells of a request; null where this Node.js has it no more. */
function bytesInHand(socket: Socket): Buffer | null {
  const parser: unknown = Reflect.get(socket, "parser");
  if (typeof parser !== "object" || parser === null || !("getCurrentBuffer" in parser)) return null;
  const { getCurrentBuffer } = parser;
  const bytes: unknown = typeof getCurrentBuffer === "function" ? getCurrentBuffer.call(parser) : null;
  return Buffer.isBuffer(bytes) ? bytes : null;
}
