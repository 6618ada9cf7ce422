import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** The sources, since a file that was renamed leaves its compiled form behind. */
const SOURCES = new URL("../../../test/", import.meta.url);
const COMPILED = new URL("../", import.meta.url);

/** How a test file runs, by its name. */
export const KINDS = {
  /** Shares a process with others: starting one costs more than most files take. */
  quick: /(?<!\.alone|\.long|\.browser|\.installed)\.test\.ts$/,
  /** Shares a process, too, but takes seconds, so that npm run test:quick leaves it out. */
  long: /\.long\.test\.ts$/,
  /** Starts a browser of its own, which npm run test:quick does not, and shares a process with others that do. */
  browser: /\.browser\.test\.ts$/,
  /** Has a process of its own, since it starts processes, or measures what this one holds. */
  alone: /\.alone\.test\.ts$/,
  /** Installs packages of its own first, so that npm test leaves it out: npm run test:examples runs it. */
  installed: /\.installed\.test\.ts$/,
} as const;

/** Those that share a process, whose start takes more than a second of the processor: Playwright, Fastify, the AWS SDK. */
const SHARED = ["quick", "long", "browser"] as const;

/** Every test file of a kind, as paths below test/ in a fixed order; those of suites/ run others and are none themselves. */
export function filesOf(kind: keyof typeof KINDS): readonly string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.startsWith("suites/") && KINDS[kind].test(path))
    .sort();
}

/** The files that "suites/quick-2-of-3.test.ts" runs: dealt out one by one, so that every share has some of each folder. */
export function shareOf(suite: string): readonly string[] {
  const [, name, part, parts] = /^([a-z]+)-(\d+)-of-(\d+)\.test\.[jt]s$/.exec(basename(suite)) ?? [];
  const kind = SHARED.find((each) => each === name);
  if (kind === undefined) throw new Error(`${suite}: no name of a share, such as quick-1-of-3.test.ts`);
  return filesOf(kind).filter((_path, index) => index % Number(parts) === Number(part) - 1);
}

/**
 * Runs the files of a suite in this process, one after another. A failure names its own file. A file that awaits at its top level tears nothing
 * down there: from the first such teardown on, tap ends the process's tests as soon as none is waiting, and fails all that are added later.
 */
export async function runShare(suiteUrl: string): Promise<void> {
  for (const path of shareOf(fileURLToPath(suiteUrl))) await import(new URL(path.replace(/\.ts$/, ".js"), COMPILED).href);
}
