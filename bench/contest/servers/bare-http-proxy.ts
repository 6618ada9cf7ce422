/*
 * @fastify/http-proxy as its README shows it, before the API in process.env.UPSTREAM. Its one addition makes it carry what ours does: the cookie stays
 * here, and the API gets process.env.AUTHORIZATION.
 */
import httpProxy from "@fastify/http-proxy";
import fastify from "fastify";
import { listening } from "./listening.js";

const authorization = process.env["AUTHORIZATION"] ?? "";
const app = fastify();
app.register(httpProxy, {
  upstream: process.env["UPSTREAM"] ?? "",
  prefix: "/api",
  rewritePrefix: "/api",
  replyOptions: {
    rewriteRequestHeaders: (_request, headers) => {
      delete headers.cookie;
      headers.authorization = authorization;
      return headers;
    },
  },
});
await app.listen({ host: "127.0.0.1", port: 0 });
listening(app.server);
