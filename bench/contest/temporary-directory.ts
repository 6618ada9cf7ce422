import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepOpen } from "./closing.js";

export interface TemporaryDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** A directory that is gone once this process is. */
export function temporaryDirectory(name: string): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const drop = () => rmSync(path, { recursive: true, force: true });
  return { path, remove: keepOpen({ close: async () => drop(), drop }) };
}
