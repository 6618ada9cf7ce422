import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import { isoTime, LATEST_MS, parseDurationMs, type SharedClock } from "../common/clock.js";
import { isObject } from "../common/json.js";
import type { CallLog } from "./calls.js";
import { parseFault } from "./fault-request.js";
import type { Faults } from "./faults.js";
import { type ClockFollowers, type FollowRequest, MOST_FOLLOWERS } from "./followers.js";
import { type ControlAccess, guardControls } from "./guard.js";

// A hundred years at once.
const LONGEST_ADVANCE_MS = 36_500 * 86_400_000;

/** Null: it is no such request. Its name is printed, so that it may hold nothing that a terminal would obey. */
function parseFollowRequest(body: unknown): FollowRequest | null {
  if (!isObject(body)) return null;
  const { follower: id, app: name, ahead_ms: reachedMs } = body;
  if (typeof id !== "string" || !/^[\w-]{1,64}$/.test(id)) return null;
  if (typeof name !== "string" || !/^[\x21-\x7e]{1,200}$/.test(name)) return null;
  return reachedMs === null || (typeof reachedMs === "number" && Number.isSafeInteger(reachedMs)) ? { id, name, reachedMs } : null;
}

/** Aborts when the connection closes before the answer has been sent. */
function closeSignal({ raw }: FastifyReply): AbortSignal {
  const closing = new AbortController();
  raw.once("close", () => closing.abort());
  return closing.signal;
}

function operationParameter(request: FastifyRequest): string | undefined {
  const { query } = request;
  return isObject(query) && typeof query["operation"] === "string" ? query["operation"] : undefined;
}

/** The controls under `/_local`: clock, faults and call log. `operations` are the names faults may have. */
export function controlRoutes(parts: {
  clock: SharedClock;
  followers: ClockFollowers;
  faults: Faults;
  calls: CallLog;
  access: ControlAccess;
  operations: readonly string[];
}): FastifyPluginCallback {
  const { faults, calls, access, operations } = parts;

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

    addClockRoutes(app, parts);

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

function addClockRoutes(app: FastifyInstance, { clock, followers }: { clock: SharedClock; followers: ClockFollowers }): void {
  app.get("/clock", () => ({ now: isoTime(clock.now()), ...(followers.count > 0 && { followers: followers.count }) }));
  app.post("/clock", async (request, reply) => {
    const advance = isObject(request.body) ? request.body["advance"] : undefined;
    const ms = typeof advance === "string" ? parseDurationMs(advance) : null;
    if (ms === null || ms > LONGEST_ADVANCE_MS) {
      return reply.code(400).send({ error: "advance must be a duration with its unit, such as 90s, 61m, 2h or 31d." });
    }
    if (clock.now() + ms > LATEST_MS) return reply.code(400).send({ error: "The clock goes no further than the year 9999." });
    const { now, followers: made, dropped } = await followers.advance(ms);
    return reply.send({ now, ...(made > 0 && { followers: made }), ...(dropped.length > 0 && { dropped }) });
  });

  // What `COGNITO_FOLLOW_CLOCK` asks, again and again; the answer comes when there is news.
  app.post("/clock/follow", async (request, reply) => {
    const asked = parseFollowRequest(request.body);
    if (asked === null) return reply.code(400).send({ error: "follower, app and ahead_ms are needed." });
    const aheadMs = await followers.follow(asked, closeSignal(reply));
    if (aheadMs === null) return reply.code(503).send({ error: `No more than ${MOST_FOLLOWERS} processes may follow the clock.` });
    return reply.send({ ahead_ms: aheadMs });
  });
  app.delete("/clock/follow/:follower", (request, reply) => {
    const { params } = request;
    if (isObject(params) && typeof params["follower"] === "string") followers.leave(params["follower"]);
    return reply.code(204).send();
  });
}
