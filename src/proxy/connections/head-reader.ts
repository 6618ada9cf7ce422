import type { Socket } from "node:net";

const CONTINUE = Buffer.from("HTTP/1.1 100");
const HEAD_END = "\r\n\r\n";
/** Where a status begins: `HTTP/1.1 200`. */
const STATUS_AT = 9;
const ONE = 0x31;

/**
 * Stands before undici at a socket and passes over `100 (Continue)` answers, which undici takes for a broken peer. Nobody asked for one, but
 * some servers send it with every POST, and a client must be able to read it (RFC 9110 section 15.2).
 */
export class HeadReader {
  readonly #read: (size?: number) => Buffer | null;
  readonly #longestHeadBytes: number;
  readonly #onPause: () => void;
  #expecting = false;
  #heard = false;
  #held: Buffer | null = null;

  /** @param onPause called when all that has come by now has been read. */
  constructor(socket: Socket, longestHeadBytes: number, onPause: () => void) {
    this.#read = socket.read.bind(socket);
    this.#longestHeadBytes = longestHeadBytes;
    this.#onPause = onPause;
    socket.read = (size?: number) => {
      if (this.#expecting) return this.#readHead();
      const chunk: Buffer | null = this.#read(size);
      if (chunk === null) this.#onPause();
      return chunk;
    };
  }

  expectHead(): void {
    this.#expecting = true;
    this.#heard = false;
    this.#held = null;
  }

  get heard(): boolean {
    return this.#heard;
  }

  #readHead(): Buffer | null {
    const chunk = this.#read();
    if (chunk === null) return null;
    this.#heard = true;
    // The ordinary case: a head of its own, and not of an interim answer.
    if (this.#held === null && chunk.length > STATUS_AT && chunk[STATUS_AT] !== ONE) {
      this.#expecting = false;
      return chunk;
    }
    let bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = null;
    while (bytes.length >= CONTINUE.length && bytes.subarray(0, CONTINUE.length).equals(CONTINUE)) {
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) break;
      bytes = bytes.subarray(end + HEAD_END.length);
    }
    const length = Math.min(bytes.length, CONTINUE.length);
    const mayBeContinue = bytes.length < this.#longestHeadBytes && bytes.subarray(0, length).equals(CONTINUE.subarray(0, length));
    if (mayBeContinue) {
      this.#held = bytes;
      return null;
    }
    this.#expecting = false;
    return bytes;
  }
}
