import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** How many requests of one connection may wait. Browsers send none ahead. */
const MOST_WAITING = 16;

/**
 * One request at a time for each connection. Node tells of all that came together (pipelining) at once, and a connection would have as many
 * calls under way as fit into a packet; a request that waits is handled when the answer before it has left the connection to its own, and
 * never where that one was the last. To be added before any other hook.
 */
export function serveInTurn(app: FastifyInstance): void {
  const waiting = new WeakMap<Socket, number>();
  app.addHook("onRequest", (request, reply, done) => {
    const { raw: response } = reply;
    if (response.socket !== null) {
      done();
      return;
    }
    const { socket } = request.raw;
    const ahead = waiting.get(socket) ?? 0;
    if (ahead >= MOST_WAITING) {
      reply.hijack();
      socket.destroy();
      return;
    }
    waiting.set(socket, ahead + 1);
    response.once("socket", () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
      done();
    });
  });
}
