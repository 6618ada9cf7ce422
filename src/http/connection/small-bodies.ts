import { PassThrough } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../../model/clock.js";
import { bodyFraming } from "../../proxy/request-body.js";
import { REQUEST_IDLE_TIMEOUT_MS, RequestPace } from "../../proxy/request-pace.js";
import type { Tell } from "../../telemetry/events.js";
import { BODY_STALLED, ProblemError } from "../problem/problem.js";
import type { Expectations } from "./expectations.js";
import { refuseReadBody } from "./read-body.js";
import type { UnreadBodies } from "./unread-bodies.js";

const LONGEST_BODY_BYTES = 16 * 1024;

export interface SmallBodiesOptions {
  readonly clock: Clock;
  readonly expectations: Expectations;
  readonly tell: Tell;
  readonly unread: UnreadBodies;
}

/** Sign-out takes a form or JSON; a body of any other type says nothing to it and must not keep anybody from signing out. */
export function acceptSmallBodies(app: FastifyInstance, { clock, expectations, tell, unread }: SmallBodiesOptions): void {
  app.addHook("preParsing", async ({ raw }, reply) => {
    refuseReadBody(raw, tell);
    if (raw.complete !== false || bodyFraming(raw) === null) return undefined;
    // Fastify would say so, too, but of a body that has been asked for.
    if (Number(raw.headers["content-length"]) > LONGEST_BODY_BYTES) throw new ProblemError({ reason: "payload_too_large" });
    expectations.goOn(raw, reply.raw);
    // Its parser gets a stream of its own, that can end without the connection: a body that trickles in is answered.
    const body = new PassThrough();
    const pace = new RequestPace(clock, REQUEST_IDLE_TIMEOUT_MS, () => {
      unread.giveUp(raw);
      body.destroy(new ProblemError(BODY_STALLED));
    });
    raw.on("data", (chunk: Buffer) => pace.heard(chunk.length)).pipe(body);
    raw.once("end", () => pace.rest()).once("close", () => pace.rest());
    pace.wait();
    return body;
  });
  const parse = (text: string, read: (text: string) => unknown): unknown => {
    try {
      return read(text);
    } catch {
      throw new ProblemError({ reason: "bad_request", detail: "The body is not what its Content-Type says." });
    }
  };
  const options = { parseAs: "string", bodyLimit: LONGEST_BODY_BYTES } as const;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", options, async (_request: FastifyRequest, text: string) =>
    text === "" ? null : parse(text, JSON.parse),
  );
  app.addContentTypeParser("application/x-www-form-urlencoded", options, async (_request: FastifyRequest, text: string) =>
    Object.fromEntries(new URLSearchParams(text)),
  );
  app.addContentTypeParser("*", options, async () => null);
}
