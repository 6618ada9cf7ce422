import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../model/clock.js";
import { CALL_METHODS, type Problem } from "../problem/problem.js";
import { type RawProblemOptions, rawProblem } from "../problem/problem-details.js";
import { closeLingering } from "./lingering-close.js";
import type { UnreadBodies } from "./unread-bodies.js";

/** What Node's HTTP parser says of a message it gave up on. */
const PARSER_PROBLEMS: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: { reason: "headers_too_large" },
  ERR_HTTP_REQUEST_TIMEOUT: { reason: "bad_request", detail: "The request did not arrive in time." },
};

export interface BrokenHttpOptions extends RawProblemOptions {
  readonly clock: Clock;
  readonly unread: Pick<UnreadBodies, "isAnswering" | "giveUp">;
}

/** Answers messages that never become a request of a route, and closes their connections: to be called before the server listens. */
export function answerBrokenHttp(server: Server, options: BrokenHttpOptions): void {
  const { clock, unread } = options;
  const latest = new WeakMap<Socket, ServerResponse>();
  const ended = new WeakSet<Socket>();
  const end = (socket: Socket, problem: Problem, request: IncomingMessage | null) => {
    ended.add(socket);
    socket.write(rawProblem(problem, request, options));
    closeLingering(socket, clock);
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => latest.set(request.socket, response));
  // The parser gave up.
  server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
    // The parser, which stumbles over every packet that still comes.
    if (ended.has(socket) && error.code !== "ECONNRESET") return;
    // Reset or already half gone: there is nobody to answer.
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const response = latest.get(socket);
    if (response && unread.isAnswering(response.req)) {
      // It has been refused already, and why is more exact than what the parser makes of its body.
      ended.add(socket);
      unread.giveUp(response.req);
      return;
    }
    if (response?.closed && !response.req.complete) {
      // The body of a call that has its answer: another would be taken for the next call's.
      ended.add(socket);
      closeLingering(socket, clock);
      return;
    }
    const problem = PARSER_PROBLEMS[error.code ?? ""] ?? { reason: "bad_request" };
    inTurn(socket, response, (request) => end(socket, problem, request));
  });
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    // RFC 9110 10.1.1: nothing but 100-continue is defined, and Node would answer the rest with a bare 417.
    if (response.socket === null) request.socket.destroy();
    else end(response.socket, { reason: "bad_request", detail: "This Expect is not known here." }, request);
    request.resume();
  });
  // Node closes the connection without a word where nobody listens.
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    socket.on("error", () => socket.destroy());
    const problem: Problem = { reason: "method_not_allowed", detail: "This is no tunnel.", allow: CALL_METHODS };
    inTurn(socket, latest.get(request.socket), () => end(socket, problem, request));
  });
}

/** For Fastify, which has an answer of its own to what its parser gives up on: `answerBrokenHttp` listens for that itself. */
export const NO_ANSWER_OF_FASTIFY = { clientErrorHandler: () => {} } as const;

/**
 * Answers when the connection is free for it: an answer put before an earlier one or into the middle of one would be taken for theirs
 * (response splitting). Where the message that broke is the body of a call whose answer has begun, the connection goes instead.
 *
 * @param latest the answer to the newest request of the connection.
 * @param answer gets the request whose body broke; null where the message is another one.
 */
function inTurn(socket: Socket, latest: ServerResponse | undefined, answer: (request: IncomingMessage | null) => void): void {
  if (latest === undefined || latest.closed) answer(null);
  else if (latest.req.complete) latest.once("close", () => (socket.writable ? answer(null) : socket.destroy()));
  // Without a socket it waits for its turn behind an earlier one (pipelining).
  else if (latest.headersSent || latest.socket === null) socket.destroy();
  else answer(latest.req);
}
