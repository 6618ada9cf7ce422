import fastifyCookie from "@fastify/cookie";
import fastifyCors from "@fastify/cors";
import fastifyHelmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import fastifySwagger from "@fastify/swagger";
import fastifyWebsocket from "@fastify/websocket";
import { type BffPluginOptions, cognitoBff } from "cognito-bff";
import fastify, { type FastifyInstance } from "fastify";

/** The plugin among others. `spa` is the folder of the built app: an absolute path. */
export async function buildApp(options: BffPluginOptions, spa: string): Promise<FastifyInstance> {
  const app = fastify({ logger: { level: "warn" } });
  // Its headers are on proxied answers as well. A Content-Security-Policy of the API's adds to it: both hold.
  await app.register(fastifyHelmet);
  // Who may read routes of yours from elsewhere. It opens nothing of the plugin's: calls from other origins stay refused.
  await app.register(fastifyCors, { origin: "https://partner.example.com" });
  // For cookies of yours, signed or not. The plugin reads and writes its own by itself.
  await app.register(fastifyCookie, { secret: "of the app's own cookies" });
  // Before the routes that it is to describe; the plugin's are hidden from it.
  await app.register(fastifySwagger, { openapi: { info: { title: "Reports", version: "1.0.0" } } });
  // Before the routes that it is to serve, and none of these under a proxied prefix: handshakes there are the proxy's.
  await app.register(fastifyWebsocket);

  await app.register(cognitoBff, options);

  app.get("/report", { onRequest: app.bff.requireSession }, async (request) => ({ for: request.bff?.user.email }));
  // Checked when it opens. Closing it when the session ends is up to you: ask GET /auth/session now and then.
  app.get("/live", { websocket: true, onRequest: app.bff.requireSession }, (socket, request) =>
    socket.send(`hello ${request.bff?.user.email}`),
  );
  // Last, since it takes what is left: the app's files, and its page for every other path that a browser opens.
  await app.register(fastifyStatic, { root: spa, wildcard: false });
  app.setNotFoundHandler(async (request, reply) =>
    request.method === "GET" && request.headers.accept?.includes("text/html") ? reply.sendFile("index.html") : reply.code(404).send(),
  );
  return app;
}
