/* The plugin in a Fastify app with a log, hooks of its own and the settings in process.env.OPTIONS. */
import fastify from "fastify";
import { cognitoBff } from "../../../src/index.js";
import { listening } from "./listening.js";

const app = fastify({ logger: { level: "info" } });
await app.register(cognitoBff, JSON.parse(process.env["OPTIONS"] ?? "{}"));
await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
listening(app.server);
