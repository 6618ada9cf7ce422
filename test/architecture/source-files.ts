import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSyntax, type Syntax } from "../support/syntax.js";

// Compiled to <out dir>/test/architecture.
export const SRC: string = fileURLToPath(new URL("../../../src", import.meta.url));

/** What browsers get as it stands: it is neither compiled nor run by Node.js. */
export const PAGE = "demo/spa";
export const isOfPage = (path: string): boolean => path.startsWith(`${PAGE}/`);

export interface SourceFile {
  /** From `src`, with `/`. */
  readonly path: string;
  readonly syntax: Syntax;
}

/** Every file below `src`, whatever it holds. */
export const paths: readonly string[] = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)))
  .sort();

/** Those with code in them. */
export const sourceFiles: readonly SourceFile[] = paths
  .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
  .map((path) => ({ path, syntax: parseSyntax(path, readFileSync(join(SRC, path), "utf8")) }));
