import type { Clock } from "../../model/clock.js";
import type { RefreshOutcome } from "./refresh-outcome.js";

const WINDOW_MS = 5 * 60 * 1000;
const LIMIT = 20;
/** A doubtful session is asked about once a minute. */
const RETRY_AFTER_SECONDS = 60;

/**
 * Tells when doubtful verdicts are too many to be about single sessions. When 20 refreshes in 5 minutes end with `refresh_token_invalid` or
 * `unknown` and none succeeds, it is the server that is wrong (a device key it does not send, a setting), and nobody is signed out for it.
 */
export interface DoubtGuard {
  doubted(): void;
  succeeded(): void;
  tripped(): boolean;
  /** What a call hears of an outcome: too many doubtful verdicts are an outage of ours. */
  heard(outcome: RefreshOutcome): RefreshOutcome;
}

export function createDoubtGuard(clock: Clock): DoubtGuard {
  let doubtsAtMs: number[] = [];
  // By a clock set back, doubts of a later hour are none of these five minutes.
  const recent = () => doubtsAtMs.filter((at) => at > clock.now() - WINDOW_MS && at <= clock.now());
  const tripped = () => recent().length >= LIMIT;
  return {
    doubted() {
      doubtsAtMs = [...recent(), clock.now()].slice(-LIMIT);
    },
    succeeded() {
      doubtsAtMs = [];
    },
    tripped,
    heard(outcome) {
      if (outcome.kind !== "doubtful" || !tripped()) return outcome;
      return { kind: "unavailable", reason: "cognito_unavailable", retryAfterSeconds: RETRY_AFTER_SECONDS };
    },
  };
}
