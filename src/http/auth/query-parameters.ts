import type { FastifyRequest } from "fastify";
import { ProblemError } from "../problem/problem.js";

/** The query's parameters. One that stands twice is ambiguous, and different readers would pick different ones. */
export function singleParameters(request: FastifyRequest): ReadonlyMap<string, string> {
  const url = request.raw.url ?? "";
  const start = url.indexOf("?");
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(start === -1 ? "" : url.slice(start))) {
    if (parameters.has(name)) throw new ProblemError({ reason: "bad_request", detail: "A query parameter stands twice." });
    parameters.set(name, value);
  }
  return parameters;
}
