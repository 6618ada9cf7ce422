import type { Admits } from "./raw.js";

/** What is wrong with one value. `got` only when a part of the value is meant; otherwise the whole value is. */
export interface Complaint {
  readonly expected: string;
  readonly got?: string;
}

export type Decoded<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "refused"; readonly complaints: readonly Complaint[] };

/**
 * A kind of value: how it may be written (`admits`, for an option and for the text of a variable alike), what was expected in words, and
 * how it becomes the typed value that the rest of the program sees.
 */
export interface Kind<R, T> {
  readonly admits: Admits<R>;
  readonly expected: string;
  /** Called only with what is admitted. Never throws. */
  decode(raw: R): Decoded<T>;
  /** The value as a person writes it. */
  show(value: T): string;
  /** More exact words for a value that is not admitted; absent: `expected` says enough. */
  explain?(raw: unknown): readonly Complaint[];
}

export function accepted<T>(value: T): Decoded<T> {
  return { kind: "value", value };
}

export function refused<T>(expected: string, got?: string): Decoded<T> {
  return { kind: "refused", complaints: [got === undefined ? { expected } : { expected, got }] };
}

/** Decodes whatever came in. Never throws. */
export function decodeAs<T>(kind: Kind<unknown, T>, raw: unknown): Decoded<T> {
  if (kind.admits(raw)) return kind.decode(raw);
  return kind.explain === undefined ? refused(kind.expected) : { kind: "refused", complaints: kind.explain(raw) };
}

const LONGEST_ECHO = 100;

function withoutQuery(text: string): string {
  const query = text.indexOf("?", Math.max(0, text.indexOf("://")));
  return text.includes("://") && query !== -1 ? `${text.slice(0, query)}?…` : text;
}

/**
 * A value that is not a secret, fit for a terminal and a log line; undefined when it is better not repeated: a URL may carry a password
 * before its `@`, and a text too broken to parse does not say where that password starts. Nor is a URL's query, which may be a key to it.
 */
export function echo(raw: unknown): string | undefined {
  if (typeof raw === "number" || typeof raw === "boolean" || raw === null) return String(raw);
  if (typeof raw !== "string") return Array.isArray(raw) ? "a list" : typeof raw;
  if (raw.includes("@")) return undefined;
  const visible = JSON.stringify(withoutQuery(raw))
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("\\\\", "\\")
    .replaceAll(/[\u007f-\u009f]/g, "\ufffd");
  return visible.length > LONGEST_ECHO ? `${visible.slice(0, LONGEST_ECHO)}…` : visible;
}
