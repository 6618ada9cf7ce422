import type { IncomingMessage } from "node:http";
import { bodyFraming } from "../../proxy/request-body.js";
import type { Tell } from "../../telemetry/events.js";
import { ProblemError } from "../problem/problem.js";

const CAUSE = "a body parser of the app, such as express.json(), has read the request's body before cognito-bff could";
const AS_TEXT = "something in the app has had the request's body decoded as text (setEncoding), which destroys what is none";

/**
 * Bodies of calls are streamed, and those of our own routes are read here. What an app with us in it has read already never comes again: the
 * API, or our parser, would wait for it in vain.
 */
export function refuseReadBody(request: IncomingMessage, tell: Tell): void {
  if ((!request.readableDidRead && request.readableEncoding === null) || bodyFraming(request) === null) return;
  const cause = request.readableDidRead ? CAUSE : AS_TEXT;
  tell({ kind: "alert", alert: "misconfigured", details: { problem: cause } });
  throw new ProblemError({
    reason: "misconfigured",
    detail: `${cause.replace(/^./, (first) => first.toUpperCase())}. Keep such parsers away from its paths, or register them for routes of your own alone.`,
  });
}
