import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What Node's parser takes at the end of a request line, and says nowhere which it was. */
export type Protocol = "HTTP" | "RTSP" | "ICE";

const PROTOCOLS: readonly Protocol[] = ["HTTP", "RTSP", "ICE"];
const HEAD_END = Buffer.from("\r\n\r\n");
/** A head that is longer is refused. */
const LONGEST_HEAD_BYTES = 32 * 1024;
/** What Node's parser takes other protocols with, or the beginning of that. */
const BEGINNING =
  /(?:ANNOUNCE|DESCRIBE|FLUSH|GET|GET_PARAMETER|OPTIONS|PAUSE|PLAY|POST|RECORD|REDIRECT|SET_PARAMETER|SETUP|SOURCE|TEARDOWN) |[A-Z_]{1,13}$/;

/** What of the bytes that end a message may begin the next one: none of most. A copy, or it would hold the piece that it came in. */
function beginningIn(bytes: Buffer): Buffer[] {
  if (bytes.length === 0) return [];
  const tail = bytes.subarray(-LONGEST_HEAD_BYTES);
  const start = tail.toString("latin1").search(BEGINNING);
  if (start < 0) return [];
  // Not from Node's pool, which is 64 kB itself.
  const copy = Buffer.allocUnsafeSlow(tail.length - start);
  tail.copy(copy, 0, start);
  return [copy];
}

/**
 * The bytes of a connection that hold its next request line: kept until the parser has told of the request, in as many pieces as they came, and
 * so no more than a head may be long and one piece; between requests no more than may have begun one.
 */
export class RequestLine {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #latest: IncomingMessage | null = null;
  /** Whether a request was told of within the present piece. */
  #told = false;
  /** Whether the present piece began within a request's body. */
  #inBody = false;
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

  /** How many bytes are kept at present. */
  get keptBytes(): number {
    return this.#pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
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
    const isInBody = this.#latest?.complete === false;
    if (isInBody) this.#pieces = [];
    else if (this.#told || this.#inBody) {
      // Behind a request that is whole the next one may have begun, and has no end in this piece.
      const headEnd = piece.lastIndexOf(HEAD_END);
      this.#pieces = beginningIn(headEnd < 0 ? piece : piece.subarray(headEnd + HEAD_END.length));
    }
    this.#told = false;
    this.#inBody = isInBody;
  };
}
