import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { compilerSays } from "../support/compiler.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const DOCUMENT = read("docs/from-amplify.md");

/** What the snippets have of the app around them. */
const APP = `declare global {
  const body: FormData;
  const note: string;
  function greet(email: string | null): void;
  function showFrontPage(): void;
  function loadOrders(): void;
  function clearPage(): void;
}
export {};
`;

const tsIn = (text: string) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);

t.test("the code of docs/from-amplify.md that takes Amplify's place compiles", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "from-amplify-"));
  t.teardown(() => rm(folder, { recursive: true }));
  // The right of each pair.
  const after = [...DOCUMENT.matchAll(/<\/td><td>([\s\S]*?)<\/td><\/tr>/g)].flatMap(([, text = ""]) => tsIn(text));
  t.ok(after.length >= 8);
  // Files of its own.
  const files = tsIn(DOCUMENT).flatMap((code) => {
    const [, name] = /^\/\/ ([\w.]+)\n/.exec(code) ?? [];
    return name === undefined ? [] : [{ name, code }];
  });
  t.same(
    files.map(({ name }) => name),
    ["session.ts", "main.ts"],
  );
  for (const { name, code } of files) await writeFile(join(folder, name), code);
  await writeFile(join(folder, "app.d.ts"), APP);
  for (const [index, code] of after.entries()) await writeFile(join(folder, `after-${index}.ts`), `${code}\nexport {};\n`);
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2023", "dom"],
    types: [],
    strict: true,
    noEmit: true,
    paths: {
      "cognito-bff-client": [fileURLToPath(new URL("dist/src/client/index.d.ts", ROOT))],
      "cognito-bff-client/element": [fileURLToPath(new URL("dist/src/element/index.d.ts", ROOT))],
    },
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  t.equal(await compilerSays(folder), "");
});

t.test("it shows the recipe as it is, and leads to files that exist", async (t) => {
  t.ok(tsIn(DOCUMENT).includes(read("examples/recipes/forget-amplify.ts")));
  const targets = [...DOCUMENT.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => target);
  t.ok(targets.length > 8);
  t.same(
    targets.filter((target) => !existsSync(new URL(target, new URL("docs/", ROOT)))),
    [],
  );
  const labels = new Set([...DOCUMENT.matchAll(/^\[([\w-]+)\]: https:/gm)].map(([, label]) => label));
  const named = [...DOCUMENT.matchAll(/\]\[([\w-]+)\]/g)].map(([, label]) => label);
  t.same([...new Set(named)].sort(), [...labels].sort(), "every source is named, and each name has its address");
});
