import { randomUUID } from "node:crypto";
import { type Answer, jsonAnswer } from "../common/answer.js";
import { CognitoException, forbidden, internalError, refusals, unexpectedLambda, userLambdaValidation } from "../common/exceptions.js";
import { OAuthError } from "../common/oauth-error.js";
import type { FaultName } from "./faults.js";

/** The faults that are an answer; the rest are about the connection. */
export type AnsweringFault = Exclude<FaultName, "reset_before" | "reset_after" | "latency" | "hang">;

/** How one half of Cognito says no: the JSON 1.1 API and the OAuth endpoints differ. */
export interface EndpointStyle {
  fault(fault: AnsweringFault): Answer;
  /** The answer for what a handler threw; null for a defect of ours. */
  refusal(error: unknown): Answer | null;
}

const HTML_503: Answer = {
  status: 503,
  headers: { "content-type": "text/html" },
  body: "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n",
  outcome: "html_503",
};

// A shape no release of an SDK knows: it must come out as "unknown", not as a crash.
const UNKNOWN = new CognitoException("QuantumFluctuationException", "Something new happened.", 400);

const LAMBDA_ERROR = userLambdaValidation("PreTokenGeneration failed with error Your account is on hold.");
const LAMBDA_TIMEOUT = unexpectedLambda(
  "Socket timeout while invoking Lambda function arn:aws:lambda:us-east-1:123456789012:function:pre-token-generation.",
);

const API_FAULTS: Readonly<Record<Exclude<AnsweringFault, "html_503">, CognitoException>> = {
  throttle: refusals.rateExceeded(),
  internal_error: internalError("Internal error occurred."),
  waf: forbidden("Request not allowed due to WAF block."),
  lambda_error: LAMBDA_ERROR,
  lambda_timeout: LAMBDA_TIMEOUT,
  unknown_error: UNKNOWN,
};

/** A JSON 1.1 answer (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html). */
export function apiAnswer(status: number, body: string, headers: Readonly<Record<string, string>>, outcome: string): Answer {
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID(), ...headers },
    body,
    outcome,
  };
}

function exceptionAnswer(exception: CognitoException): Answer {
  return apiAnswer(
    exception.status,
    JSON.stringify({ __type: exception.name, message: exception.message }),
    { "x-amzn-errortype": `${exception.name}:`, "x-amzn-errormessage": exception.message.replaceAll(/[^\x20-\x7e]/g, "?") },
    exception.name,
  );
}

export const apiStyle: EndpointStyle = {
  fault: (fault) => (fault === "html_503" ? HTML_503 : { ...exceptionAnswer(API_FAULTS[fault]), outcome: fault }),
  refusal: (error) => (error instanceof CognitoException ? exceptionAnswer(error) : null),
};

const OAUTH_FAULTS: Readonly<Record<Exclude<AnsweringFault, "html_503">, Answer>> = {
  throttle: jsonAnswer(429, { error: "TooManyRequestsException", error_description: "Rate exceeded" }, "throttle"),
  internal_error: jsonAnswer(500, { error: "server_error" }, "internal_error"),
  waf: jsonAnswer(403, { message: "Forbidden" }, "waf"),
  lambda_error: jsonAnswer(400, { error: "invalid_request", error_description: LAMBDA_ERROR.message }, "lambda_error"),
  lambda_timeout: jsonAnswer(400, { error: "invalid_request", error_description: LAMBDA_TIMEOUT.message }, "lambda_timeout"),
  unknown_error: jsonAnswer(400, { error: "quantum_fluctuation" }, "unknown_error"),
};

export const oauthStyle: EndpointStyle = {
  fault: (fault) => (fault === "html_503" ? HTML_503 : OAUTH_FAULTS[fault]),
  refusal(error) {
    if (error instanceof OAuthError) {
      return jsonAnswer(error.status, { error: error.code, error_description: error.description ?? undefined }, error.code);
    }
    // Quotas are counted below both halves.
    return error instanceof CognitoException && error.name === "TooManyRequestsException"
      ? { ...OAUTH_FAULTS.throttle, outcome: error.name }
      : null;
  },
};
