import type { FastifyReply, FastifyRequest } from "fastify";
import { answerPreflight } from "../common/cors.js";

/** Who may use the controls. */
export interface ControlAccess {
  /** Values of Host under which this server is reached, in lower case. */
  readonly hosts: () => readonly string[];
  /** Browser origins that may call. */
  readonly origins: readonly string[];
}

/**
 * Keeps other sites' pages away from the controls: Host must be ours, or a page could reach us by DNS rebinding under its own name, and
 * Origin absent or allowed. Answers allowed preflights. Returns the reply when it has answered.
 */
export async function guardControls(
  access: ControlAccess,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { origin } = request.headers;
  if (!access.hosts().includes((request.headers.host ?? "").toLowerCase())) {
    return reply.code(403).send({ error: "This Host may not use the controls." });
  }
  reply.header("vary", "Origin");
  if (origin === undefined) {
    return undefined;
  }
  if (!access.origins.includes(origin)) {
    return reply.code(403).send({ error: "This Origin may not use the controls." });
  }
  if (request.method === "OPTIONS") {
    return answerPreflight(request, reply, { origin, methods: "GET, POST, DELETE", headers: "content-type" });
  }
  reply.header("access-control-allow-origin", origin);
  return undefined;
}
