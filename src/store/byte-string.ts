/** Writes length-prefixed values one after the other. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  /** Bytes whose number the reader knows. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  uint8(value: number): this {
    return this.raw(Uint8Array.of(value));
  }

  /** An unsigned integer below 2^48. */
  uint48(value: number): this {
    const bytes = Buffer.allocUnsafe(6);
    bytes.writeUIntBE(value, 0, 6);
    return this.raw(bytes);
  }

  /** LEB128: seven bits a byte, the smallest first. */
  length(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    while (rest > 0x7f) {
      bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.push(rest);
    return this.raw(Uint8Array.from(bytes));
  }

  bytes(bytes: Uint8Array): this {
    return this.length(bytes.length).raw(bytes);
  }

  text(text: string): this {
    return this.bytes(Buffer.from(text, "utf8"));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads what a ByteWriter wrote; throws a RangeError where the bytes end too early. */
export class ByteReader {
  #offset = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  raw(count: number): Buffer {
    const end = this.#offset + count;
    if (end > this.#bytes.length) throw new RangeError("the value ends too early");
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  uint8(): number {
    return this.raw(1).readUInt8();
  }

  uint48(): number {
    return this.raw(6).readUIntBE(0, 6);
  }

  length(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.uint8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a length is too large");
  }

  bytes(): Buffer {
    return this.raw(this.length());
  }

  text(): string {
    return this.bytes().toString("utf8");
  }

  /** How many bytes are left. */
  rest(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.rest() !== 0) throw new RangeError("the value goes on too long");
  }
}
