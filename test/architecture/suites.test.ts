import { readdirSync, readFileSync } from "node:fs";
import t from "tap";

const TESTS = new URL("../../../test/", import.meta.url);
const SUITES: Readonly<Record<string, readonly string[]>> = {
  units: ["architecture", "cognito", "config", "contract", "model", "session", "store", "support"],
  proxy: ["proxy"],
  "local-cognito": ["local-cognito"],
};

const filesOf = (folder: string) => readdirSync(new URL(`${folder}/`, TESTS)).filter((name) => name.endsWith(".test.ts"));

t.test("every test file runs: by itself, or in the suite of its folder", (t) => {
  const { tap } = JSON.parse(readFileSync(new URL("../package.json", TESTS), "utf8")) as { tap: { include: string[] } };
  for (const [suite, folders] of Object.entries(SUITES)) {
    const text = readFileSync(new URL(`suites/${suite}.test.ts`, TESTS), "utf8");
    const imported = [...text.matchAll(/^import "\.\.\/(.+)\.js";$/gm)].map(([, path]) => `${path}.ts`);
    const wanted = folders.flatMap((folder) => filesOf(folder).map((name) => `${folder}/${name}`));
    t.same(imported.toSorted(), wanted.toSorted(), suite);
  }
  const alone = readdirSync(TESTS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !Object.values(SUITES).flat().includes(entry.name) && filesOf(entry.name).length > 0)
    .map(({ name }) => `dist/test/${name}/*.test.js`);
  t.same(tap.include.toSorted(), alone.toSorted());
  t.end();
});
