import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";

/*
 * Which lines of the browser's own folders ran in Chromium. With NODE_V8_COVERAGE, as c8 and tap set it, pages load the compiled modules in place of
 * the built file, and what V8 says of them is left where Node leaves the same of itself.
 */

const DIST = fileURLToPath(new URL("../../src/", import.meta.url));
/** Where the modules are found while coverage is counted. */
const MODULES = "/auth/modules/";

/** Before the first page is opened. Returns what is to be awaited before the context is closed. */
export async function countCoverage(context: BrowserContext): Promise<() => Promise<void>> {
  const folder = process.env["NODE_V8_COVERAGE"];
  if (!folder) return async () => {};
  const body = `import "${MODULES}element/index.js";`;
  await context.route("**/auth/element.js", (route) => route.fulfill({ contentType: "text/javascript", body }));
  await context.route(`**${MODULES}**`, (route) => {
    const path = join(DIST, new URL(route.request().url()).pathname.slice(MODULES.length));
    return route.fulfill({ path, contentType: "text/javascript" });
  });
  const counted: Page[] = [];
  context.on("page", (page) => {
    counted.push(page);
    void page.coverage.startJSCoverage({ resetOnNavigation: false }).catch(() => {});
  });
  return async () => {
    for (const page of counted) {
      const entries = await page.coverage.stopJSCoverage().catch(() => []);
      const result = entries
        .filter(({ url }) => url.includes(MODULES))
        .map(({ scriptId, url, functions }) => ({ scriptId, url: `file://${DIST}${url.split(MODULES)[1]}`, functions }));
      if (result.length > 0) await writeFile(join(folder, `coverage-${randomUUID()}.json`), JSON.stringify({ result }));
    }
  };
}
