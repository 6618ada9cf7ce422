import type { Clock } from "../model/clock.js";
import type { CognitoOperation, CognitoOutcome, Tell } from "../telemetry/events.js";
import type { CognitoAnswer } from "./answers.js";

const OUTCOMES = {
  issued: "ok",
  revoked: "ok",
  rejected: "rejected",
  code_rejected: "rejected",
  doubtful: "doubtful",
  misconfigured: "misconfigured",
  denied: "denied",
} as const satisfies Record<Exclude<CognitoAnswer["kind"], "unavailable">, CognitoOutcome>;

/** Makes one call and tells how it went and how long it took. */
export async function callAndTell<A extends CognitoAnswer>(
  operation: CognitoOperation,
  { clock, tell }: { readonly clock: Clock; readonly tell: Tell },
  call: () => Promise<A>,
): Promise<A> {
  const sentAtMs = clock.monotonicMs();
  const answer = await call();
  const outcome = answer.kind === "unavailable" ? answer.reason : OUTCOMES[answer.kind];
  tell({ kind: "cognito_called", operation, outcome, seconds: (clock.monotonicMs() - sentAtMs) / 1000 });
  return answer;
}
