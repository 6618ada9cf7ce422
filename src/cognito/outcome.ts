import type { CognitoOperation, CognitoOutcome, Tell } from "../telemetry/events.js";
import type { UnavailableReason } from "../wire/reasons.js";

/** Anything this folder makes of an answer of Cognito's. */
export type JudgedAnswer =
  | { readonly kind: "issued" | "revoked" | "rejected" | "code_rejected" | "doubtful" | "misconfigured" | "denied" }
  | { readonly kind: "unavailable"; readonly reason: UnavailableReason };

const OUTCOMES = {
  issued: "ok",
  revoked: "ok",
  rejected: "rejected",
  code_rejected: "rejected",
  doubtful: "doubtful",
  misconfigured: "misconfigured",
  denied: "denied",
} as const satisfies Record<Exclude<JudgedAnswer["kind"], "unavailable">, CognitoOutcome>;

/** Makes one call and tells how it went and how long it took. */
export async function told<A extends JudgedAnswer>(operation: CognitoOperation, tell: Tell, call: () => Promise<A>): Promise<A> {
  const sentAtMs = performance.now();
  const answer = await call();
  const outcome = answer.kind === "unavailable" ? answer.reason : OUTCOMES[answer.kind];
  tell({ kind: "cognito_called", operation, outcome, seconds: (performance.now() - sentAtMs) / 1000 });
  return answer;
}
