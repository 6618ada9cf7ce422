/* @fastify/http-proxy as its README shows it, before the API in process.env.UPSTREAM. */
import httpProxy from "@fastify/http-proxy";
import fastify from "fastify";
import { listening } from "./listening.js";

const app = fastify();
app.register(httpProxy, { upstream: process.env["UPSTREAM"] ?? "", prefix: "/api", rewritePrefix: "/api" });
await app.listen({ host: "127.0.0.1", port: 0 });
listening(app.server);
