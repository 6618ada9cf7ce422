import { InitiateAuthCommand, RevokeTokenCommand } from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { DAY, present, type Running, running, SECOND } from "./running-cognito.js";
import { getTokens, publicClient, signIn } from "./sdk-calls.js";

const REUSED = { name: "RefreshTokenReuseException", message: "Refresh token reuse detected" };
const REVOKED = { name: "NotAuthorizedException", message: "Refresh Token has been revoked" };

async function rotating({ sdk }: Running, grace: number): Promise<{ client: string; original: string }> {
  const client = await publicClient(sdk, {
    ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
    RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: grace },
  });
  return { client, original: (await signIn(sdk, client)).RefreshToken };
}

t.test("a rotated token is new and inherits what remains of the original's life", async (t) => {
  const local = await running(t);
  const { client, original } = await rotating(local, 0);
  local.clock.advance(29 * DAY);
  const child = present(await getTokens(local.sdk, client, original));
  t.not(child, original);
  local.clock.advance(DAY);
  await t.rejects(getTokens(local.sdk, client, child), { name: "NotAuthorizedException", message: "Refresh Token has expired" });
});

t.test("REFRESH_TOKEN_AUTH is refused where tokens rotate", async (t) => {
  const local = await running(t);
  const { client, original } = await rotating(local, 0);
  const AuthParameters = { REFRESH_TOKEN: original };
  await t.rejects(local.sdk.send(new InitiateAuthCommand({ AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: client, AuthParameters })), {
    name: "InvalidParameterException",
    message: "REFRESH_TOKEN_AUTH flow not enabled for this client",
  });
});

t.test("without a grace period a second use is reuse, and the family goes on", async (t) => {
  const local = await running(t);
  const { client, original } = await rotating(local, 0);
  const child = present(await getTokens(local.sdk, client, original));
  await t.rejects(getTokens(local.sdk, client, original), REUSED);
  await t.resolves(getTokens(local.sdk, client, child));
});

t.test("within the grace period a second use forks, and the newest child wins", async (t) => {
  const local = await running(t);
  const { client, original } = await rotating(local, 60);
  const older = present(await getTokens(local.sdk, client, original));
  local.clock.advance(59 * SECOND);
  const newest = present(await getTokens(local.sdk, client, original));
  await t.rejects(getTokens(local.sdk, client, older), REUSED, "the losing child has no grace of its own");
  await t.resolves(getTokens(local.sdk, client, newest));
});

t.test("the grace period ends when it says, and a replay does not prolong it", async (t) => {
  const local = await running(t);
  const { client, original } = await rotating(local, 10);
  await getTokens(local.sdk, client, original);
  local.clock.advance(9_999);
  const newest = present(await getTokens(local.sdk, client, original));
  local.clock.advance(1);
  await t.rejects(getTokens(local.sdk, client, original), REUSED);
  await t.resolves(getTokens(local.sdk, client, newest));
});

for (const which of ["original", "live"] as const) {
  t.test(`revoking the ${which} token ends the family`, async (t) => {
    const local = await running(t);
    const { client, original } = await rotating(local, 60);
    const live = present(await getTokens(local.sdk, client, original));
    await local.sdk.send(new RevokeTokenCommand({ ClientId: client, Token: which === "original" ? original : live }));
    await t.rejects(getTokens(local.sdk, client, live), REVOKED);
    await t.rejects(getTokens(local.sdk, client, original), REVOKED);
  });
}
