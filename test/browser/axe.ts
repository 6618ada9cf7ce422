import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import type { Test } from "tap";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** All rules of axe-core, what is recommended included. */
const RUN = `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary].join(": "))))`;

/** What axe-core finds on a page. */
export async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("typeof axe === 'object'"))) await page.evaluate(AXE);
  return page.evaluate<string[]>(RUN);
}

const DESKTOP = { width: 1_280, height: 720 };
const PHONE = { width: 390, height: 780 };

/** How people look at a page. */
const LOOKS = [
  { colorScheme: "light", viewport: DESKTOP },
  { colorScheme: "dark", viewport: PHONE },
  { colorScheme: "light", viewport: PHONE },
  { colorScheme: "dark", viewport: DESKTOP },
] as const;

async function isAccessibleAs(t: Test, page: Page, what: string, { colorScheme, viewport }: (typeof LOOKS)[number]): Promise<void> {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  t.same(await violationsOf(page), [], `${what}, ${colorScheme}, ${viewport.width} wide`);
}

/** That axe-core finds nothing: light and dark, on a desktop and on a phone. */
export async function isAccessible(t: Test, page: Page, what: string): Promise<void> {
  for (const look of LOOKS) await isAccessibleAs(t, page, what, look);
  await page.setViewportSize(DESKTOP);
}

let turn = 0;

/** The same for one of many pages of one make: each is looked at in one of the four ways, in turn. */
export async function isAccessibleInTurn(t: Test, page: Page, what: string): Promise<void> {
  const look = LOOKS[turn++ % LOOKS.length];
  if (look) await isAccessibleAs(t, page, what, look);
}
