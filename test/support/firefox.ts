import { type Browser, launch } from "puppeteer-core";
import type { Test } from "tap";
import { findExecutable } from "./executable.js";

/** What distributions call it, Debian first. `test/setup.sh` looks for the same names. */
const NAMES = ["firefox-esr", "firefox"] as const;

const MISSING = `none of ${NAMES.join(", ")} is on the PATH; npm run test:setup installs Firefox ESR`;

/**
 * Runs a suite in one Firefox of its own, driven by WebDriver BiDi: Playwright knows its own builds of Firefox alone. Without Firefox the suite is
 * skipped by name; with `CI=true`, where nothing may be skipped, it fails with the same sentence.
 */
export async function firefoxSuite(t: Test, name: string, suite: (t: Test, browser: Browser) => Promise<void>): Promise<void> {
  const executablePath = await findExecutable(NAMES);
  const mayBeSkipped = process.env["CI"] !== "true";
  await t.test(name, executablePath === null && mayBeSkipped ? { skip: MISSING } : {}, async (t) => {
    if (executablePath === null) throw new Error(MISSING);
    const browser = await launch({ browser: "firefox", executablePath, headless: true });
    t.teardown(() => browser.close());
    await suite(t, browser);
  });
}
