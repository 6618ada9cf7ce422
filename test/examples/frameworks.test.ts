import { readFileSync } from "node:fs";
import t from "tap";

const ROOT = new URL("../../../examples/", import.meta.url);
const FRAMEWORKS = ["react", "vue", "svelte"];

// Each is whole, for whoever takes it along; what is not the framework's own reads the same in all.
t.test("the examples with frameworks differ in what is the framework's alone", async (t) => {
  for (const path of ["src/session.ts", "src/shop.ts", "src/style.css", ".npmrc"]) {
    const [first, ...others] = FRAMEWORKS.map((framework) => readFileSync(new URL(`${framework}/${path}`, ROOT), "utf8"));
    for (const other of others) t.equal(other, first, path);
  }
});
