import type { Clock } from "../model/clock.js";
import { withDeadline } from "../model/deadline.js";
import { describeError, type Log } from "../model/log.js";
import { type SessionId, sessionPseudonym } from "../model/session.js";
import type { CognitoOperation, Tell } from "../telemetry/events.js";
import type { CognitoAnswer, RefusalOf } from "./answers.js";
import { callAndTell } from "./outcome.js";
import { createRefusalLog } from "./refusal-log.js";
import { judgeRefusal } from "./refusals.js";

/** Waits for the turn of one request under a rate of ours; `unavailable`: all replicas share the rate, and nobody can be asked. */
export type AskTurn = () => Promise<"granted" | "timed_out" | "unavailable">;

/** One request to Cognito's IDP API. */
export interface ApiCall<T, A> {
  readonly operation: CognitoOperation;
  /** Whose it is, for the log; null where nobody knows. */
  readonly session: SessionId | null;
  readonly turn: AskTurn;
  /** Aborts once it must not be asked any more, or its answer is of no use; absent: never. */
  readonly signal?: AbortSignal;
  send(signal: AbortSignal): Promise<T>;
  /** What an answer that arrived means. */
  judge(output: T): A;
}

/** Makes one call with what a session holds when its turn has come, tells how it went and judges what came back. Never throws. */
export type CallApi = <T, A extends CognitoAnswer>(call: ApiCall<T, A>) => Promise<A | RefusalOf["session"]>;

export interface ApiCallOptions {
  /** Longest wait for one answer; the request is aborted then. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly log: Log;
}

/** Cognito's own id of a request, which AWS asks for; nothing else that may stand in its place. */
function requestIdOf(error: unknown): string | undefined {
  const id = (error as { $metadata?: { requestId?: unknown } } | null)?.$metadata?.requestId;
  return typeof id === "string" && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** The text of a trigger's refusal is the trigger's: whom it names is nobody's business here. */
function describeRefusal(error: unknown, refused: CognitoAnswer): { name: string; code?: string } {
  const described = describeError(error);
  return refused.kind === "denied" || described.name.includes("Lambda") ? { name: described.name } : described;
}

export function createApiCall({ deadlineMs, clock, tell, log }: ApiCallOptions): CallApi {
  const refusals = createRefusalLog({ clock, log });

  function refusal(operation: CognitoOperation, session: SessionId | null, error: unknown): RefusalOf["session"] {
    const refused = judgeRefusal("session", error);
    const fields = {
      operation,
      ...(session === null ? {} : { session: sessionPseudonym(session) }),
      cognito_request_id: requestIdOf(error),
      error: describeRefusal(error, refused),
      outcome: refused,
    };
    if (refused.kind === "rejected") log.info(fields, "Cognito rejected the session");
    else refusals(fields, "a call to Cognito failed");
    return refused;
  }

  return async <T, A extends CognitoAnswer>({ operation, session, turn, signal, send, judge }: ApiCall<T, A>) => {
    // Nothing was sent: our own limit.
    if ((await turn()) !== "granted") return { kind: "unavailable", reason: "cognito_throttled", answerLost: false };
    if (signal?.aborted) return { kind: "unavailable", reason: "cognito_unavailable", answerLost: false };
    // A timeout of the SDK's request handler alone only warns: the deadline really aborts.
    return callAndTell<A | RefusalOf["session"]>(operation, { clock, tell }, async () => {
      try {
        return judge(await withDeadline(clock, deadlineMs, send, signal));
      } catch (error) {
        return refusal(operation, session, error);
      }
    });
  };
}
