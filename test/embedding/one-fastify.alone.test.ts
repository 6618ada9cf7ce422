import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import fastify, { type FastifyInstance } from "fastify";
import t from "tap";
import { requireOneFastify } from "../../src/server/one-fastify.js";

/** Fastify loaded a second time over the same dependencies, as npm lays out two copies whose ranges for those meet. */
function secondCopy(): () => FastifyInstance {
  const require = createRequire(import.meta.url);
  const home = dirname(require.resolve("fastify")) + sep;
  for (const path of Object.keys(require.cache)) if (path.startsWith(home)) delete require.cache[path];
  return require("fastify") as () => FastifyInstance;
}

t.test("a second copy of Fastify is known as one although both share their dependencies", async (t) => {
  const app = secondCopy()();
  t.ok(
    Object.getOwnPropertySymbols(app).some((symbol) => symbol in fastify()),
    "they do: avvio marks both alike",
  );
  t.throws(() => requireOneFastify(app), { message: /two copies of Fastify/ });
});

t.test("an app of our own copy is taken, whatever its options, and so is a part of it", async (t) => {
  for (const app of [fastify(), fastify({ logger: { level: "silent" }, trustProxy: true, exposeHeadRoutes: false })]) {
    requireOneFastify(app);
    app.register((part, _options, done) => {
      requireOneFastify(part);
      done();
    });
    await app.ready();
    await app.close();
  }
  t.pass();
});
