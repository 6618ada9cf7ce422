import { styleText } from "node:util";
import fastify, { type FastifyBaseLogger } from "fastify";
import { printable } from "../model/terminal-text.js";

/** The colours of a line's parts; plain where nobody would see them. */
type Paint = (format: "bold" | "dim" | "red" | "yellow", text: string) => string;

const WARN = 40;
const ERROR = 50;
const UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
] as const;

/** The demo's log for somebody who reads it in a terminal: one line for each session that ends, and what else there is to warn of. */
export function terminalLog(out: (text: string) => void, isColoured: boolean): FastifyBaseLogger {
  const write = (line: string) => {
    const text = readableLine(line, isColoured);
    if (text !== null) out(`${text}\n`);
  };
  return fastify({ logger: { level: "info", stream: { write } } }).log;
}

/** A log line as people read it; null for one that the demo does not show. */
export function readableLine(line: string, isColoured: boolean): string | null {
  const { time, level, event, msg, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  // styleText would look at the process's own output.
  const paint: Paint = (format, text) => (isColoured ? styleText(format, text, { validateStream: false }) : text);
  const at = paint("dim", new Date(Number(time)).toTimeString().slice(0, 8));
  if (event === "session_expired") return `${at}  ${paint("bold", "session ended")}  ${endingOf(fields)}`;
  if (Number(level) < WARN) return null;
  const grade = Number(level) >= ERROR ? paint("red", "error") : paint("yellow", "warning");
  return `${at}  ${grade}  ${plain(msg)}${detailOf(fields)}`;
}

function endingOf({ reason, cause, age_seconds: age, session }: Readonly<Record<string, unknown>>): string {
  const after = typeof age === "number" ? `  after ${duration(age)}` : "";
  return `${plain(reason)} · ${plain(cause)}${after}  ${plain(session).slice(0, 8)}`;
}

/** What Cognito or an API said, on a line of its own. */
function detailOf({ operation, error, outcome }: Readonly<Record<string, unknown>>): string {
  const { name, message } = membersOf(error);
  const { reason } = membersOf(outcome);
  const said = [operation, name && `${plain(name)}: ${plain(message)}`, reason].filter(Boolean).map(plain);
  return said.length === 0 ? "" : `\n          ${said.join("  ")}`;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** A message may quote what somebody sent: nothing in it may move the cursor, or turn the rest of the line round. */
function plain(value: unknown): string {
  return typeof value === "string" ? printable(value.replace(/\p{Cc}+/gu, " ")) : "";
}

function duration(seconds: number): string {
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}
