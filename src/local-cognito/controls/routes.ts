import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from "fastify";
import { isoTime, type LocalCognitoClock, parseDurationMs } from "../common/clock.js";
import { isObject } from "../common/json.js";
import type { CallLog } from "./calls.js";
import { parseFault } from "./fault-request.js";
import type { Faults } from "./faults.js";
import { type ControlAccess, guardControls } from "./guard.js";

// A hundred years: beyond it dates stop being dates.
const LONGEST_ADVANCE_MS = 36_500 * 86_400_000;

function operationParameter(request: FastifyRequest): string | undefined {
  const { query } = request;
  return isObject(query) && typeof query["operation"] === "string" ? query["operation"] : undefined;
}

/** The controls under `/_local`: clock, faults and call log. `operations` are the names faults may have. */
export function controlRoutes(parts: {
  clock: LocalCognitoClock;
  faults: Faults;
  calls: CallLog;
  access: ControlAccess;
  operations: readonly string[];
}): FastifyPluginCallback {
  const { clock, faults, calls, access, operations } = parts;
  const now = () => ({ now: isoTime(clock.now()) });

  return (app: FastifyInstance, _options, done) => {
    // Whatever the content type says, the body is JSON: curl calls everything a form. The guard is what keeps forms of other sites out.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, parsed) => {
      try {
        parsed(null, JSON.parse(String(body)));
      } catch {
        parsed(null, null);
      }
    });
    app.addHook("onRequest", (request, reply) => guardControls(access, request, reply));
    app.options("/*", (_request, reply) => reply.code(403).send({ error: "A preflight needs an Origin." }));

    app.get("/clock", () => now());
    app.post("/clock", (request, reply) => {
      const advance = isObject(request.body) ? request.body["advance"] : undefined;
      const ms = typeof advance === "string" ? parseDurationMs(advance) : null;
      if (ms === null || ms > LONGEST_ADVANCE_MS) {
        return reply.code(400).send({ error: "advance must be a duration with its unit, such as 90s, 61m, 2h or 31d." });
      }
      clock.advance(ms);
      return reply.send(now());
    });

    app.get("/faults", () => faults.list());
    app.post("/faults", (request, reply) => {
      const parsed = parseFault(request.body, operations);
      if (parsed.kind === "refused") {
        return reply.code(400).send(parsed.problem);
      }
      faults.add(parsed.plan);
      return reply.code(201).send(faults.list().at(-1));
    });
    app.delete("/faults", (request, reply) => {
      faults.clear(operationParameter(request));
      return reply.code(204).send();
    });

    app.get("/calls", (request) => calls.list(operationParameter(request)));
    app.delete("/calls", (_request, reply) => {
      calls.clear();
      return reply.code(204).send();
    });
    done();
  };
}
