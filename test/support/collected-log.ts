import { inspect } from "node:util";
import type { Log } from "../../src/model/log.js";
import { noteLogLine } from "./redaction.js";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: { readonly [name: string]: unknown };
  readonly message: string;
}

/** A log that can be read. */
export interface CollectedLog extends Log {
  readonly lines: LogLine[];
  /** Everything that was logged, both as JSON and as `inspect` shows it, to be searched for what must not be there. */
  text(): string;
  /** The lines whose message holds `part`. */
  saying(part: string): LogLine[];
}

export function collectLog(): CollectedLog {
  const lines: LogLine[] = [];
  const take = (level: LogLine["level"]) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
    noteLogLine(`${JSON.stringify(fields)} ${message}`);
  };
  return {
    lines,
    debug: take("debug"),
    info: take("info"),
    warn: take("warn"),
    error: take("error"),
    text: () => `${JSON.stringify(lines)}\n${inspect(lines, { depth: 20, showHidden: true })}`,
    saying: (part) => lines.filter((line) => line.message.includes(part)),
  };
}
