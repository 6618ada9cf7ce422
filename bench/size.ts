/* What a page loads for its session: minified and gzipped sizes of the built files, each with its budget. `npm run size`. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** A file that is built, and what it may weigh at most once it is gzipped. */
interface Budget {
  readonly file: string;
  readonly most: number;
}

const KB = 1_000;

export const BUDGETS: readonly Budget[] = [{ file: "client.js", most: 5 * KB }];

const FOLDER = new URL("../src/browser/", import.meta.url);

export interface Size extends Budget {
  /** Bytes. */
  readonly minified: number;
  readonly gzipped: number;
}

export function sizeOf({ file, most }: Budget): Size {
  const content = readFileSync(new URL(file, FOLDER));
  return { file, most, minified: content.length, gzipped: gzipSync(content, { level: 9 }).length };
}

const kB = (bytes: number) => `${(bytes / KB).toFixed(3)} kB`;

/** One line for each file. */
export function renderSizes(sizes: readonly Size[]): string {
  const rows = sizes.map(({ file, minified, gzipped, most }) => [
    file,
    kB(minified),
    kB(gzipped),
    kB(most),
    gzipped <= most ? "PASS" : `FAIL by ${kB(gzipped - most)}`,
  ]);
  const table = [["file", "minified", "gzipped", "at most", ""], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const sizes = BUDGETS.map(sizeOf);
  process.stdout.write(`${renderSizes(sizes)}\n`);
  process.exitCode = sizes.every(({ gzipped, most }) => gzipped <= most) ? 0 : 1;
}
