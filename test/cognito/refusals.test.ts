import t, { type Test } from "tap";
import type { RefusalOf } from "../../src/cognito/answers.js";
import { judgeRefusal, REFUSALS, refusalNamed } from "../../src/cognito/refusals.js";
import fc from "../support/property.js";

type SessionRefusal = RefusalOf["session"];

const expired = (
  cause: "refresh_token_expired" | "refresh_token_revoked" | "refresh_token_reused" | "user_disabled" | "user_deleted",
): SessionRefusal => ({
  kind: "rejected",
  ending: { reason: "expired", cause },
});
const settings: SessionRefusal = { kind: "misconfigured", problem: "settings" };
const wrongSecret: SessionRefusal = { kind: "misconfigured", problem: "wrong_secret" };
const flowNotEnabled: SessionRefusal = { kind: "misconfigured", problem: "flow_not_enabled" };
const throttled: SessionRefusal = { kind: "unavailable", reason: "cognito_throttled", answerLost: false };
const mayHaveActed: SessionRefusal = { kind: "unavailable", reason: "cognito_unavailable", answerLost: true };
const neverActed: SessionRefusal = { kind: "unavailable", reason: "cognito_unavailable", answerLost: false };

function expectMeaning(t: Test, error: unknown, meaning: SessionRefusal, what: string): void {
  t.same(judgeRefusal("session", error), meaning, what);
}

/** What Cognito was seen to say, written out once more: name, texts, meaning. */
const SAID: readonly (readonly [name: string, messages: readonly string[], meaning: SessionRefusal])[] = [
  ["NotAuthorizedException", ["Refresh Token has expired", "Refresh Token has expired."], expired("refresh_token_expired")],
  ["NotAuthorizedException", ["Refresh Token has been revoked", "Refresh token has been revoked."], expired("refresh_token_revoked")],
  ["NotAuthorizedException", ["Access Token has been revoked", "Access token has been revoked."], expired("refresh_token_revoked")],
  ["EndpointError", ["Invalid Configuration: FIPS and custom endpoint are not supported"], { kind: "misconfigured", problem: "settings" }],
  ["RefreshTokenReuseException", ["Refresh token reuse detected", "anything"], expired("refresh_token_reused")],
  ["NotAuthorizedException", ["Invalid Refresh Token", "Invalid Refresh Token."], { kind: "doubtful", cause: "refresh_token_invalid" }],
  ["NotAuthorizedException", ["Refresh Token has different Client"], { kind: "misconfigured", problem: "wrong_client" }],
  ["NotAuthorizedException", ["User is disabled.", "User is disabled"], expired("user_disabled")],
  ["UserNotFoundException", ["User does not exist.", "anything"], expired("user_deleted")],
  ["NotAuthorizedException", ["User does not exist."], expired("user_deleted")],
  [
    "PasswordResetRequiredException",
    ["Password reset required for the user", "Password reset required for user due to security reasons", "anything"],
    { kind: "rejected", ending: { reason: "expired", cause: "password_reset_required" } },
  ],
  [
    "UserNotConfirmedException",
    ["User is not confirmed.", "anything"],
    { kind: "rejected", ending: { reason: "expired", cause: "user_unconfirmed" } },
  ],
  ["NotAuthorizedException", ["A text nobody has seen", "", "Access Token has expired"], { kind: "doubtful", cause: "unknown" }],
  ["NotAuthorizedException", ["The words Refresh Token has expired within another text"], { kind: "doubtful", cause: "unknown" }],
  ["SomethingNewException", ["A name nobody has seen", "Refresh Token has expired"], mayHaveActed],
  [
    "NotAuthorizedException",
    [
      "Unable to verify secret hash for client 1example23456789",
      "SecretHash does not match for the client: 1example23456789",
      "Client 1example23456789 is configured with secret but SECRET_HASH was not received",
      "Client 1example23456789 is configured for secret but secret was not received",
    ],
    wrongSecret,
  ],
  [
    "ResourceNotFoundException",
    ["User pool client 1example23456789 does not exist.", "User pool eu-central-1_x does not exist."],
    settings,
  ],
  [
    "InvalidParameterException",
    ["REFRESH_TOKEN_AUTH flow not enabled for this client", "USER_X flow not enabled for this client."],
    flowNotEnabled,
  ],
  ["InvalidParameterException", ["Missing required parameter REFRESH_TOKEN"], settings],
  ["InvalidLambdaResponseException", ["Unrecognizable lambda output"], settings],
  ["OperationNotEnabledException", ["anything"], flowNotEnabled],
  ["FeatureUnavailableInTierException", ["anything"], settings],
  ["UnsupportedOperationException", ["anything"], settings],
  ["InvalidUserPoolConfigurationException", ["anything"], settings],
  ["UnauthorizedException", ["Invalid client secret"], wrongSecret],
  ["UserLambdaValidationException", ["PreTokenGeneration failed with error no such tenant."], { kind: "denied" }],
  ["UnexpectedLambdaException", ["Socket timeout while invoking Lambda function arn:aws:lambda:…"], neverActed],
  ["TooManyRequestsException", ["Rate exceeded", "Too many requests"], throttled],
  ["LimitExceededException", ["Rate exceeded", "Attempt limit exceeded, please try after some time."], throttled],
  ["InternalErrorException", ["Something went wrong", ""], mayHaveActed],
  ["ForbiddenException", ["Request not allowed due to WAF block."], { kind: "unavailable", reason: "cognito_blocked", answerLost: false }],
];

/** One text in the spellings that must not make a difference. */
function spellings(message: string): string[] {
  const bare = message.replace(/\.$/, "");
  return [message, bare, `${bare}.`, `${bare}..`, message.toUpperCase(), message.toLowerCase(), `  ${message} \n`, `${bare} . `];
}

const thrown = (name: string, message: string, more: object = {}): Error => Object.assign(new Error(message), { name }, more);

for (const [name, messages, meaning] of SAID) {
  t.test(`${name} "${messages[0]}" means ${JSON.stringify(meaning)}`, (t) => {
    for (const message of messages) {
      for (const spelling of spellings(message)) expectMeaning(t, thrown(name, spelling), meaning, JSON.stringify(spelling));
    }
    t.end();
  });
}

t.test("every row of the table for sessions is hit by a text above", (t) => {
  const rows = REFUSALS.session;
  const rowOf = (name: string, message: string) => {
    const text = message.replace(/\.$/, "").toLowerCase();
    return rows.findIndex((row) => row.name === name && (row.message === null || row.message.test(text)));
  };
  const hit = new Set(SAID.flatMap(([name, messages]) => messages.map((message) => rowOf(name, message))));
  // Rows that no source confirms for these calls; judged all the same, for pools that differ from those seen.
  t.same(
    rows.filter((_, index) => !hit.has(index)).map((row) => `${row.name} ${row.message}`),
    ["NotAuthorizedException /client secret/", "NotAuthorizedException /not enabled/", "ThrottlingException null"],
  );
  t.end();
});

t.test("what a pool that differs from those seen may say is judged all the same", (t) => {
  expectMeaning(t, thrown("NotAuthorizedException", "Invalid client secret"), wrongSecret, "a secret");
  expectMeaning(t, thrown("NotAuthorizedException", "Auth flow not enabled for this client"), flowNotEnabled, "a flow");
  expectMeaning(t, thrown("ThrottlingException", "Rate exceeded"), throttled, "a rate");
  t.end();
});

/** The token endpoint's errors (RFC 6749 5.2), and names that are none of its own. */
const CODE_SAID: readonly (readonly [name: string, meaning: object | null])[] = [
  ["invalid_grant", { kind: "code_rejected" }],
  ["invalid_request", { kind: "misconfigured", problem: "invalid_request" }],
  ["invalid_client", { kind: "misconfigured", problem: "invalid_client" }],
  ["unauthorized_client", { kind: "misconfigured", problem: "unauthorized_client" }],
  ["unsupported_grant_type", { kind: "misconfigured", problem: "unsupported_grant_type" }],
  ["invalid_scope", { kind: "misconfigured", problem: "invalid_scope" }],
  ["NotAuthorizedException", null],
  ["", null],
];

t.test("the token endpoint's refusal of a code is judged by its error, and every row of that table is hit", (t) => {
  for (const [name, meaning] of CODE_SAID) t.same(refusalNamed("code", name, "any description"), meaning, name);
  t.same(
    REFUSALS.code.map(({ name }) => name),
    CODE_SAID.flatMap(([name, meaning]) => (meaning ? [name] : [])),
  );
  t.end();
});

t.test("the words of one table are no verdict in the other", (t) => {
  expectMeaning(t, thrown("invalid_grant", ""), mayHaveActed, "the token endpoint's word at a refresh");
  for (const message of ["Refresh Token has expired", "Incorrect username or password.", "anything"])
    t.same(judgeRefusal("code", thrown("NotAuthorizedException", message)), mayHaveActed, message);
  t.end();
});

t.test("a token endpoint that cannot be reached is an outage, one at a wrong address a mistake of the configuration", (t) => {
  const withCode = (code: string) => judgeRefusal("code", Object.assign(new Error("connect"), { code }));
  for (const code of ["ECONNREFUSED", "ENOTFOUND"]) t.same(withCode(code), neverActed, code);
  t.same(withCode("ECONNRESET"), mayHaveActed);
  t.match(withCode("ERR_SSL_WRONG_VERSION_NUMBER"), { kind: "misconfigured", problem: "the address of the token endpoint is wrong" });
  t.end();
});

t.test("the HTTP status never decides against the name", (t) => {
  for (const httpStatusCode of [200, 400, 403, 500, 503]) {
    const error = thrown("NotAuthorizedException", "Refresh Token has expired", { $metadata: { httpStatusCode } });
    expectMeaning(t, error, expired("refresh_token_expired"), `${httpStatusCode}`);
  }
  expectMeaning(t, thrown("Error", "", { $metadata: { httpStatusCode: 429 } }), throttled, "a 429 without a name is throttling");
  expectMeaning(t, thrown("Error", "", { $metadata: { httpStatusCode: 400 } }), mayHaveActed, "a 400 without a name is no verdict");
  t.end();
});

t.test("a network error is an outage, and a connection that never came about cannot have lost an answer", (t) => {
  for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]) {
    expectMeaning(t, thrown("Error", `connect ${code}`, { code }), neverActed, code);
  }
  for (const code of ["ECONNRESET", "EPIPE", "ETIMEDOUT", "UND_ERR_SOCKET", "CERT_HAS_EXPIRED"]) {
    expectMeaning(t, thrown("Error", code, { code }), mayHaveActed, code);
  }
  expectMeaning(t, new SyntaxError("Unexpected token '<', \"<html>\" is not valid JSON"), mayHaveActed, "an HTML page");
  expectMeaning(t, thrown("TimeoutError", "Cognito did not answer within 6000 ms"), mayHaveActed, "a hang");
  expectMeaning(t, thrown("AbortError", "Request aborted"), mayHaveActed, "an abort");
  t.end();
});

/** Values that try to make the judgement itself fail. */
const HOSTILE: readonly unknown[] = [
  null,
  undefined,
  "NotAuthorizedException",
  42,
  10n,
  Symbol("x"),
  [],
  {},
  () => {},
  Object.create(null),
  { name: 1, message: {}, code: [], $metadata: "text" },
  { name: null, message: null, $metadata: null },
  {
    get name() {
      throw new Error("a getter that throws");
    },
  },
  {
    name: "NotAuthorizedException",
    get message() {
      throw new Error("a getter that throws");
    },
  },
  {
    get $metadata() {
      throw new Error("a getter that throws");
    },
  },
  new Proxy(
    {},
    {
      get() {
        throw new Error("a trap that throws");
      },
    },
  ),
  Proxy.revocable({}, {}).proxy,
];

const TABLES = ["session", "code"] as const;
const neverRejected = (error: unknown) => TABLES.every((of) => judgeRefusal(of, error).kind !== "rejected");

t.test("whatever is thrown, the judgement does not throw and ends nobody's session", (t) => {
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();
  for (const value of [...HOSTILE, revocable.proxy]) for (const of of TABLES) t.not(judgeRefusal(of, value).kind, "rejected");
  t.end();
});

t.test("an unknown name, an unknown text or any other value never ends a session", (t) => {
  const names = fc.oneof(fc.string(), fc.constant("NotAuthorizedException"));
  fc.assert(
    fc.property(names, fc.string(), (name, message) => {
      fc.pre(!["expired", "revoked", "disabled", "exist"].some((word) => message.toLowerCase().includes(word)));
      return neverRejected(thrown(name, message));
    }),
  );
  fc.assert(fc.property(fc.anything(), neverRejected));
  t.end();
});

t.test("a broken endpoint is a mistake of the configuration, and what may be the network's trouble is none", async (t) => {
  const withCode = (code: string) => judgeRefusal("session", Object.assign(new Error("connect"), { code }));
  const settings = { kind: "misconfigured", problem: "settings" };
  t.same(
    judgeRefusal(
      "session",
      Object.assign(new Error("Invalid Configuration: FIPS and custom endpoint are not supported"), { name: "EndpointError" }),
    ),
    settings,
  );
  for (const code of ["ERR_INVALID_URL", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN"])
    t.same(withCode(code), settings, code);
  for (const code of ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "CERT_HAS_EXPIRED", "ECONNRESET"])
    t.match(withCode(code), { kind: "unavailable", reason: "cognito_unavailable" }, code);
});
