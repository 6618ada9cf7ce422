import { readFile } from "node:fs/promises";
import t from "tap";
import { olderNodeAdvice } from "../../src/commands/node-version.js";

t.test("an older Node.js than package.json's engines is answered with one line, and no other", async (t) => {
  const { engines } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as {
    engines: { node: string };
  };
  const [, recommended = ""] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
  for (const version of [`${recommended}.0`, "22.23.3", "23.0.0", "24.21.0", "100.1.0"]) t.equal(olderNodeAdvice(version), null, version);
  for (const version of ["20.20.2", "22.11.0", "8.17.0"]) {
    const advice = olderNodeAdvice(version) ?? "";
    t.match(advice, `Node.js ${recommended} or newer is recommended: install it before`);
    t.match(advice, ` no longer run on ${version}, which this is`);
    t.notMatch(advice, "\n");
  }
});
