import type { FastifyInstance } from "fastify";

/** Sets up a scope of its own: its hooks, parsers and handlers hold for the routes registered in it and nowhere else. */
export function addScope(app: FastifyInstance, setUp: (scope: FastifyInstance) => void, options: { readonly prefix?: string } = {}): void {
  void app.register((scope, _options, done) => {
    setUp(scope);
    done();
  }, options);
}
