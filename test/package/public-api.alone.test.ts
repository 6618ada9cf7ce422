import { readFile } from "node:fs/promises";
import t from "tap";
import { entryPoints, renderPublicApi } from "./public-api.js";

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
  const [now, then] = [renderPublicApi(), await readFile(SNAPSHOT, "utf8")].map((text) => text.split("\n"));
  t.same(now, then);
});

t.test("the snapshot names no file, so that moving code changes nothing for users", async (t) => {
  t.notMatch(renderPublicApi(), /import\(|\.js"|dist\//);
});
