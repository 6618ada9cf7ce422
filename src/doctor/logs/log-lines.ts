import { JsonDocument } from "./json-document.js";

const NEWLINE = 10;
/** A line of ours takes some 400 bytes, one with a stack 4,000. */
const LONGEST_LINE_BYTES = 256 * 1024;
/** A document that lists what was logged begins so; what has not as many bytes yet may still become one. */
const DOCUMENT_START = /^\s*\{(?:\s*|\s*"(?:events|results)"\s*:\s*\[.*)$/s;
const LONGEST_START = 64;
/** What `aws logs tail --format json` writes above each event: when, and which stream. */
const HEADING = /^\d{4}-\d\d-\d\dT\S+ \S+$/;
/** Around the strings of `--query 'events[].message'`. */
const BRACKETS: ReadonlySet<string> = new Set(["[", "]"]);
/** Between the objects of the same with `--output text`, which is one line. JSON has no tabs in texts. */
const BETWEEN_OBJECTS = "}\t{";
/** A line in a wrapper: Docker's and Fluent Bit's `log`, journald's `MESSAGE`, CloudWatch's `message`. */
const WRAPPERS = ["log", "message", "MESSAGE"] as const;

export interface LogObject {
  readonly [name: string]: unknown;
}

export interface LogLinesReader {
  /** @param timeMs when it was written, as far as what it was wrapped in knows. */
  onObject(line: LogObject, timeMs: number | null): void;
  /** Something that is no JSON. */
  onOther(): void;
}

const isObject = (value: unknown): value is LogObject => typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The object of a line; what stands before it (the time and stream of `aws logs tail`, a container's name) is passed over. */
function objectOf(text: string): LogObject | null {
  if (text.startsWith('"')) return objectInString(text);
  const start = text.indexOf("{");
  if (start < 0) return null;
  const value = parsed(start === 0 ? text : text.slice(start));
  return isObject(value) ? value : null;
}

/** The object of a line that is a JSON string, as in a list of messages. */
function objectInString(text: string): LogObject | null {
  const message = parsed(text.endsWith(",") ? text.slice(0, -1) : text);
  const value = typeof message === "string" ? parsed(message) : undefined;
  return isObject(value) ? value : null;
}

/** The line of an event of CloudWatch Logs, or of a result of Logs Insights; null where it is neither. */
function messageOf(element: unknown): { readonly text: string; readonly timeMs: number | null } | null {
  if (isObject(element) && typeof element["message"] === "string") {
    const { message, timestamp } = element;
    return { text: message, timeMs: typeof timestamp === "number" ? timestamp : null };
  }
  if (!Array.isArray(element)) return null;
  const fields: readonly unknown[] = element;
  const field = fields.find((candidate) => isObject(candidate) && candidate["field"] === "@message");
  return isObject(field) && typeof field["value"] === "string" ? { text: field["value"], timeMs: null } : null;
}

/**
 * The objects of a log out of its bytes, in constant memory: NDJSON with or without something before each object, and the documents of CloudWatch
 * Logs and Logs Insights, of any length, one after another, in any layout.
 */
export class LogLines {
  readonly #reader: LogLinesReader;
  #rest: Buffer = Buffer.alloc(0);
  #document: JsonDocument | null = null;
  /** What was too long or broken is passed over up to the next line. */
  #skipping = false;

  constructor(reader: LogLinesReader) {
    this.#reader = reader;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    let at = 0;
    while (at < bytes.length)
      at = this.#document === null ? this.#readLine(bytes, at, false) : this.#readDocument(this.#document, bytes, at);
  }

  /** There is no more. */
  end(): void {
    const bytes = this.#rest;
    this.#rest = Buffer.alloc(0);
    let at = 0;
    while (at < bytes.length)
      at = this.#document === null ? this.#readLine(bytes, at, true) : this.#readDocument(this.#document, bytes, at);
    // Cut off.
    if (this.#document !== null) this.#reader.onOther();
    this.#document = null;
  }

  /** Reads one line, or finds that a document begins there; where to go on. */
  #readLine(bytes: Buffer, at: number, isLast: boolean): number {
    const newline = bytes.indexOf(NEWLINE, at);
    const lineEnd = newline < 0 ? bytes.length : newline;
    if (this.#skipping) {
      this.#skipping = newline < 0;
      return lineEnd + 1;
    }
    const tab = bytes.subarray(at, lineEnd).indexOf(BETWEEN_OBJECTS);
    const isCut = newline < 0 && tab < 0;
    const end = tab < 0 ? lineEnd : at + tab + 1;
    if (isCut && !isLast && bytes.length - at < LONGEST_START) return this.#wait(bytes, at);
    if (beginsDocument(bytes, at, end)) {
      this.#document = new JsonDocument(
        {
          onElement: (element) => this.#readElement(element),
          onWhole: (whole) => (isObject(whole?.value) ? this.#readObject(whole.value, null) : this.#reader.onOther()),
          onUnreadable: () => this.#reader.onOther(),
        },
        LONGEST_LINE_BYTES,
      );
      return at;
    }
    if (end - at > LONGEST_LINE_BYTES) {
      this.#reader.onOther();
      this.#skipping = isCut;
      return end + 1;
    }
    if (isCut && !isLast) return this.#wait(bytes, at);
    this.#readText(bytes.toString("utf8", at, end), null);
    return end + 1;
  }

  #wait(bytes: Buffer, at: number): number {
    this.#rest = Buffer.from(bytes.subarray(at));
    return bytes.length;
  }

  #readDocument(document: JsonDocument, bytes: Buffer, from: number): number {
    const { at, state } = document.read(bytes, from);
    if (state === "open") return at;
    this.#document = null;
    if (state === "broken") {
      this.#reader.onOther();
      this.#skipping = true;
    }
    return at;
  }

  #readElement(element: unknown): boolean {
    const message = messageOf(element);
    if (message !== null) this.#readText(message.text, message.timeMs);
    return message !== null;
  }

  #readText(text: string, timeMs: number | null): void {
    const line = text.trim();
    if (line === "" || BRACKETS.has(line) || HEADING.test(line)) return;
    const object = objectOf(line);
    if (object === null) this.#reader.onOther();
    else this.#readObject(object, timeMs);
  }

  #readObject(object: LogObject, timeMs: number | null): void {
    for (const name of WRAPPERS) {
      const inner = object[name];
      if (typeof inner !== "string" || !inner.startsWith("{")) continue;
      const line = objectOf(inner.trim());
      if (line === null) break;
      this.#reader.onObject(line, timeMs);
      return;
    }
    this.#reader.onObject(object, timeMs);
  }
}

/** A byte order mark is a space to `\s`, but its three bytes are none in latin1. */
const BYTE_ORDER_MARK = Buffer.from("\uFEFF");

function beginsDocument(bytes: Buffer, at: number, end: number): boolean {
  const start = bytes.subarray(at, at + BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? at + BYTE_ORDER_MARK.length : at;
  return DOCUMENT_START.test(bytes.toString("latin1", start, Math.min(end, start + LONGEST_START)));
}
