import { isIP } from "node:net";
import { Secret } from "../../model/secret.js";
import { formatDuration, parseDuration } from "./duration.js";
import { accepted, type Decoded, type Kind, refused } from "./kind.js";
import { isFlag, isNumberOrText, isOneOf, isText } from "./raw.js";

/** The entries of a comma or newline separated text, or of a list: trimmed, empty ones dropped (a trailing comma says nothing). */
export function entriesOf(raw: string | readonly string[]): string[] {
  const entries = typeof raw === "string" ? raw.split(/[,\n]/) : raw;
  return entries.map((entry) => entry.trim()).filter((entry) => entry !== "");
}

/** One of a fixed set of words. */
export function choice<const V extends string>(...values: V[]): Kind<V, V> {
  return {
    admits: isOneOf(values),
    expected: values.map((value) => `\`${value}\``).join(values.length === 2 ? " or " : ", "),
    decode: (raw) => accepted(raw),
    show: (value) => value,
  };
}

/** A text that passes a test. */
export function text(expected: string, test: (raw: string) => boolean): Kind<string, string> {
  return {
    admits: isText,
    expected,
    decode: (raw) => (test(raw) ? accepted(raw) : refused(expected)),
    show: (value) => value,
  };
}

/** A text that passes a test and is never shown. */
export function secretText(expected: string, test: (raw: string) => boolean): Kind<string, Secret> {
  return {
    admits: isText,
    expected,
    decode: (raw) => (test(raw) ? accepted(new Secret(raw)) : refused(expected)),
    show: String,
  };
}

/** `true` or `false`. */
export const flag: Kind<boolean | "true" | "false", boolean> = {
  admits: isFlag,
  expected: "`true` or `false`",
  decode: (raw) => accepted(raw === true || raw === "true"),
  show: String,
};

/** A whole number within a range, both ends included. */
export function integer(range: { readonly min: number; readonly max: number; readonly what: string }): Kind<string | number, number> {
  const expected = `${range.what}: a whole number from ${range.min} to ${range.max}`;
  return {
    admits: isNumberOrText,
    expected,
    decode(raw) {
      const number = typeof raw === "number" ? raw : /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
      return number >= range.min && number <= range.max ? accepted(number) : refused(expected);
    },
    show: String,
  };
}

/** A duration with its unit, within a range, both ends included; in milliseconds. */
export function duration(range: { readonly minMs: number; readonly maxMs: number }): Kind<string, number> {
  const expected = `a duration with its unit (500ms, 90s, 15m, 12h, 30d), from ${formatDuration(range.minMs)} to ${formatDuration(range.maxMs)}`;
  return {
    admits: isText,
    expected,
    decode(raw) {
      const reading = parseDuration(raw);
      switch (reading.kind) {
        case "no_unit":
          return refused(askForUnit(reading.number));
        case "malformed":
          return refused(expected);
        case "duration":
          return reading.ms >= range.minMs && reading.ms <= range.maxMs ? accepted(reading.ms) : refused(expected);
      }
    },
    show: formatDuration,
    explain: (raw) => [{ expected: typeof raw === "number" ? askForUnit(String(raw)) : expected }],
  };
}

function askForUnit(number: string): string {
  return `${number} what? write ${number}s, ${number}m, ${number}h or ${number}d`;
}

/** Another kind, or `off`, which is null. */
export function orOff<R, T>(kind: Kind<R, T>): Kind<R, T | null> {
  const expected = `\`off\`, or ${kind.expected}`;
  return {
    ...kind,
    expected,
    decode(raw): Decoded<T | null> {
      return raw === "off" ? accepted(null) : kind.decode(raw);
    },
    show: (value) => (value === null ? "off" : kind.show(value)),
  };
}

const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["GiB", 1_073_741_824],
  ["MiB", 1_048_576],
  ["KiB", 1_024],
  ["", 1],
]);

/** A number of bytes, bare or in KiB, MiB, GiB, within a range. */
export function byteSize(range: { readonly min: number; readonly max: number; readonly such: string }): Kind<string | number, number> {
  const expected = `a number of bytes from ${formatBytes(range.min)} to ${formatBytes(range.max)}, such as ${range.such}`;
  return {
    admits: isNumberOrText,
    expected,
    decode(raw) {
      const [, digits, unit = ""] = /^(\d{1,15})(KiB|MiB|GiB)?$/.exec(String(raw)) ?? [];
      const bytes = digits === undefined ? Number.NaN : Number(digits) * (BYTES_PER_UNIT.get(unit) ?? Number.NaN);
      return bytes >= range.min && bytes <= range.max ? accepted(bytes) : refused(expected);
    },
    show: formatBytes,
  };
}

function formatBytes(bytes: number): string {
  for (const [unit, size] of BYTES_PER_UNIT) {
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))*$/;

/** An address to listen on. */
export const listenHost = text("an IP address or a host name, without port and brackets", (raw) => {
  const looksNumeric = /^[\d.]+$/.test(raw);
  return isIP(raw) !== 0 || (!looksNumeric && HOST_NAME.test(raw));
});
