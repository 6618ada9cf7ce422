import Fastify, { type FastifyInstance } from "fastify";
import type { SharedClock } from "../common/clock.js";
import type { CorsOrigins } from "../common/cors.js";
import type { CallLog } from "../controls/calls.js";
import type { Faults } from "../controls/faults.js";
import type { ClockFollowers } from "../controls/followers.js";
import { Gate } from "../controls/gate.js";
import { controlRoutes } from "../controls/routes.js";
import { ENDPOINT_NAMES, registerManagedLogin } from "../managed-login/routes.js";
import { OPERATION_NAMES } from "../operations/table.js";
import type { CognitoState } from "../sign-in/state.js";
import { registerApi } from "./api.js";

/** Every name a fault can have, `*` for all. */
export const FAULT_OPERATIONS: readonly string[] = ["*", ...OPERATION_NAMES, ...ENDPOINT_NAMES];

/** The HTTP server over a state; not listening yet. */
export function createLocalServer(parts: {
  state: CognitoState;
  clock: SharedClock;
  followers: ClockFollowers;
  faults: Faults;
  calls: CallLog;
  closing: AbortSignal;
  publicUrl: () => string;
  controlHosts: () => readonly string[];
  controlOrigins: readonly string[];
  cors: CorsOrigins;
}): FastifyInstance {
  const { state, faults, calls, publicUrl } = parts;
  // forceCloseConnections: a call that hangs on purpose must not keep close() waiting.
  const app = Fastify({ forceCloseConnections: true, bodyLimit: 262_144, exposeHeadRoutes: false });
  app.removeAllContentTypeParsers();
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: "Not Found" }));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      console.error(error);
    }
    return reply.code(status).send({ message: status >= 500 ? "Internal error occurred." : "Bad Request" });
  });

  const gate = new Gate({ log: calls, faults, limits: state.limits, closing: parts.closing });
  registerApi(app, state, gate, parts.cors);
  registerManagedLogin(app, state, gate, parts.cors, publicUrl);
  app.register(
    controlRoutes({
      clock: parts.clock,
      followers: parts.followers,
      faults,
      calls,
      access: { hosts: parts.controlHosts, origins: parts.controlOrigins },
      operations: FAULT_OPERATIONS,
    }),
    { prefix: "/_local" },
  );
  return app;
}
