import { PROBLEM_HEADER } from "../wire/headers.js";
import type { Cause, Reason } from "../wire/reasons.js";
import type { ProblemDocument } from "../wire/shapes.js";

/** An answer of whatever library made the call: a `Response`, or status, headers and the parsed body of one. */
export interface Answered {
  readonly status: number;
  readonly headers: { get(name: string): unknown };
  /** Where it came from; a relative or empty one counts as this origin's. */
  readonly url?: string;
  /** Whether a redirect led there: then a write has arrived, and is not sent again. */
  readonly redirected?: boolean;
  /** The parsed body, where the library has read it. */
  readonly data?: unknown;
}

/** A problem of ours: known by its header, which the proxy takes from the API's answers. */
export interface OwnProblem {
  readonly reason: Reason;
  readonly cause?: Cause | undefined;
  /** A path of this origin. */
  readonly login_url?: string | undefined;
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

/** Null where the answer is the API's own. The reason is in the header, so that a body that was lost on the way leaves it known. */
export async function problemIn(answer: Response | Answered): Promise<OwnProblem | null> {
  const reason = textOf(answer.headers.get(PROBLEM_HEADER));
  if (!reason) return null;
  const body: unknown = answer instanceof Response ? await jsonOf(answer) : answer.data;
  const told = body as Partial<ProblemDocument> | null | undefined;
  return {
    reason: reason as Reason,
    cause: textOf(told?.cause) as Cause | undefined,
    // The person is led there: a path of ours, whoever wrote the body. Addresses are read without their tabs.
    login_url: textOf(told?.login_url)?.match(/^\/(?![/\\\t]).*/)?.[0],
  };
}

/** The body; null where it is none. The caller may read it as well. */
export async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.clone().json();
  } catch {
    return null;
  }
}

/** Retry-After in milliseconds; 0 without one that is a number. */
export function retryAfterMs(answer: Pick<Answered, "headers"> | null): number {
  const seconds = Number(answer?.headers.get("retry-after"));
  return seconds > 0 ? seconds * 1_000 : 0;
}
