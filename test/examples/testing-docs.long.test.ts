import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import t, { type Test } from "tap";

const PAGE = readFileSync(new URL("../../../docs/testing.md", import.meta.url), "utf8");
/** One file, and what the page adds to it. */
const VITEST = [...PAGE.matchAll(/```ts\n(.*?)```/gs)]
  .flatMap(([, code = ""]) => (code.includes('from "vitest"') ? [code] : []))
  .join("\n");
/** The app's own code, as the page speaks of it. */
const ORDERS = `export async function placeOrder(note) {
  const answer = await fetch("/api/orders", { method: "POST", body: note });
  return answer.status === 401 ? { ended: (await answer.json()).reason, note } : { note };
}`;

/** What the page uses of Vitest, which is no dependency of ours: its tests are collected, and run below. */
interface Collected {
  readonly tests: { readonly name: string; readonly run: () => unknown }[];
  readonly afterEach: (() => unknown)[];
  readonly afterAll: (() => unknown)[];
}

function vitestOf(t: Test, collected: Collected) {
  const expect = (actual: unknown) => ({
    toBe: (expected: unknown) => t.equal(actual, expected),
    toEqual: (expected: unknown) => t.same(actual, expected),
    toHaveLength: (length: number) => t.equal(Object(actual).length, length),
    toMatchObject: (expected: object) => t.match(actual, expected),
  });
  const real = globalThis.fetch;
  const vi = {
    stubGlobal: (name: "fetch", value: typeof fetch) => void Object.assign(globalThis, { [name]: value }),
    unstubAllGlobals: () => void Object.assign(globalThis, { fetch: real }),
  };
  return {
    expect,
    vi,
    test: (name: string, run: () => unknown) => void collected.tests.push({ name, run }),
    afterEach: (run: () => unknown) => void collected.afterEach.push(run),
    afterAll: (run: () => unknown) => void collected.afterAll.push(run),
  };
}

t.test("the tests of docs/testing.md pass as they stand", async (t) => {
  t.match(VITEST, "{ clock: cognito.clock }", "there is something to run");
  const collected: Collected = { tests: [], afterEach: [], afterAll: [] };
  // Inside the package, so that its name is known.
  const folder = mkdtempSync(fileURLToPath(new URL("./testing-docs-", import.meta.url)));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  Object.assign(globalThis, { [folder]: vitestOf(t, collected) });
  const shimmed = VITEST.replace(/import (\{[^}]*\}) from "vitest";/g, `const $1 = globalThis[${JSON.stringify(folder)}];`);
  const file = join(folder, "session.test.mjs");
  writeFileSync(join(folder, "session.test.ts"), shimmed);
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/orders.js"), ORDERS);
  const bundle = await rolldown({ input: join(folder, "session.test.ts"), external: /^[^./]/, platform: "node" });
  await bundle.write({ file });
  await bundle.close();
  await import(pathToFileURL(file).href);
  t.teardown(async () => {
    for (const run of collected.afterAll) await run();
  });
  t.equal(collected.tests.length, 6);
  for (const { name, run } of collected.tests)
    await t.test(name, async () => {
      await run();
      for (const after of collected.afterEach) await after();
    });
});
