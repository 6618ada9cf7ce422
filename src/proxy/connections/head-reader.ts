import type { Socket } from "node:net";

const CONTINUE = Buffer.from("HTTP/1.1 100");
const HEAD_END = "\r\n\r\n";

/**
 * Stands before undici at a socket and passes over `100 (Continue)` answers, which undici takes for a broken peer. Nobody asked for one, but
 * some servers send it with every POST, and a client must be able to read it (RFC 9110 section 15.2).
 */
export class HeadReader {
  readonly #read: (size?: number) => Buffer | null;
  readonly #longestHeadBytes: number;
  #expecting = false;
  #heard = false;
  #held: Buffer | null = null;

  constructor(socket: Socket, longestHeadBytes: number) {
    this.#read = socket.read.bind(socket);
    this.#longestHeadBytes = longestHeadBytes;
    socket.read = (size?: number) => (this.#expecting ? this.#readHead() : this.#read(size));
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
