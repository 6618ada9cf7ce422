import fastify, { type FastifyInstance } from "fastify";

/** The versions that our own dependency takes; package.json says the same. */
const RANGE = ">=5.8 <6";

/**
 * Makes sure that the app was made by the Fastify that is resolved from here, and not by another copy of it: the types of two copies do not
 * fit together, `app.bff` is declared for one of them alone, and no test has seen their versions together.
 *
 * @throws Error naming both versions and the way out
 */
export function requireOneFastify(app: FastifyInstance): void {
  const ours = fastify();
  // Instances carry symbols that every copy makes for itself. Those of Symbol.for are shared, and so are those of avvio, of which two copies
  // of Fastify may use one.
  const marks = Object.getOwnPropertySymbols(ours).filter(
    (symbol) => symbol.description?.startsWith("fastify.") && Symbol.keyFor(symbol) === undefined,
  );
  if (marks.some((symbol) => symbol in app)) return;
  const where = import.meta.resolve("fastify").replace(/^file:\/\//, "");
  throw new Error(
    `cognito-bff: there are two copies of Fastify. The app is one of ${app.version}; cognito-bff has its own ${ours.version} (${where}). ` +
      `Let the app depend on fastify ${RANGE}, so that one copy serves both, then run npm dedupe; npm ls fastify shows the copies.`,
  );
}
