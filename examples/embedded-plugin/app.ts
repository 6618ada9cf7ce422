import { type BffPluginOptions, cognitoBff } from "cognito-bff";
import fastify, { type FastifyInstance } from "fastify";

/** An app of one's own: sign-in and proxied calls come from the plugin, everything else is the app's. */
export async function buildApp(options: BffPluginOptions): Promise<FastifyInstance> {
  const app = fastify({ logger: { level: "warn" } });
  await app.register(cognitoBff, options);

  // Open to everybody: nothing of the plugin runs here.
  app.get("/", async (_request, reply) =>
    reply.type("text/html").send(`<!doctype html><title>Embedded</title><a href="/auth/login?return_to=/greeting">Sign in</a>`),
  );

  // Behind the session: the hook refreshes it where needed, and answers with the reason where there is none.
  app.get("/greeting", { onRequest: app.bff.requireSession }, async (request) => {
    // Null on routes without the hook, which is why the type has it.
    if (request.bff === null) throw new Error("requireSession has filled this in");
    return { hello: request.bff.user.email, groups: request.bff.user.groups };
  });

  // The plugin's metrics, to be served wherever the app's own are.
  app.get("/metrics", async (_request, reply) => {
    const { contentType } = app.bff.metrics;
    return reply.type(contentType).send(await app.bff.metrics.metrics());
  });
  return app;
}
