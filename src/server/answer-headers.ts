import type { FastifyInstance } from "fastify";

/**
 * What every answer of ours says beside its own headers: that its type is meant (pages and documents repeat a little of what was asked), and what
 * HSTS_MAX_AGE asks for. What an API answers goes past this: it is given the latter by the proxy, and the former is its own affair.
 */
export function addAnswerHeaders(app: FastifyInstance, transportSecurity: string | null): void {
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (!reply.hasHeader("x-content-type-options")) reply.header("x-content-type-options", "nosniff");
    if (transportSecurity !== null && !reply.hasHeader("strict-transport-security"))
      reply.header("strict-transport-security", transportSecurity);
    done();
  });
}
