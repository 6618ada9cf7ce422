import type { Clock } from "../model/clock.js";
import type { Log } from "../model/log.js";

// Below this it may be the network's delay and the second that `iat` is rounded to.
const NOTICED_MS = 5_000;
const WARNED_MS = 60_000;

/**
 * What time it is for Cognito. A token's `exp` is Cognito's time: on a machine whose clock goes two hours ahead every fresh token would look
 * dead and be refreshed at each call, and on one that lags the API would refuse tokens we still send. So the difference is learned from the
 * `iat` of each token just received.
 */
export interface CognitoTime {
  /** Milliseconds since the epoch, by Cognito's clock. */
  now(): number;
  /** The same; null until a token has come, for then it is our own clock's time alone. */
  learnedNow(): number | null;
  /** How far Cognito's clock is ahead of ours, as learned; 0 until a token has come. */
  readonly aheadMs: number;
  /** Compares the `iat` (milliseconds) of a verified token, received at `receivedAtMs` of our clock. */
  learn(issuedAtMs: number, receivedAtMs: number): void;
}

export function createCognitoTime(clock: Clock, log: Log): CognitoTime {
  let skewMs = 0;
  let learned = false;
  return {
    now: () => clock.now() + skewMs,
    learnedNow: () => (learned ? clock.now() + skewMs : null),
    get aheadMs() {
      return skewMs;
    },
    learn(issuedAtMs, receivedAtMs) {
      const measured = issuedAtMs - receivedAtMs;
      const next = Math.abs(measured) < NOTICED_MS ? 0 : measured;
      if (Math.abs(next) > WARNED_MS && Math.abs(next - skewMs) > WARNED_MS) {
        log.warn({ skew_seconds: Math.round(next / 1000) }, "this machine's clock and Cognito's differ; check its time synchronisation");
      }
      skewMs = next;
      learned = true;
    },
  };
}
