import {
  AdminDeleteUserCommand,
  AdminResetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  ConfirmDeviceCommand,
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  UpdateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { defaultSeed } from "../../src/local-cognito/index.js";
import { CLIENT_ID, CLIENT_SECRET, DAY, EMAIL, HOUR, MINUTE, POOL_ID, present, running, USERNAME } from "./running-cognito.js";
import { claimsOf, getTokens, publicClient, refresh, secretHash, signIn } from "./sdk-calls.js";

t.test("a refresh gives new ID and access tokens of the same sign-in and no refresh token", async (t) => {
  const { sdk, clock } = await running(t);
  const first = await signIn(sdk);
  clock.advance(2 * HOUR);
  const { AuthenticationResult: second } = await refresh(sdk, first.RefreshToken);
  const [before, after] = [claimsOf(first.IdToken), claimsOf(present(second?.IdToken))];
  t.equal(second?.RefreshToken, undefined);
  t.equal(second?.ExpiresIn, 3_600);
  t.equal(second?.TokenType, "Bearer");
  t.same([after["auth_time"], after["origin_jti"], after["event_id"]], [before["auth_time"], before["origin_jti"], before["event_id"]]);
  t.not(after["jti"], before["jti"]);
  t.equal(Number(after["exp"]) - clock.now() / 1_000, 3_600);
});

t.test("the older flow name REFRESH_TOKEN refreshes too", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  const AuthParameters = { REFRESH_TOKEN: RefreshToken, SECRET_HASH: secretHash(USERNAME) };
  const answer = await sdk.send(new InitiateAuthCommand({ AuthFlow: "REFRESH_TOKEN", ClientId: CLIENT_ID, AuthParameters }));
  t.ok(answer.AuthenticationResult?.IdToken);
});

t.test("an expired refresh token is refused with Cognito's exact text, and not a moment earlier", async (t) => {
  const { sdk, clock } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  clock.advance(30 * DAY - 1);
  await t.resolves(refresh(sdk, RefreshToken));
  clock.advance(1);
  await t.rejects(refresh(sdk, RefreshToken), { name: "NotAuthorizedException", message: "Refresh Token has expired" });
});

t.test("SECRET_HASH over the e-mail address works at sign-in and fails at refresh", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  await t.rejects(refresh(sdk, RefreshToken, { SECRET_HASH: secretHash(EMAIL) }), {
    name: "NotAuthorizedException",
    message: `SecretHash does not match for the client: ${CLIENT_ID}`,
  });
  const unhashed = { AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: CLIENT_ID, AuthParameters: { REFRESH_TOKEN: RefreshToken } } as const;
  await t.rejects(sdk.send(new InitiateAuthCommand(unhashed)), {
    name: "NotAuthorizedException",
    message: `Client ${CLIENT_ID} is configured with secret but SECRET_HASH was not received`,
  });
});

t.test("GetTokensFromRefreshToken takes the raw secret, and says what is missing", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  const request = { ClientId: CLIENT_ID, RefreshToken };
  const answer = await sdk.send(new GetTokensFromRefreshTokenCommand({ ...request, ClientSecret: CLIENT_SECRET }));
  t.ok(answer.AuthenticationResult?.IdToken);
  t.equal(answer.AuthenticationResult?.RefreshToken, undefined);
  await t.rejects(sdk.send(new GetTokensFromRefreshTokenCommand(request)), {
    name: "NotAuthorizedException",
    message: `Client ${CLIENT_ID} is configured for secret but secret was not received`,
  });
  await t.rejects(sdk.send(new GetTokensFromRefreshTokenCommand({ ...request, ClientSecret: "x".repeat(30) })), {
    name: "NotAuthorizedException",
    message: `Unable to verify secret hash for client ${CLIENT_ID}`,
  });
});

t.test("garbage, another client's token and an unknown client have texts of their own", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  const other = await publicClient(sdk);
  await t.rejects(refresh(sdk, "garbage"), { name: "NotAuthorizedException", message: "Invalid Refresh Token." });
  await t.rejects(getTokens(sdk, other, RefreshToken), { name: "NotAuthorizedException", message: "Refresh Token has different Client" });
  await sdk.send(new DeleteUserPoolClientCommand({ UserPoolId: POOL_ID, ClientId: other }));
  await t.rejects(getTokens(sdk, other, RefreshToken), {
    name: "ResourceNotFoundException",
    message: `User pool client ${other} does not exist.`,
  });
});

t.test("a client without the refresh flow is told so", async (t) => {
  const { sdk } = await running(t);
  const client = await publicClient(sdk, { ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"] });
  const { RefreshToken } = await signIn(sdk, client);
  const AuthParameters = { REFRESH_TOKEN: RefreshToken };
  await t.rejects(sdk.send(new InitiateAuthCommand({ AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: client, AuthParameters })), {
    name: "InvalidParameterException",
    message: "REFRESH_TOKEN_AUTH flow not enabled for this client",
  });
});

t.test("a reset password and a deleted user each end the refresh by name", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  const user = { UserPoolId: POOL_ID, Username: EMAIL };
  await sdk.send(new AdminResetUserPasswordCommand(user));
  await t.rejects(refresh(sdk, RefreshToken), { name: "PasswordResetRequiredException" });
  await sdk.send(new AdminDeleteUserCommand(user));
  await t.rejects(refresh(sdk, RefreshToken), { name: "UserNotFoundException", message: "User does not exist." });
});

t.test("a changed attribute shows at the next refresh", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  const UserAttributes = [{ Name: "custom:plan", Value: "gold" }];
  await sdk.send(new AdminUpdateUserAttributesCommand({ UserPoolId: POOL_ID, Username: USERNAME, UserAttributes }));
  const { AuthenticationResult } = await refresh(sdk, RefreshToken);
  t.equal(claimsOf(present(AuthenticationResult?.IdToken))["custom:plan"], "gold");
});

t.test("the expiry is fixed at sign-in: a validity changed later does not move it", async (t) => {
  const { sdk, clock } = await running(t);
  const client = await publicClient(sdk, { RefreshTokenValidity: 60, TokenValidityUnits: { RefreshToken: "minutes" } });
  const { RefreshToken } = await signIn(sdk, client);
  const longer = { UserPoolId: POOL_ID, ClientId: client, ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH" as const] };
  await sdk.send(new UpdateUserPoolClientCommand({ ...longer, RefreshTokenValidity: 90 }));
  clock.advance(60 * MINUTE - 1);
  await t.resolves(getTokens(sdk, client, RefreshToken));
  clock.advance(1);
  await t.rejects(getTokens(sdk, client, RefreshToken), { message: "Refresh Token has expired" });
});

t.test("where devices are remembered, a refresh needs the confirmed device's key", async (t) => {
  const [pool] = defaultSeed({ publicUrl: "http://localhost:3000" }).userPools;
  const seed = { userPools: [{ ...pool, DeviceConfiguration: { ChallengeRequiredOnNewDevice: false } }] };
  const { sdk } = await running(t, { seed });
  const first = await signIn(sdk);
  const DEVICE_KEY = present(first.NewDeviceMetadata?.DeviceKey);
  const refused = { name: "NotAuthorizedException", message: "Invalid Refresh Token." };
  t.equal(claimsOf(first.AccessToken)["device_key"], DEVICE_KEY);
  await t.rejects(refresh(sdk, first.RefreshToken, { DEVICE_KEY }), refused, "not confirmed yet");
  await sdk.send(new ConfirmDeviceCommand({ AccessToken: first.AccessToken, DeviceKey: DEVICE_KEY }));
  await t.rejects(refresh(sdk, first.RefreshToken), refused, "no key");
  await t.resolves(refresh(sdk, first.RefreshToken, { DEVICE_KEY }));
});

t.test("a client made with GenerateSecret signs in with its secret", async (t) => {
  const { sdk } = await running(t);
  const { UserPoolClient } = await sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: POOL_ID,
      ClientName: "confidential",
      GenerateSecret: true,
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
    }),
  );
  const ClientId = present(UserPoolClient?.ClientId);
  const SECRET_HASH = secretHash(EMAIL, present(UserPoolClient?.ClientSecret), ClientId);
  const AuthParameters = { USERNAME: EMAIL, PASSWORD: "Demo-password-1", SECRET_HASH };
  const answer = await sdk.send(new InitiateAuthCommand({ AuthFlow: "USER_PASSWORD_AUTH", ClientId, AuthParameters }));
  t.ok(answer.AuthenticationResult?.RefreshToken);
});
