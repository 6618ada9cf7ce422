import type { UserPoolType } from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { livePolicy } from "../../src/rehearse/live/live-policy.js";
import { readTarget } from "../../src/rehearse/live/live-target.js";
import { credentialsObstacle, obstaclesOf } from "../../src/rehearse/live/obstacles.js";
import { WaitProgress } from "../../src/rehearse/live/progress.js";
import { isExpired, verdictOf, verdictWords } from "../../src/rehearse/live/recording.js";
import { newRunName, startedAtMs } from "../../src/rehearse/live/run-name.js";
import { temporaryClient } from "../../src/rehearse/live/temporary-client.js";

const NOW = Date.UTC(2026, 10, 26, 11, 45, 0);

t.test("a rehearsal's name says since when it is, and nobody else's name is taken for one", async (t) => {
  const name = newRunName(NOW, "1a2b3c4d");
  t.equal(name, "cognito-bff-rehearsal-20261126t114500z-1a2b3c4d");
  t.match(newRunName(NOW), /-[0-9a-f]{8}$/);
  t.equal(startedAtMs(name), NOW);
  t.equal(startedAtMs(`${name}@example.com`), NOW);
  for (const other of ["", "cognito-bff-rehearsal-", `x${name}`, `${name}x`, `${name}@example.org`, "shop"])
    t.equal(startedAtMs(other), null, other);
});

const POOLS: readonly { readonly name: string; readonly pool: UserPoolType; readonly level: "blocks" | "warns"; readonly text: RegExp }[] =
  [
    { name: "required MFA", pool: { MfaConfiguration: "ON" }, level: "blocks", text: /MFA is required/ },
    {
      name: "no password",
      pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["EMAIL_OTP"] } } },
      level: "blocks",
      text: /nobody signs in by password.*EMAIL_OTP/,
    },
    { name: "telephone numbers", pool: { UsernameAttributes: ["phone_number"] }, level: "blocks", text: /telephone numbers/ },
    { name: "a trigger", pool: { LambdaConfig: { PreSignUp: "arn" } }, level: "warns", text: /PreSignUp/ },
    {
      name: "a newer trigger",
      pool: { LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion: "V2_0", LambdaArn: "arn" } } },
      level: "warns",
      text: /PreTokenGeneration/,
    },
    {
      name: "threat protection",
      pool: { UserPoolAddOns: { AdvancedSecurityMode: "ENFORCED" } },
      level: "warns",
      text: /threat protection/,
    },
    { name: "devices", pool: { DeviceConfiguration: {} }, level: "warns", text: /devices are remembered/ },
  ];

for (const { name, pool, level, text } of POOLS)
  t.test(`it is said beforehand that ${name} ${level === "blocks" ? "blocks" : "may disturb"} a live rehearsal`, async (t) => {
    t.match(obstaclesOf(pool), [{ level, text }]);
    t.equal(obstaclesOf(pool).length, 1);
  });

t.test("a pool in which nothing is in the way has no obstacle; one that may not be looked at is a warning", async (t) => {
  t.same(
    obstaclesOf({ MfaConfiguration: "OPTIONAL", UsernameAttributes: ["email", "phone_number"], LambdaConfig: { PostConfirmation: "arn" } }),
    [],
  );
  t.match(obstaclesOf(null), [{ level: "warns", text: /cognito-idp:DescribeUserPool/ }]);
});

t.test("AWS credentials have to last 75 minutes; those without an end are good", async (t) => {
  const after = (minutes: number) => new Date(NOW + minutes * 60_000);
  t.equal(credentialsObstacle(undefined, NOW), null);
  t.equal(credentialsObstacle(after(75), NOW), null);
  t.match(credentialsObstacle(after(74.9), NOW), "end in 74 min, at 2026-11-26T12:59:54.000Z; 75 min are needed");
  t.match(credentialsObstacle(after(-1), NOW), "have ended");
});

t.test("the copy of an app client is the original but for what a rehearsal needs", async (t) => {
  const original = {
    UserPoolId: "us-east-1_Example01",
    ClientId: "original",
    ClientName: "shop",
    ClientSecret: "secret",
    CreationDate: new Date(NOW),
    LastModifiedDate: new Date(NOW),
    CallbackURLs: ["https://app.example.com/auth/callback"],
    AllowedOAuthScopes: ["openid"],
    EnableTokenRevocation: true,
    AnalyticsConfiguration: { ApplicationId: "x" },
    ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ADMIN_NO_SRP_AUTH"] as const,
    AccessTokenValidity: 5,
    IdTokenValidity: 12,
    RefreshTokenValidity: 30,
    TokenValidityUnits: { AccessToken: "minutes", IdToken: "hours", RefreshToken: "days" } as const,
  };
  t.same(temporaryClient({ ...original, ExplicitAuthFlows: [...original.ExplicitAuthFlows] }, "us-east-1_Example01", "copy"), {
    UserPoolId: "us-east-1_Example01",
    ClientName: "copy",
    GenerateSecret: true,
    CallbackURLs: ["https://app.example.com/auth/callback"],
    AllowedOAuthScopes: ["openid"],
    EnableTokenRevocation: true,
    ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    AccessTokenValidity: 5,
    IdTokenValidity: 60,
    RefreshTokenValidity: 60,
    TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "minutes" },
  });
  const rotating = temporaryClient({ RefreshTokenRotation: { Feature: "ENABLED" } }, "p", "n");
  t.same(rotating.ExplicitAuthFlows, ["ALLOW_ADMIN_USER_PASSWORD_AUTH"], "REFRESH_TOKEN_AUTH and rotation exclude each other");
  t.match(rotating, { AccessTokenValidity: 60, IdTokenValidity: 60 });
});

t.test("the policy names the one pool, in its partition", async (t) => {
  const resource = (region: string) => (JSON.parse(livePolicy(region, "p")) as { Statement: [{ Resource: string }] }).Statement[0].Resource;
  t.equal(resource("eu-central-1"), "arn:aws:cognito-idp:eu-central-1:*:userpool/p");
  t.equal(resource("cn-north-1"), "arn:aws-cn:cognito-idp:cn-north-1:*:userpool/p");
  t.equal(resource("us-gov-west-1"), "arn:aws-us-gov:cognito-idp:us-gov-west-1:*:userpool/p");
});

const NO_FLAGS = { userPoolId: null, clientId: null, endpoint: null, region: null, profile: null };

t.test("the pool is found by the environment, a file or the command line, without the proxy's other settings", async (t) => {
  const env = { COGNITO_USER_POOL_ID: "eu-central-1_AbCdEf123", COGNITO_CLIENT_ID_FILE: "/id", COGNITO_REFRESH_API: "get_tokens" };
  t.match(
    readTarget(env, NO_FLAGS, () => "3n4b5urk1ft4fl3mg5e62d9ado\n"),
    {
      kind: "target",
      refreshApi: "get_tokens",
      target: { clientId: "3n4b5urk1ft4fl3mg5e62d9ado", region: "eu-central-1", endpoint: null },
    },
  );
  const flags = { ...NO_FLAGS, userPoolId: "us-east-1_Other0001", clientId: "another", region: "us-west-2" };
  t.match(
    readTarget(env, flags, () => "x"),
    { target: { poolId: "us-east-1_Other0001", clientId: "another", region: "us-west-2" } },
  );
  const faults = readTarget({ COGNITO_USER_POOL_ID: "pool" }, NO_FLAGS);
  t.match(faults, { kind: "faults", faults: [{ name: "COGNITO_USER_POOL_ID" }, { name: "COGNITO_CLIENT_ID", expected: /--client-id/ }] });
});

t.test("progress: a bar on a terminal, elsewhere a line every ten minutes", async (t) => {
  const shown = (isTTY: boolean) => {
    let text = "";
    const progress = new WaitProgress({ isTTY, write: (more: string) => (text += more) });
    for (let minute = 0; minute <= 61; minute++) progress.show(minute * 60_000, 61 * 60_000);
    progress.clear();
    return text;
  };
  t.equal(shown(false).split("\n").length - 1, 7);
  t.match(shown(false), "waiting: 30 of 61 min\n");
  t.match(shown(true), `${"█".repeat(15)}${"░".repeat(15)}  31 of 61 min`);
  t.ok(shown(true).endsWith("\r\u001b[K"), "and the line is free afterwards");
  t.notMatch(shown(true), "\n");
});

t.test("verdicts in the words that people meet", async (t) => {
  const named = (name: string, message: string) => verdictOf(Object.assign(new Error(message), { name }));
  const expired = named("NotAuthorizedException", "Refresh Token has expired");
  t.ok(isExpired(expired));
  t.equal(verdictWords(expired), "401 expired / refresh_token_expired");
  const words = [
    ["NotAuthorizedException", "Invalid Refresh Token.", "401 expired / refresh_token_invalid"],
    ["NotAuthorizedException", "Unable to verify secret hash for client x", "500 misconfigured (wrong_secret)"],
    ["TooManyRequestsException", "Rate exceeded", "503 cognito_throttled"],
    ["UserLambdaValidationException", "no", "403 denied"],
  ] as const;
  for (const [name, message, text] of words) {
    t.equal(verdictWords(named(name, message)), text);
    t.notOk(isExpired(named(name, message)));
  }
});
