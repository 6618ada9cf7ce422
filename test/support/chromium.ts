import { type Browser, chromium } from "playwright-core";
import type { Test } from "tap";
import { findExecutable } from "./executable.js";

/** What distributions call it, Debian first. `test/setup.sh` looks for the same names. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"] as const;

/** The same engine without a window's parts: half of the processor time. It keeps no pages that were left. */
const WITHOUT_WINDOW = "chromium-headless-shell";

const MISSING = `none of ${NAMES.join(", ")} is on the PATH; npm run test:setup installs Chromium`;

// The sandbox needs user namespaces, which containers do not give; the rest keeps Chromium from talking to anybody but the demo.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface BrowserSuiteOptions {
  /** Whether Chromium keeps pages that were left in its back/forward cache, as it does for people; Playwright turns that off. */
  readonly keepsPages?: boolean;
}

/**
 * Runs a suite in one Chromium of its own. Without Chromium the suite is skipped by name, saying what to run; with `CI=true`, where nothing
 * may be skipped, it fails with the same sentence.
 */
export async function browserSuite(
  t: Test,
  name: string,
  suite: (t: Test, browser: Browser) => Promise<void>,
  { keepsPages = false }: BrowserSuiteOptions = {},
): Promise<void> {
  const executablePath = await findExecutable(keepsPages ? NAMES : [WITHOUT_WINDOW, ...NAMES]);
  const mayBeSkipped = process.env["CI"] !== "true";
  await t.test(name, executablePath === null && mayBeSkipped ? { skip: MISSING } : {}, async (t) => {
    if (executablePath === null) throw new Error(MISSING);
    const ignoreDefaultArgs = keepsPages ? ["--disable-back-forward-cache"] : [];
    const browser = await chromium.launch({ executablePath, args: FLAGS, ignoreDefaultArgs });
    t.teardown(() => browser.close());
    await suite(t, browser);
  });
}
