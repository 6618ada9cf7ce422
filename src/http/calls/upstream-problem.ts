import type { Unanswered } from "../../proxy/forward.js";
import type { Problem } from "../problem/problem.js";

/** What an API's failure to answer is to the browser, and what the log says of it. */
export interface UpstreamFailure {
  readonly problem: Problem;
  readonly line: string;
}

/** Whoever asks again sooner finds those in front who have waited. */
const RETRY_AFTER_SECONDS = 5;

const FAILURES: Readonly<Record<Unanswered["kind"], UpstreamFailure>> = {
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
export function upstreamFailure({ kind }: { readonly kind: string }): UpstreamFailure | null {
  return isUnanswered(kind) ? FAILURES[kind] : null;
}

function isUnanswered(kind: string): kind is Unanswered["kind"] {
  return Object.hasOwn(FAILURES, kind);
}
