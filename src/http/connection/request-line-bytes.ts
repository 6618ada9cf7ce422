import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What Node's parser takes at the end of a request line, and says nowhere which it was. */
export type Protocol = "HTTP" | "RTSP" | "ICE";

const PROTOCOLS: readonly Protocol[] = ["HTTP", "RTSP", "ICE"];
const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * The bytes of a connection that hold its next request line: kept until the parser has told of the request, in as many pieces as they came, and
 * so no more than a head may be long and one piece.
 */
export class RequestLine {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #latest: IncomingMessage | null = null;
  #told = false;
  /** The pieces as text, once that is needed. */
  #text: string | null = null;
  #searched = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Before and behind the parser.
    socket.prependListener("data", this.#before).on("data", this.#behind);
  }

  /** The connection is not the parser's any more: what comes now is for whoever takes it. */
  leave(): void {
    this.#socket.off("data", this.#before).off("data", this.#behind);
  }

  /** Of requests in the order in which they are told of. */
  protocolOf(request: IncomingMessage): Protocol {
    this.#latest = request;
    this.#told = true;
    const start = `${request.method} ${request.url} `;
    if (this.#searched === 0 && this.#pieces[0]?.toString("latin1", 0, start.length + 5) === `${start}HTTP/`) {
      this.#searched = start.length;
      return "HTTP";
    }
    // In pieces, behind an empty line or another request; the parser takes several spaces for one.
    this.#text ??= Buffer.concat(this.#pieces).toString("latin1").replace(/ {2,}/g, " ");
    // Each search goes on where the last one ended: of many requests in one piece none costs more than its own length.
    for (let at = this.#text.indexOf(start, this.#searched); at >= 0; at = this.#text.indexOf(start, at + 1)) {
      const end = at + start.length;
      const protocol = PROTOCOLS.find((name) => this.#text?.startsWith(`${name}/`, end));
      if (protocol === undefined) continue;
      this.#searched = end;
      return protocol;
    }
    return "HTTP";
  }

  readonly #before = (piece: Buffer): void => {
    this.#pieces.push(piece);
    this.#text = null;
    this.#searched = 0;
  };

  readonly #behind = (piece: Buffer): void => {
    if (this.#latest?.complete === false) this.#pieces = [];
    else if (this.#told) {
      // Behind a request that is whole the next one may have begun.
      const headEnd = piece.lastIndexOf(HEAD_END);
      const rest = headEnd < 0 ? piece : piece.subarray(headEnd + HEAD_END.length);
      this.#pieces = rest.length > 0 ? [rest] : [];
    }
    this.#told = false;
  };
}
