import type { Readable } from "node:stream";
import type { ApiConnection } from "./connections/api-connection.js";
import type { Unanswered } from "./exchange.js";

/** How a call was sent that came to nothing. */
export interface Sending {
  readonly method: string;
  readonly body: Readable | null;
  readonly connection: ApiConnection | null;
  /** Whether the connection had carried a call before. */
  readonly kept: boolean;
  /** Whether undici had begun to write it. */
  readonly begun: boolean;
  /** Whether it was the second sending. */
  readonly again: boolean;
}

type CodedError = Error & { readonly code?: string };

/**
 * What a kept connection breaks with when the API closed it just as the call went out: undici for its end, Node for its reset.
 */
const CLOSED_UNDER_CALL: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/**
 * Over a kept connection, once. A call that never started changed nothing, whatever it is: undici had not begun to write it, or the system
 * took none of its first bytes. One that did may be repeated when it is safe and the connection closed before any of its answer came (RFC
 * 9110 section 9.2.2).
 */
export function maySendAgain({ code = "" }: CodedError, { method, body, connection, kept, begun, again }: Sending): boolean {
  if (again || !kept || !CLOSED_UNDER_CALL.has(code)) return false;
  if (!begun) return true;
  // What has been read of a body is gone.
  if (body !== null) return false;
  return connection?.refused === true || (connection?.heard === false && (method === "GET" || method === "HEAD"));
}

export function whyUnanswered(
  { code = "" }: CodedError,
  { body, begun, connection }: Sending,
): Exclude<Unanswered["kind"], "timeout" | "busy"> {
  if (code === "UND_ERR_HEADERS_OVERFLOW") return "headers_too_large";
  if (body === null || !begun || connection === null || connection.refused) return "unreachable";
  const early = !body.readableEnded || connection.writeFailed;
  return early && CLOSED_UNDER_CALL.has(code) ? "api_closed_early" : "unreachable";
}
