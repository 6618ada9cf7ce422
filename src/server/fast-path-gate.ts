import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Config } from "../config/config.js";
import { createFastPath, type FastPathOptions } from "../http/calls/fast-path.js";
import type { Tracer } from "../telemetry/tracing.js";
import { forwardedForOf } from "./peers.js";
import { writesRequests } from "./request-observer.js";

/** The fast path of a server, for as long as nobody is left out by it. */
export interface FastPathGate {
  readonly takes: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Whoever adds a hook or a route to the server's app from now on has it called: every call takes the long way then. */
  closeAtAdditions(): void;
}

export interface FastPathParts extends Omit<FastPathOptions, "forwardedFor" | "isTooLate" | "logsRequests" | "longWay"> {
  readonly config: FastPathOptions["config"] & Pick<Config, "trustProxy">;
  readonly tracer: Tracer | null;
}

/** Closed from the start where traces are wanted, whose context Fastify's hooks hand on. */
export function openFastPath(app: FastifyInstance, parts: FastPathParts, isTooLate: (request: IncomingMessage) => boolean): FastPathGate {
  let isOpen = parts.tracer === null;
  const fastPath = createFastPath({
    ...parts,
    forwardedFor: forwardedForOf(parts.config.trustProxy),
    isTooLate,
    logsRequests: writesRequests(app),
    longWay: app.routing,
  });
  return {
    takes: (request, response) => isOpen && fastPath(request, response),
    closeAtAdditions() {
      const close = () => {
        isOpen = false;
      };
      app.addHook("onRoute", close);
      const { addHook } = app;
      app.addHook = function addHookAndClose(this: FastifyInstance, ...given: Parameters<typeof addHook>) {
        close();
        return addHook.apply(this, given);
      } as typeof addHook;
    },
  };
}
