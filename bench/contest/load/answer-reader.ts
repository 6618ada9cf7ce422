const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/** Reads answers that come one at a time over one connection and say their length or are chunked: just enough HTTP to know when one is whole. */
export class AnswerReader {
  /** The head so far; null once it is whole. */
  #head: string | null = "";
  /** Bytes of the body to come; null where it is chunked. */
  #left: number | null = 0;
  #tail = "";

  /** Whether the answer is whole with this. @throws Error where it is none with status 200, or more than one. */
  take(chunk: Buffer): boolean {
    const body = this.#head === null ? chunk : this.#takeHead(chunk);
    if (body === null) return false;
    if (this.#left === null) {
      this.#tail = (this.#tail + body.toString("latin1")).slice(-LAST_CHUNK.length);
      if (this.#tail !== LAST_CHUNK) return false;
    } else {
      this.#left -= body.length;
      if (this.#left < 0) throw new Error("more came than one answer");
      if (this.#left > 0) return false;
    }
    this.#head = "";
    this.#tail = "";
    return true;
  }

  /** What comes behind the head; null where the head goes on. */
  #takeHead(chunk: Buffer): Buffer | null {
    const before = this.#head ?? "";
    const head = before + chunk.toString("latin1");
    const end = head.indexOf(HEAD_END);
    this.#head = end === -1 ? head : null;
    if (end === -1) return null;
    if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`answered ${head.slice(0, head.indexOf("\r"))}`);
    const [, length] = /\r\ncontent-length: *(\d+)\r\n/i.exec(head.slice(0, end + 2)) ?? [];
    this.#left = length === undefined ? null : Number(length);
    return chunk.subarray(end + HEAD_END.length - before.length);
  }
}
