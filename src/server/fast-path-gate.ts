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
  /**
   * Whoever adds to the server's app from now on a hook that calls would go through, or a route among an API's paths, has it called: every call takes
   * the long way then.
   */
  closeAtAdditions(): void;
}

/** Those of the server, which no call goes through. */
const HOOKS_OF_THE_SERVER: ReadonlySet<string> = new Set(["onRoute", "onRegister", "onReady", "onListen", "preClose", "onClose"]);

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
      app.addHook("onRoute", ({ url }) => {
        if (parts.routes.match(url) !== null) isOpen = false;
      });
      const { addHook } = app;
      app.addHook = function addHookAndClose(this: FastifyInstance, ...given: Parameters<typeof addHook>) {
        // A scope's hook is for the scope's own routes.
        if (this === app && !HOOKS_OF_THE_SERVER.has(given[0])) isOpen = false;
        return addHook.apply(this, given);
      } as typeof addHook;
    },
  };
}
