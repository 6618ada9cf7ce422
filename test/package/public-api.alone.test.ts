import { readFile } from "node:fs/promises";
import t from "tap";
import { renderApiDocs } from "./api-docs.js";
import { entryPoints, readPublicSurface, renderPublicApi } from "./public-api.js";

const SURFACE = readPublicSurface();
const DOCS = new URL("../../../docs/api.md", import.meta.url);
const SNAPSHOT = new URL("../../../test/package/public-api.txt", import.meta.url);

t.test("the public surface is what test/package/public-api.txt says; a change that is meant is written there by npm run api", async (t) => {
  t.same(
    entryPoints().map(({ name }) => name),
    [
      "cognito-bff",
      "cognito-bff/client",
      "cognito-bff/element",
      "cognito-bff/react",
      "cognito-bff/vue",
      "cognito-bff/svelte",
      "cognito-bff/local-cognito",
    ],
  );
  const [now, then] = [renderPublicApi(SURFACE), await readFile(SNAPSHOT, "utf8")].map((text) => text.split("\n"));
  t.same(now, then);
});

t.test("the snapshot names no file, so that moving code changes nothing for users", async (t) => {
  t.notMatch(renderPublicApi(SURFACE), /import\(|\.js"|dist\//);
});

t.test("docs/api.md is what the published types and their comments say; npm run api writes it", async (t) => {
  const [now, then] = [renderApiDocs(SURFACE), await readFile(DOCS, "utf8")].map((text) => text.split("\n"));
  t.same(now, then);
});

t.test("everything that can be imported says what it is, and every link within the page leads somewhere", async (t) => {
  for (const { name, exported } of SURFACE.entries)
    t.same(
      exported.filter(({ comment }) => comment === "").map((declared) => declared.name),
      [],
      name,
    );
  const page = renderApiDocs(SURFACE);
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
  t.equal(new Set(anchors).size, anchors.length, "no two headings have one anchor");
  const linked = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
  t.ok(linked.length > 80);
  t.same(
    linked.filter((anchor) => !anchors.includes(anchor)),
    [],
  );
});
