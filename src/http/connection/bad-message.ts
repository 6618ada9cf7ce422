import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Problem, ProblemError } from "../problem/problem.js";

/** Browsers send some twenty. */
const MOST_HEADERS = 1_000;
const HTTP_VERSIONS: ReadonlySet<string> = new Set(["1.0", "1.1"]);
const HIGHEST_PORT = 65_535;

/** What Node's parser lets pass and nobody behind us should have to make sense of; null: nothing. */
export function messageFault({ headers, httpVersion, rawHeaders }: IncomingMessage): Problem | null {
  // The parser takes HTTP/0.9 and HTTP/2.0 in a request line as well.
  if (!HTTP_VERSIONS.has(httpVersion)) return { reason: "bad_request", detail: "This is no HTTP/1.1." };
  if (rawHeaders.length > 2 * MOST_HEADERS) return { reason: "headers_too_large" };
  // RFC 9112 3.2: a request of HTTP/1.1 without Host, or with two, is malformed.
  const hosts = hostsIn(rawHeaders);
  if (hosts > 1 || (hosts === 0 && httpVersion === "1.1")) return { reason: "bad_request", detail: "A request names exactly one Host." };
  if (hosts === 1 && !isHost(headers.host ?? "")) return { reason: "bad_request", detail: "The Host is neither a name nor an address." };
  // RFC 9112 6.1: a coding that is not understood is refused. The parser passes over all but a final `chunked`, and over an empty value.
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked")
    return { reason: "bad_request", detail: "No transfer coding but chunked is known here." };
  return null;
}

/** Refuses such a message. The connection goes with it: what follows may be meant otherwise. */
export function refuseBadMessage({ raw }: FastifyRequest, reply: FastifyReply): void {
  const problem = messageFault(raw);
  if (problem === null) return;
  reply.header("connection", "close");
  throw new ProblemError(problem);
}

function hostsIn(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts;
}

// RFC 3986 section 3.2.2: an address in brackets, or a name of unreserved characters, sub-delims and escapes.
const HOST = /^(?:\[([\dA-Fa-f:.]+)\]|(?:[\w.~!$&'()*+,;=-]|%[\dA-Fa-f]{2})+)(?::(\d*))?$/;

/**
 * Whether it is a Host of RFC 9112 section 3.2. The grammar has an empty one too, for targets that have no authority (RFC 9110 section 7.2);
 * those of http and https always have one (RFC 9110 section 4.2.1), and no others are served here.
 */
function isHost(value: string): boolean {
  const [host, address, port = ""] = HOST.exec(value) ?? [];
  return host !== undefined && (address === undefined || isIPv6(address)) && Number(port) <= HIGHEST_PORT;
}
