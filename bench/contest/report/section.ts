import type { MixName } from "../mixes.js";
import type { Rounds } from "../targets.js";

/** A table's row, by column. */
export type Row = Readonly<Record<string, string>>;

/** What was measured of one mix. */
export interface Section {
  readonly mix: MixName;
  readonly title: string;
  /** How it was measured, in one sentence. */
  readonly how: string;
  readonly rows: readonly Row[];
  /** What targets look at, and what it is: one figure a round, by contestant. */
  readonly unit: string;
  readonly figures: Rounds;
  /** Everything that was measured, by contestant and round. */
  readonly rounds: Readonly<Record<string, readonly object[]>>;
}

/** Lines of a Markdown table whose columns stand below each other in a terminal, too. */
export function tableOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? "").length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = cells;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rest.map(line)].join("\n");
}

export function sectionText({ title, how, rows }: Section): string {
  return `## ${title}\n\n${how}\n\n${rows.length === 0 ? "Nobody got through." : tableOf(rows)}\n`;
}
