import type { FastifyReply } from "fastify";
import type { Visit } from "../problem/request-state.js";
import type { SessionGate } from "./session-gate.js";

/** Puts on an answer what a visit has changed of the browser's session cookies. What an API answers gets them with its head. */
export function addSessionCookies(reply: FastifyReply, gate: Pick<SessionGate, "cookiesFor">, visit: Visit | null): void {
  for (const value of visit ? gate.cookiesFor(visit) : []) reply.header("set-cookie", value);
}
