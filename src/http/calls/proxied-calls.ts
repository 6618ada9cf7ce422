import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ProblemError } from "../problem/problem.js";
import { type CallHandlerOptions, createCallHandler } from "./call-handler.js";
import { matchCall } from "./matched-call.js";

/**
 * What the hooks of somebody's own app have said of the answer to Fastify's reply, which a proxied answer goes past. @fastify/helmet writes to
 * the raw response itself, @fastify/cors does not.
 */
function handOverHeaders(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
  done();
}

/**
 * The proxied prefixes as a scope of their own. The call is handled in `onRequest`, before Fastify would look at the body: bodies are streamed,
 * whatever their type says. It is the route's own hook, not the scope's, and so the last of all: what an app registers behind the plugin comes
 * before the call as well.
 *
 * @param embedded whether the scope is in somebody's own app, whose hooks may have headers for every answer.
 */
export function proxyRoutes(app: FastifyInstance, options: CallHandlerOptions, embedded: boolean): void {
  const handleCall = createCallHandler(options);
  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    const call = matchCall(request.raw, options.routes);
    if (!call) throw new ProblemError({ reason: "not_found" });
    await handleCall(call, request, reply);
  };
  // Fastify wants a handler, too, which no call gets to: its answer is out by then.
  const route = { method: app.supportedMethods, onRequest: embedded ? [handOverHeaders, handle] : handle, handler: handle };
  for (const { prefix } of options.config.proxyRoutes) {
    const base = prefix === "/" ? "" : prefix;
    if (base !== "") app.route({ ...route, url: base });
    app.route({ ...route, url: `${base}/*` });
  }
}
