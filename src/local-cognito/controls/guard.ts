import type { FastifyReply, FastifyRequest } from "fastify";

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
  reply.header("access-control-allow-origin", origin);
  if (request.method !== "OPTIONS") {
    return undefined;
  }
  reply.headers({
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "600",
    // https://wicg.github.io/private-network-access/: Chromium asks before a page of another address space may reach loopback.
    ...(request.headers["access-control-request-private-network"] === "true" ? { "access-control-allow-private-network": "true" } : {}),
  });
  return reply.code(204).send();
}
