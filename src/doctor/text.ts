import { styleText } from "node:util";
import { printable } from "../model/terminal-text.js";
import type { Severity } from "./finding.js";

export { COLUMNS, printable, wrapped } from "../model/terminal-text.js";

type Style = Parameters<typeof styleText>[0];
const STYLES: { readonly [severity in Severity]: Style } = { error: ["bold", "red"], warning: ["bold", "yellow"], note: "bold" };

const LONGEST_NAME = 24;

/** A name for a table: printable, and not longer than others leave room for. */
export function shortName(text: string): string {
  const shown = printable(text);
  return shown.length > LONGEST_NAME ? `${shown.slice(0, LONGEST_NAME - 1)}…` : shown;
}

/** Colours where they are wanted: on a terminal, and not against NO_COLOR. */
export function painter(colours: boolean): { severity(severity: Severity, text: string): string; strong(text: string): string } {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  return { severity: (severity, text) => paint(STYLES[severity], text), strong: (text) => paint("bold", text) };
}

export function counted(count: number, one: string): string {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}

/** Rows as columns, as wide as their widest cell; the last one is as long as it is. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
