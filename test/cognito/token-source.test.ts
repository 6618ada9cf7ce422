import { createHmac } from "node:crypto";
import t, { type Test } from "tap";
import { createClientSecrets } from "../../src/cognito/client-secrets.js";
import { createTokenSource, judgeTokens, type TokenSource, type TokenSourceOptions } from "../../src/cognito/token-source.js";
import { Secret } from "../../src/model/secret.js";
import { createSessionId } from "../../src/model/session.js";
import type { BffEvent } from "../../src/telemetry/events.js";
import { type CollectedLog, collectLog } from "../support/collected-log.js";
import { until } from "../support/condition.js";
import { createManualClock, type ManualClock } from "../support/manual-clock.js";
import { CLIENT_ID, jwtOf, refreshTokenOf } from "../support/session-fixtures.js";
import { GRANTED } from "../support/session-lifecycle-rig.js";
import { type Answer, exception, hang, hangInBody, html, json, reset, startTinyServer, type TinyServer } from "../support/tiny-server.js";

const USERNAME = "5f1c2e2a-0b1c-4c55-9f1a-3d2b1c0a9e8f";
const REFRESH = refreshTokenOf("token source");
const FIRST_SECRET = "1p0k9j8h7g6f5d4s3a2q1w0e";
const SECOND_SECRET = "9z8x7c6v5b4n3m2a1s0d9f8g";
const ID_TOKEN = jwtOf({ sub: USERNAME });
const ACCESS_TOKEN = jwtOf({ sub: USERNAME, token_use: "access" });
const REQUEST = { session: createSessionId(), refreshToken: new Secret(REFRESH), username: USERNAME, deviceKey: null, turn: GRANTED };

/** Computed without the code under test. */
const hashWith = (secret: string) => createHmac("sha256", secret).update(USERNAME).update(CLIENT_ID).digest("base64");

const tokens = (more: object = {}): Answer =>
  json(200, { AuthenticationResult: { IdToken: ID_TOKEN, AccessToken: ACCESS_TOKEN, ExpiresIn: 3600, TokenType: "Bearer", ...more } });
const notEnabled = exception("InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client");
const wrongSecret = exception("NotAuthorizedException", `Unable to verify secret hash for client ${CLIENT_ID}`);

interface Rig {
  readonly server: TinyServer;
  readonly source: TokenSource;
  readonly log: CollectedLog;
  readonly clock: ManualClock;
  readonly told: readonly BffEvent[];
  /** The operations called, in order. */
  operations(): string[];
  body(index: number): unknown;
}

async function rig(
  t: Test,
  answers: readonly Answer[],
  { secrets = [new Secret(FIRST_SECRET)], ...options }: Partial<TokenSourceOptions> & { readonly secrets?: readonly Secret[] } = {},
): Promise<Rig> {
  const server = await startTinyServer(...answers);
  const log = collectLog();
  const clock = createManualClock();
  const told: BffEvent[] = [];
  const source = createTokenSource({
    region: "eu-central-1",
    clientId: CLIENT_ID,
    clientSecrets: createClientSecrets(secrets, log),
    endpoint: server.url,
    refreshApi: "auto",
    deadlineMs: 5_000,
    clock,
    tell: (event) => void told.push(event),
    log,
    ...options,
  });
  t.teardown(async () => {
    source.close();
    await server.close();
  });
  return {
    server,
    source,
    log,
    clock,
    told,
    operations: () =>
      server.seen.map((request) => String(request.headers["x-amz-target"]).replace("AWSCognitoIdentityProviderService.", "")),
    body: (index) => JSON.parse(server.seen[index]?.body ?? "null"),
  };
}

t.test("every request asks for its turn first: the other secret's, the other flow's, and those that end tokens", async (t) => {
  let turns = 0;
  const turn = async () => {
    turns += 1;
    return "granted" as const;
  };
  const secrets = [new Secret(FIRST_SECRET), new Secret(SECOND_SECRET)];
  const { source, operations } = await rig(t, [wrongSecret, notEnabled, tokens()], { secrets });
  t.equal((await source.refresh({ ...REQUEST, turn })).kind, "issued");
  await source.revoke(new Secret(REFRESH), turn);
  await source.signOutEverywhere(new Secret(ACCESS_TOKEN), turn);
  t.equal(turns, operations().length);
  t.equal(turns, 5);
});

t.test("a slow Cognito is asked by all that have their turn: none of them queues for a connection", async (t) => {
  const held: (() => void)[] = [];
  const AT_ONCE = 60;
  const { source, server } = await rig(t, [(response, seen, message) => void held.push(() => tokens()(response, seen, message))]);
  const answers = Array.from({ length: AT_ONCE }, () => source.refresh(REQUEST));
  await until(() => held.length === AT_ONCE);
  for (const answer of held) answer();
  for (const { kind } of await Promise.all(answers)) t.equal(kind, "issued");
  t.equal(server.seen.length, AT_ONCE);
});

t.test("without a turn nothing is sent, and nothing is counted as a call", async (t) => {
  const turn = async () => "timed_out" as const;
  const { source, server, told } = await rig(t, [tokens()]);
  const throttled = { kind: "unavailable", reason: "cognito_throttled", answerLost: false };
  t.same(await source.refresh({ ...REQUEST, turn }), throttled);
  t.same(await source.revoke(new Secret(REFRESH), turn), throttled);
  t.same(await source.signOutEverywhere(new Secret(ACCESS_TOKEN), turn), throttled);
  t.equal(server.seen.length, 0);
  t.same(told, []);
});

t.test("InitiateAuth goes out exactly so, with SECRET_HASH over the canonical username", async (t) => {
  const { source, server, body, operations } = await rig(t, [tokens()]);
  const answer = await source.refresh(REQUEST);
  t.same(operations(), ["InitiateAuth"]);
  t.same(body(0), {
    AuthFlow: "REFRESH_TOKEN_AUTH",
    ClientId: CLIENT_ID,
    AuthParameters: { REFRESH_TOKEN: REFRESH, SECRET_HASH: hashWith(FIRST_SECRET) },
  });
  t.notOk(server.seen[0]?.headers.authorization, "no AWS credentials are needed, and none are sent");
  t.equal(answer.kind, "issued");
  if (answer.kind !== "issued") return;
  t.equal(answer.id.reveal(), ID_TOKEN);
  t.equal(answer.access?.reveal(), ACCESS_TOKEN);
  t.equal(answer.refresh, null, "without rotation the old refresh token stays");
});

t.test("a public client sends no SECRET_HASH, a remembered device its key", async (t) => {
  const { source, body } = await rig(t, [tokens()], { secrets: [] });
  await source.refresh({ ...REQUEST, deviceKey: "eu-central-1_device" });
  t.same(body(0), {
    AuthFlow: "REFRESH_TOKEN_AUTH",
    ClientId: CLIENT_ID,
    AuthParameters: { REFRESH_TOKEN: REFRESH, DEVICE_KEY: "eu-central-1_device" },
  });
});

t.test("GetTokensFromRefreshToken goes out exactly so, with the raw secret and no username", async (t) => {
  const { source, body, operations } = await rig(t, [tokens({ RefreshToken: "rotated" })], { refreshApi: "get_tokens" });
  const answer = await source.refresh({ ...REQUEST, deviceKey: "eu-central-1_device" });
  t.same(operations(), ["GetTokensFromRefreshToken"]);
  t.same(body(0), { RefreshToken: REFRESH, ClientId: CLIENT_ID, ClientSecret: FIRST_SECRET, DeviceKey: "eu-central-1_device" });
  t.equal(answer.kind === "issued" && answer.refresh?.reveal(), "rotated");
});

t.test("`auto` goes over to GetTokensFromRefreshToken once Cognito says the flow is not enabled, and stays there", async (t) => {
  const { source, operations, log } = await rig(t, [notEnabled, tokens()]);
  for (let call = 0; call < 3; call++) t.equal((await source.refresh(REQUEST)).kind, "issued");
  t.same(operations(), ["InitiateAuth", "GetTokensFromRefreshToken", "GetTokensFromRefreshToken", "GetTokensFromRefreshToken"]);
  t.equal(log.saying("from now on").length, 1, "said once");
});

t.test("where GetTokensFromRefreshToken is refused as well it is a wrong setting, asked twice and not for ever", async (t) => {
  const { source, operations } = await rig(t, [notEnabled]);
  t.match(await source.refresh(REQUEST), { kind: "misconfigured", problem: "flow_not_enabled" });
  t.same(operations(), ["InitiateAuth", "GetTokensFromRefreshToken"]);
});

t.test("`initiate_auth` and `get_tokens` never go over to the other", async (t) => {
  for (const refreshApi of ["initiate_auth", "get_tokens"] as const) {
    const { source, operations } = await rig(t, [notEnabled], { refreshApi });
    t.same(await source.refresh(REQUEST), { kind: "misconfigured", problem: "flow_not_enabled" });
    t.same(operations(), [refreshApi === "get_tokens" ? "GetTokensFromRefreshToken" : "InitiateAuth"]);
  }
});

const TWO_SECRETS = { secrets: [new Secret(FIRST_SECRET), new Secret(SECOND_SECRET)] };

t.test("of two client secrets the one that works is found and remembered", async (t) => {
  const { source, server, body, operations } = await rig(t, [wrongSecret, tokens()], TWO_SECRETS);
  const secretHashOf = (index: number) => (body(index) as { AuthParameters: { SECRET_HASH: string } }).AuthParameters.SECRET_HASH;
  t.equal((await source.refresh(REQUEST)).kind, "issued");
  t.equal((await source.refresh(REQUEST)).kind, "issued");
  t.same([0, 1, 2].map(secretHashOf), [hashWith(FIRST_SECRET), hashWith(SECOND_SECRET), hashWith(SECOND_SECRET)]);
  server.answer(wrongSecret, tokens());
  t.equal((await source.refresh(REQUEST)).kind, "issued", "and back again when the second is withdrawn");
  t.same([3, 4].map(secretHashOf), [hashWith(SECOND_SECRET), hashWith(FIRST_SECRET)]);
  server.answer(json(200, {}));
  t.same(await source.revoke(new Secret(REFRESH), GRANTED), { kind: "revoked" });
  t.same(body(5), { Token: REFRESH, ClientId: CLIENT_ID, ClientSecret: FIRST_SECRET }, "RevokeToken uses the remembered one too");
  t.equal(operations()[5], "RevokeToken");
});

t.test("a sign-out finds the other client secret as well, while one is being rotated", async (t) => {
  const refused = exception("UnauthorizedException", "Invalid client secret");
  const { source, body } = await rig(t, [refused, json(200, {})], TWO_SECRETS);
  t.same(await source.revoke(new Secret(REFRESH), GRANTED), { kind: "revoked" });
  t.same(
    [0, 1].map((index) => (body(index) as { ClientSecret: string }).ClientSecret),
    [FIRST_SECRET, SECOND_SECRET],
  );
});

t.test("what a trigger says of a person, and a request id that is none, stay out of the log", async (t) => {
  const said = "PreTokenGeneration failed with error Alice of Example Street is blocked.";
  const lambda: Answer = json(400, { __type: "UserLambdaValidationException", message: said }, { "x-amzn-requestid": "x".repeat(5_000) });
  const { source, log } = await rig(t, [lambda]);
  t.same(await source.refresh(REQUEST), { kind: "denied" });
  t.match(log.lines, [{ level: "warn", fields: { error: { name: "UserLambdaValidationException" }, cognito_request_id: undefined } }]);
  t.notMatch(log.text(), "Alice");
});

t.test("two wrong client secrets are a wrong setting, never an end", async (t) => {
  const { source, server } = await rig(t, [wrongSecret], TWO_SECRETS);
  t.same(await source.refresh(REQUEST), { kind: "misconfigured", problem: "wrong_secret" });
  t.equal(server.seen.length, 2);
});

t.test("an outage says nothing about the second secret: the first stays in use", async (t) => {
  const { source, server, body } = await rig(t, [wrongSecret, html(503)], TWO_SECRETS);
  t.equal((await source.refresh(REQUEST)).kind, "unavailable");
  server.answer(tokens());
  await source.refresh(REQUEST);
  t.match(body(2), { AuthParameters: { SECRET_HASH: hashWith(FIRST_SECRET) } });
});

t.test(
  "the same mistake and the same outage are one line a minute with a count, what befalls one session alone is a line each",
  async (t) => {
    const { source, server, log, clock } = await rig(t, [wrongSecret]);
    for (let session = 0; session < 20; session++) await source.refresh(REQUEST);
    server.answer(html(503));
    for (let session = 0; session < 5; session++) await source.refresh(REQUEST);
    const counts = () => log.saying("a call to Cognito failed").map(({ fields }) => [fields["outcome"], fields["count"]]);
    const wrong = { kind: "misconfigured", problem: "wrong_secret" };
    const away = { kind: "unavailable", reason: "cognito_unavailable" };
    t.match(counts(), [
      [wrong, 1],
      [away, 1],
    ]);
    clock.advance(60_000);
    t.match(counts().slice(2), [
      [wrong, 19],
      [away, 4],
    ]);
    server.answer(exception("NotAuthorizedException", "Invalid Refresh Token"));
    for (let session = 0; session < 3; session++) await source.refresh(REQUEST);
    t.equal(counts().length, 7);
  },
);

t.test("with one secret a wrong one is not tried again", async (t) => {
  const { source, server } = await rig(t, [wrongSecret]);
  t.same(await source.refresh(REQUEST), { kind: "misconfigured", problem: "wrong_secret" });
  t.equal(server.seen.length, 1);
});

for (const [name, answer] of [
  ["before the head", hang],
  ["within the body", hangInBody],
] as const) {
  t.test(`a Cognito that hangs ${name} is left at the deadline, and the connection closed`, async (t) => {
    const { source, server, log, clock, told } = await rig(t, [answer]);
    const answering = source.refresh(REQUEST);
    await server.dealtWith;
    await clock.run(4_999);
    t.equal(log.lines.length, 0, "not before");
    await clock.run(1);
    t.same(await answering, { kind: "unavailable", reason: "cognito_unavailable", answerLost: true });
    await server.closed;
    await clock.run(60_000);
    t.equal(clock.pending(), 0, "but for the minute in which the same is not said again");
    t.match(told, [{ kind: "cognito_called", outcome: "cognito_unavailable", seconds: 5 }]);
    t.equal(server.seen.length, 1, "one attempt");
    t.match(log.lines[0], { level: "warn", fields: { operation: "InitiateAuth", error: { name: "TimeoutError" } } });
  });
}

/** A fault, the meaning of the first and only attempt. */
const FAULTS: readonly (readonly [name: string, answer: Answer, meaning: object])[] = [
  ["throttling", exception("TooManyRequestsException", "Rate exceeded"), { kind: "unavailable", reason: "cognito_throttled" }],
  ["an internal error", exception("InternalErrorException", "Something went wrong", 500), { kind: "unavailable" }],
  ["an HTML 503", html(503), { kind: "unavailable", reason: "cognito_unavailable" }],
  ["an HTML 200", html(200), { kind: "unavailable", reason: "cognito_unavailable" }],
  [
    "a WAF block",
    exception("ForbiddenException", "Request not allowed due to WAF block.", 403),
    { kind: "unavailable", reason: "cognito_blocked" },
  ],
  ["a reset connection", reset, { kind: "unavailable", reason: "cognito_unavailable" }],
  ["an unknown exception", exception("BrandNewException", "?"), { kind: "unavailable", reason: "cognito_unavailable" }],
  ["an answer without tokens", json(200, { ChallengeName: "SMS_MFA", Session: "s" }), { kind: "unavailable" }],
  ["an answer without an ID token", json(200, { AuthenticationResult: { AccessToken: ACCESS_TOKEN } }), { kind: "unavailable" }],
  ["an empty object", json(200, {}), { kind: "unavailable" }],
  [
    "an expired refresh token",
    exception("NotAuthorizedException", "Refresh Token has expired"),
    { ending: { cause: "refresh_token_expired" } },
  ],
];

for (const [name, answer, meaning] of FAULTS) {
  t.test(`${name} is judged after one attempt, without a retry of the SDK's`, async (t) => {
    const { source, server } = await rig(t, [answer]);
    t.match(await source.refresh(REQUEST), meaning);
    t.equal(server.seen.length, 1);
  });
}

t.test("a Cognito that nobody listens for is an outage in which nothing can have been lost", async (t) => {
  const { source, server } = await rig(t, [tokens()]);
  await server.close();
  t.same(await source.refresh(REQUEST), { kind: "unavailable", reason: "cognito_unavailable", answerLost: false });
});

t.test("RevokeToken and GlobalSignOut answer what became of them", async (t) => {
  const { source, server, body, operations } = await rig(t, [json(200, {})]);
  t.same(await source.revoke(new Secret(REFRESH), GRANTED), { kind: "revoked" });
  t.same(await source.signOutEverywhere(new Secret(ACCESS_TOKEN), GRANTED), { kind: "revoked" });
  t.same(operations(), ["RevokeToken", "GlobalSignOut"]);
  t.same(body(0), { Token: REFRESH, ClientId: CLIENT_ID, ClientSecret: FIRST_SECRET });
  t.same(body(1), { AccessToken: ACCESS_TOKEN });
  server.answer(html(503));
  t.equal((await source.revoke(new Secret(REFRESH), GRANTED)).kind, "unavailable");
  t.equal((await source.signOutEverywhere(new Secret(ACCESS_TOKEN), GRANTED)).kind, "unavailable");
});

t.test("no token, secret, hash or username stands in any log line, whatever went wrong", async (t) => {
  const all = collectLog();
  const answers = [...FAULTS.map(([, answer]) => answer), wrongSecret, notEnabled, tokens({ RefreshToken: "rotated-token" })];
  for (const answer of answers) {
    const { source } = await rig(t, [answer], { ...TWO_SECRETS, log: all });
    await source.refresh(REQUEST);
    await source.revoke(new Secret(REFRESH), GRANTED);
    await source.signOutEverywhere(new Secret(ACCESS_TOKEN), GRANTED);
  }
  const text = all.text();
  t.ok(all.lines.length > answers.length, "much was logged");
  const hidden = [
    REFRESH,
    ID_TOKEN,
    ACCESS_TOKEN,
    FIRST_SECRET,
    SECOND_SECRET,
    hashWith(FIRST_SECRET),
    hashWith(SECOND_SECRET),
    USERNAME,
    "rotated-token",
  ];
  for (const secret of hidden) t.notOk(text.includes(secret), "not in the log");
  t.ok(
    all.lines.some((line) => line.fields["cognito_request_id"] === "4a1b2c3d-request"),
    "Cognito's request id is, for AWS's support",
  );
});

t.test("an answer is judged by itself", (t) => {
  t.same(judgeTokens({ AuthenticationResult: undefined }), { kind: "unavailable", reason: "cognito_unavailable", answerLost: false });
  const answer = judgeTokens({ AuthenticationResult: { IdToken: "a.b.c" } });
  t.equal(answer.kind === "issued" && answer.access, null);
  t.end();
});
