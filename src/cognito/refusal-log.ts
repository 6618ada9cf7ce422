import type { Clock } from "../model/clock.js";
import type { Log } from "../model/log.js";
import type { CognitoOperation } from "../telemetry/events.js";
import { createRepeats } from "../telemetry/repeats.js";
import type { CognitoAnswer } from "./answers.js";

/** One refused call, as the log has it. */
export interface RefusedCall {
  readonly operation: CognitoOperation;
  readonly outcome: CognitoAnswer;
  readonly error?: { readonly name: string; readonly code?: string };
  /** The token endpoint's. */
  readonly status?: number;
}

/**
 * Writes of calls that Cognito refused. What is no session's own, a mistake of the configuration or an outage, befalls every call alike: it is one
 * line a minute for each operation and error, with a count and the latest call's fields. Everything else is one line a call.
 */
export function createRefusalLog({
  clock,
  log,
}: {
  readonly clock: Clock;
  readonly log: Log;
}): (call: RefusedCall, message: string) => void {
  const repeats = createRepeats(clock);
  return (call, message) => {
    const { operation, outcome, error } = call;
    if (outcome.kind !== "misconfigured" && outcome.kind !== "unavailable") {
      log.warn(call, message);
      return;
    }
    const why = outcome.kind === "misconfigured" ? outcome.problem : outcome.reason;
    repeats.happened([operation, why, error?.name, error?.code].join(" "), (count) => log.warn({ ...call, count }, message));
  };
}
