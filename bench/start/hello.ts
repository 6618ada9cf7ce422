import fastify from "fastify";

/** The least that a Fastify app can be: one route, which answers 401, on the port it is given. */
const app = fastify();
app.get("/auth/session", async (_request, reply) => reply.code(401).send({ reason: "anonymous" }));
await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
