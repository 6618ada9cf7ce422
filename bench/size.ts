/* What a page loads for its session: minified and gzipped sizes of the built files, each with its budget. `npm run size`. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "rolldown";

/** What a page loads, and what it may weigh at most once it is gzipped. */
interface Budget {
  readonly name: string;
  readonly most: number;
  /** Its code, minified. */
  minify(): Promise<string>;
}

const KB = 1_000;
const DIST = new URL("../src/", import.meta.url);

/** A file that the build has made. */
function builtFile(name: string, most: number): Budget {
  return { name, most, minify: () => readFile(new URL(`browser/${name}`, DIST), "utf8") };
}

/** What an app's bundle gets more by an entry point of the package, beside the client and the framework that it has already. */
function besideTheClient(name: string, most: number): Budget {
  return {
    name: `${name}, beside the client`,
    most,
    async minify() {
      const { output } = await build({
        input: fileURLToPath(new URL(`${name}/index.js`, DIST)),
        external: [/^\w/, /\/client\//],
        output: { format: "esm", minify: true },
        logLevel: "silent",
        write: false,
      });
      return output[0].code;
    },
  };
}

const WORDS = readdirSync(new URL("element/", DIST)).filter((file) => /^words\.\w+\.js$/.test(file));

export const BUDGETS: readonly Budget[] = [
  builtFile("client.js", 5 * KB),
  builtFile("element.js", 4 * KB),
  ...WORDS.map((file) => builtFile(file, KB)),
  besideTheClient("react", 1.5 * KB),
  besideTheClient("vue", 1.5 * KB),
  besideTheClient("svelte", 1.5 * KB),
];

export interface Size extends Pick<Budget, "name" | "most"> {
  /** Bytes. */
  readonly minified: number;
  readonly gzipped: number;
}

export async function sizeOf({ name, most, minify }: Budget): Promise<Size> {
  const code = Buffer.from(await minify());
  return { name, most, minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}

const kB = (bytes: number) => `${(bytes / KB).toFixed(3)} kB`;

/** One line for each file. */
export function renderSizes(sizes: readonly Size[]): string {
  const rows = sizes.map(({ name, minified, gzipped, most }) => [
    name,
    kB(minified),
    kB(gzipped),
    kB(most),
    gzipped <= most ? "PASS" : `FAIL by ${kB(gzipped - most)}`,
  ]);
  const table = [["", "minified", "gzipped", "at most", ""], ...rows];
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
  const sizes = await Promise.all(BUDGETS.map(sizeOf));
  process.stdout.write(`${renderSizes(sizes)}\n`);
  process.exitCode = sizes.every(({ gzipped, most }) => gzipped <= most) ? 0 : 1;
}
