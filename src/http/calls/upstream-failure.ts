import { describeError, type Log } from "../../model/log.js";
import type { ForwardOutcome, Unanswered } from "../../proxy/forward.js";
import type { Tell } from "../../telemetry/events.js";
import { BODY_STALLED, type Problem } from "../problem/problem.js";

/** What is answered where no API answers, and what the log says of it. */
export interface UpstreamFailure {
  readonly problem: Problem;
  /** Null where it was the browser that failed. */
  readonly line: string | null;
}

/** Whoever asks again sooner finds those in front who have waited. */
const RETRY_AFTER_SECONDS = 5;

const FAILURES: Readonly<Record<Unanswered["kind"] | "request_stalled", UpstreamFailure>> = {
  request_stalled: { problem: BODY_STALLED, line: null },
  unreachable: { problem: { reason: "upstream_unreachable" }, line: "the API cannot be reached" },
  api_closed_early: {
    problem: {
      reason: "upstream_unreachable",
      detail: "The application's API closed the connection while it was being sent the request, and no answer of it arrived.",
    },
    line: "the API closed the connection before it had the whole request",
  },
  headers_too_large: {
    problem: {
      reason: "upstream_unreachable",
      detail: "The application's API answered with more headers than are accepted here (UPSTREAM_MAX_HEADER_BYTES).",
    },
    line: "the head of the API's answer exceeds UPSTREAM_MAX_HEADER_BYTES",
  },
  busy: {
    problem: { reason: "upstream_busy", retryAfterSeconds: RETRY_AFTER_SECONDS },
    line: "the API has UPSTREAM_MAX_CONNECTIONS calls, and a call found no turn",
  },
  timeout: { problem: { reason: "upstream_timeout" }, line: "the API gave no answer in time" },
};

/** Null where there is an answer, or nobody left to have one. */
export function upstreamFailure({ kind }: ForwardOutcome): UpstreamFailure | null {
  return kind === "answered" || kind === "cut_short" || kind === "client_gone" ? null : FAILURES[kind];
}

/** What became of a call that has no whole answer. */
export function tellFailure(
  outcome: Exclude<ForwardOutcome, { kind: "answered" }>,
  failure: UpstreamFailure | null,
  route: string,
  log: Pick<Log, "warn">,
  tell: Tell,
): void {
  tell({ kind: "upstream_failed", route, failure: outcome.kind === "cut_short" ? outcome.cause : outcome.kind });
  if (failure?.line) log.warn({ route, error: "error" in outcome ? describeError(outcome.error) : undefined }, failure.line);
  if (outcome.kind === "cut_short" && (outcome.cause === "upstream_broke" || outcome.cause === "upstream_silent"))
    log.warn({ route, cause: outcome.cause }, "the API's answer did not arrive whole");
}
