/** RFC 6455 section 5.2: two bytes, up to eight of extended length, and four of a mask. */
const SHORTEST_HEADER_BYTES = 2;
const MASK_BYTES = 4;
const OPCODE_CLOSE = 0x8;
/** RFC 6455 section 5.5: a control frame holds 125 bytes, two of which are the close code. */
const LONGEST_REASON_BYTES = 123;

/**
 * Finds where frames end in one direction of a WebSocket, however the bytes are cut into chunks. It keeps three numbers and no byte. It judges
 * nothing: what makes a frame wrong is for the two ends to say.
 */
export class FrameTracker {
  #headerSeen = 0;
  #headerBytes = SHORTEST_HEADER_BYTES;
  // Up to 2^64; that it is rounded above 2^53 matters to nobody, since such a frame takes centuries.
  #payloadLeft = 0;
  #opcode = 0;
  #closed = false;

  /** Whether the bytes so far end with a whole frame: the only place where a frame of somebody else's may stand. */
  get atBoundary(): boolean {
    return this.#headerSeen === 0;
  }

  /** Whether a whole Close frame has gone by: nothing may follow it (RFC 6455 section 5.5.1). */
  get closed(): boolean {
    return this.#closed;
  }

  /** Follows `bytes` from `from` up to the next end of a frame, or to their own end where that comes first; gives the offset reached. */
  next(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#headerSeen < this.#headerBytes) {
        this.#readHeader(bytes[at] ?? 0);
        at += 1;
      } else {
        const taken = Math.min(this.#payloadLeft, bytes.length - at);
        this.#payloadLeft -= taken;
        at += taken;
      }
      if (this.#headerSeen === this.#headerBytes && this.#payloadLeft === 0) {
        this.#closed ||= this.#opcode === OPCODE_CLOSE;
        this.#headerSeen = 0;
        this.#headerBytes = SHORTEST_HEADER_BYTES;
        return at;
      }
    }
    return at;
  }

  /** Follows all of `bytes`. */
  follow(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.next(bytes, at);
  }

  #readHeader(byte: number): void {
    const index = this.#headerSeen;
    this.#headerSeen += 1;
    if (index === 0) {
      this.#opcode = byte & 0x0f;
      return;
    }
    if (index === 1) {
      const length = byte & 0x7f;
      const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
      this.#headerBytes = SHORTEST_HEADER_BYTES + extended + ((byte & 0x80) === 0 ? 0 : MASK_BYTES);
      this.#payloadLeft = extended === 0 ? length : 0;
      return;
    }
    const isMask = index >= this.#headerBytes - MASK_BYTES && this.#masked;
    if (!isMask) this.#payloadLeft = this.#payloadLeft * 256 + byte;
  }

  /** Headers have 2, 4 or 10 bytes without a mask and 6, 8 or 14 with one. */
  get #masked(): boolean {
    return this.#headerBytes === 6 || this.#headerBytes === 8 || this.#headerBytes === 14;
  }
}

/**
 * A server's Close frame, which is not masked (RFC 6455 section 5.5.1).
 *
 * @param code 1000 to 4999.
 * @param reason cut at 123 bytes of UTF-8, never within a character.
 */
export function closeFrame(code: number, reason: string): Buffer {
  const text = new Uint8Array(LONGEST_REASON_BYTES);
  const { written } = new TextEncoder().encodeInto(reason, text);
  return Buffer.from([0x80 | OPCODE_CLOSE, 2 + written, code >> 8, code & 0xff, ...text.subarray(0, written)]);
}
