import type { FaultName } from "../../local-cognito/index.js";
import type { UnavailableReason } from "../../wire/reasons.js";
import { TOKEN_MINUTES } from "../stage/rehearsed-pool.js";
import type { Stage } from "../stage/stage.js";
import { setRotation } from "./app-client.js";
import { withoutRotation } from "./endings.js";
import { MINUTE_MS, outliveTokens, type Scenario } from "./scenario.js";

/* An outage is not a verdict: whoever has a living token is served, nobody else is signed out, and all goes on by itself. */

const REFRESHES = ["InitiateAuth", "GetTokensFromRefreshToken"] as const;

function strike({ cognito }: Stage, fault: FaultName, times?: number): void {
  for (const operation of REFRESHES) cognito.faults.add({ operation, fault, ...(times === undefined ? {} : { times }) });
}

const lift = ({ cognito }: Stage) => cognito.faults.clear();

function outage(name: string, title: string, fault: FaultName, reason: UnavailableReason): Scenario {
  return {
    name,
    title,
    async happens(stage) {
      strike(stage, fault);
      outliveTokens(stage);
    },
    expected: { kind: "problem", reason, cookie: "kept", log: { outcome: { kind: "unavailable", reason } } },
    mends: lift,
    afterwards: "goes_on",
  };
}

/** The answer to a refresh gets lost once, after Cognito has acted on it. */
async function loseAnswer(stage: Stage): Promise<void> {
  strike(stage, "reset_after", 1);
  outliveTokens(stage);
}

export const OUTAGES: readonly Scenario[] = [
  outage("throttled", "Cognito throttles (TooManyRequestsException)", "throttle", "cognito_throttled"),
  outage("outage-500", "Cognito answers 500 (InternalErrorException)", "internal_error", "cognito_unavailable"),
  outage("outage-reset", "the connection to Cognito is reset", "reset_before", "cognito_unavailable"),
  outage("outage-html-503", "a load balancer answers HTML, 503", "html_503", "cognito_unavailable"),
  { ...outage("outage-hang", "Cognito never answers", "hang", "cognito_unavailable"), cognitoDeadlineMs: 500 },
  outage("waf", "a web ACL blocks the proxy (403)", "waf", "cognito_blocked"),
  outage("trigger-timeout", "a Lambda trigger does not answer", "lambda_timeout", "cognito_unavailable"),
  outage("unknown-error", "Cognito says something that nobody knows", "unknown_error", "cognito_unavailable"),
  {
    name: "trigger-refuses",
    title: "a Lambda trigger refuses the refresh",
    async happens(stage) {
      strike(stage, "lambda_error");
      outliveTokens(stage);
    },
    expected: { kind: "problem", reason: "denied", cookie: "kept", log: { outcome: { kind: "denied" } } },
    mends: lift,
    afterwards: "goes_on",
  },
  {
    name: "outage-unnoticed",
    title: "an outage while the tokens still live",
    async happens(stage) {
      strike(stage, "internal_error");
      // Within REFRESH_EARLY, which is never more than a quarter of the life.
      stage.clock.advance((TOKEN_MINUTES - 1) * MINUTE_MS);
    },
    expected: { kind: "served", log: null },
    mends: lift,
    afterwards: "goes_on",
  },
  {
    name: "answer-lost",
    title: "the answer to a refresh is lost on the way",
    happens: loseAnswer,
    expected: { kind: "served", log: { event: "session_renewed" } },
    afterwards: "goes_on",
  },
  {
    name: "answer-lost-rotation",
    title: "the same, with rotation and 60 s of grace",
    without: withoutRotation,
    async happens(stage) {
      await setRotation(stage, { graceSeconds: 60 });
      await loseAnswer(stage);
    },
    expected: { kind: "served", log: { event: "session_renewed" } },
    afterwards: "goes_on",
  },
  {
    name: "key-rotation",
    title: "the user pool signs with new keys",
    async happens(stage) {
      await stage.cognito.rotateSigningKeys(stage.config.cognitoUserPoolId);
      outliveTokens(stage);
    },
    expected: { kind: "served", log: { event: "session_renewed" } },
    afterwards: "goes_on",
  },
];
