import type { Doubtful, RefusalOf } from "../../cognito/answers.js";
import { judgeRefusal } from "../../cognito/refusals.js";
import { describeError } from "../../model/log.js";

/** What Cognito really said to a refresh token that was too old, without anything that names a pool, a client or a person. */
export interface Recording {
  readonly recorded_at: string;
  readonly region: string;
  readonly operation: "InitiateAuth" | "GetTokensFromRefreshToken";
  readonly rotation: boolean;
  readonly confidential_client: boolean;
  readonly refresh_token_validity_minutes: number;
  readonly asked_after_minutes: number;
  readonly answer: { readonly name: string; readonly message: string; readonly status: number | null };
  /** What the proxy makes of it. */
  readonly verdict: Verdict;
}

export type Verdict = RefusalOf["session"] | Doubtful;

export function verdictOf(error: unknown): Verdict {
  return judgeRefusal("session", error);
}

/** The only verdict that keeps the promise. */
export function isExpired(verdict: Verdict): boolean {
  return verdict.kind === "rejected" && verdict.ending.cause === "refresh_token_expired";
}

/** A verdict in the words of the problem that people meet. */
export function verdictWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case "rejected":
      return `401 ${verdict.ending.reason} / ${verdict.ending.cause}`;
    case "doubtful":
      return `401 expired / ${verdict.cause}`;
    case "misconfigured":
      return `500 misconfigured (${verdict.problem})`;
    case "unavailable":
      return `503 ${verdict.reason}`;
    case "denied":
      return "403 denied";
  }
}

/** The exception as it may be written down. */
export function answerOf(error: unknown): Recording["answer"] {
  const { name, message } = describeError(error);
  const status = (error as { $metadata?: { httpStatusCode?: unknown } } | null)?.$metadata?.httpStatusCode;
  return { name, message, status: typeof status === "number" ? status : null };
}
