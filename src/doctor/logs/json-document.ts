const NEWLINE = 10;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];
/** Space and everything below it that JSON has between its tokens. */
const SPACE = 32;
/** Deeper than any document of AWS's; what it holds of ours is text in it. */
const DEEPEST = 64;
/** The elements of a list of the document: `events[]` of CloudWatch Logs, `results[]` of Logs Insights. */
const ELEMENT_DEPTH = 3;

/** Bytes of one value while it comes, up to a bound. */
class Capture {
  #parts: Buffer[] = [];
  #bytes = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= this.#most) this.#parts.push(Buffer.from(part));
    else this.#parts = [];
  }

  /** Null where it was too long, or is not JSON after all. */
  take(): { readonly value: unknown } | null {
    if (this.#bytes > this.#most) return null;
    try {
      return { value: JSON.parse(Buffer.concat(this.#parts).toString("utf8")) };
    } catch {
      return null;
    }
  }
}

export interface DocumentReader {
  /** Whether it is what lists are read for; until one is, the document may be a whole of its own. */
  onElement(value: unknown): boolean;
  /** The document has ended, and it was none of lists with elements: null where it was too long, or no JSON. */
  onWhole(parsed: { readonly value: unknown } | null): void;
  onUnreadable(): void;
}

/**
 * One JSON document that may be of any length and stand on many lines, as its bytes come: the elements of its lists are handed on one by one and
 * forgotten. It looks at brackets and texts alone; each element is parsed on its own.
 */
export class JsonDocument {
  readonly #reader: DocumentReader;
  readonly #mostBytes: number;
  readonly #kinds = new Uint8Array(DEEPEST + 1);
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** The last byte that was no space. */
  #last = 0;
  #element: Capture | null = null;
  /** Null once it is known for one with lists of elements. */
  #whole: Capture | null;

  constructor(reader: DocumentReader, mostBytes: number) {
    this.#reader = reader;
    this.#mostBytes = mostBytes;
    this.#whole = new Capture(mostBytes);
  }

  /** Reads on from `from`, where it begins. `at`: where to go on; `ended`: the document has, or it is `broken`. */
  read(bytes: Buffer, from: number): { readonly at: number; readonly state: "open" | "ended" | "broken" } {
    let kept = from;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#inText) {
        // JSON has no line breaks in texts: this is no document, or it was cut off.
        if (byte === NEWLINE) return { at, state: "broken" };
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inText = false;
        continue;
      }
      if (byte <= SPACE) continue;
      const before = this.#last;
      this.#last = byte;
      if (byte === QUOTE) this.#inText = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        if (!this.#mayOpen(before)) return { at, state: "broken" };
        this.#depth += 1;
        this.#kinds[this.#depth] = byte;
        if (this.#depth === ELEMENT_DEPTH && this.#kinds[ELEMENT_DEPTH - 1] === OPEN_LIST) {
          this.#keep(bytes, kept, at);
          kept = at;
          this.#element = new Capture(this.#mostBytes);
        }
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        if (this.#kinds[this.#depth] !== (byte === CLOSE_LIST ? OPEN_LIST : OPEN_OBJECT)) return { at, state: "broken" };
        this.#depth -= 1;
        if (this.#element !== null && this.#depth < ELEMENT_DEPTH) {
          this.#keep(bytes, kept, at + 1);
          kept = at + 1;
          this.#endElement();
        }
        if (this.#depth === 0) {
          this.#keep(bytes, kept, at + 1);
          if (this.#whole !== null) this.#reader.onWhole(this.#whole.take());
          return { at: at + 1, state: "ended" };
        }
      }
    }
    this.#keep(bytes, kept, bytes.length);
    return { at: bytes.length, state: "open" };
  }

  /** A value follows a colon in an object, a comma or the bracket in a list: else another document begins where this one was cut off. */
  #mayOpen(before: number): boolean {
    if (this.#depth === 0) return true;
    if (this.#depth >= DEEPEST) return false;
    return this.#kinds[this.#depth] === OPEN_OBJECT ? before === COLON : before === OPEN_LIST || before === COMMA;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const part = bytes.subarray(from, to);
    this.#whole?.add(part);
    this.#element?.add(part);
  }

  #endElement(): void {
    const parsed = this.#element?.take() ?? null;
    this.#element = null;
    if (parsed === null) this.#reader.onUnreadable();
    else if (this.#reader.onElement(parsed.value)) this.#whole = null;
  }
}
