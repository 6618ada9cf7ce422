import type { FastifyReply, FastifyRequest } from "fastify";
import { type Problem, ProblemError } from "./problem.js";

/** Browsers send some twenty. */
const MOST_HEADERS = 1_000;
const HTTP_VERSIONS: ReadonlySet<string> = new Set(["1.0", "1.1"]);

/** What Node's parser lets pass and nobody behind us should have to make sense of. The connection goes with it: what follows may be meant otherwise. */
export function refuseBadMessage({ headers, raw: { httpVersion, rawHeaders } }: FastifyRequest, reply: FastifyReply): void {
  const refuse = (problem: Problem) => {
    reply.header("connection", "close");
    throw new ProblemError(problem);
  };
  // The parser takes HTTP/0.9 and HTTP/2.0 in a request line as well.
  if (!HTTP_VERSIONS.has(httpVersion)) refuse({ reason: "bad_request", detail: "This is no HTTP/1.1." });
  if (rawHeaders.length > 2 * MOST_HEADERS) refuse({ reason: "headers_too_large" });
  // RFC 9112 3.2: a request of HTTP/1.1 without Host, or with two, is malformed.
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
  if (hosts > 1 || (hosts === 0 && httpVersion === "1.1")) refuse({ reason: "bad_request", detail: "A request names exactly one Host." });
  // RFC 9112 6.1: a coding that is not understood is refused. The parser passes over all but a final `chunked`, and over an empty value.
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked")
    refuse({ reason: "bad_request", detail: "No transfer coding but chunked is known here." });
}
