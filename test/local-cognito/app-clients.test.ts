import {
  AddUserPoolClientSecretCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  DeleteUserPoolClientSecretCommand,
  DescribeUserPoolClientCommand,
  ListUserPoolClientSecretsCommand,
  ListUserPoolClientsCommand,
  UpdateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { CLIENT_ID, CLIENT_SECRET, POOL_ID, present, running, USERNAME } from "./running-cognito.js";
import { getTokens, publicClient, refresh, secretHash, signIn } from "./sdk-calls.js";

const CLIENT = { UserPoolId: POOL_ID, ClientId: CLIENT_ID };
const RANGE = { name: "InvalidParameterException", message: "Invalid range for token validity." };

t.test("a new client has Cognito's defaults", async (t) => {
  const { sdk, clock } = await running(t);
  const { UserPoolClient } = await sdk.send(new CreateUserPoolClientCommand({ UserPoolId: POOL_ID, ClientName: "plain" }));
  t.match(UserPoolClient, {
    ClientName: "plain",
    ClientId: /^[0-9a-z]{26}$/,
    ClientSecret: undefined,
    RefreshTokenValidity: 30,
    AccessTokenValidity: undefined,
    TokenValidityUnits: {},
    AuthSessionValidity: 3,
    EnableTokenRevocation: true,
    AllowedOAuthFlowsUserPoolClient: false,
    ExplicitAuthFlows: undefined,
  });
  t.equal(UserPoolClient?.CreationDate?.getTime(), clock.now());
});

t.test("an update resets every attribute that it leaves out, callback URLs and OAuth settings included", async (t) => {
  const { sdk } = await running(t);
  const { UserPoolClient: before } = await sdk.send(new DescribeUserPoolClientCommand(CLIENT));
  t.same(before?.CallbackURLs, ["http://localhost:3000/auth/callback"]);
  t.equal(before?.ClientSecret, CLIENT_SECRET, "Describe returns the secret, as Cognito's does");
  await sdk.send(new UpdateUserPoolClientCommand({ ...CLIENT, RefreshTokenValidity: 60 }));
  const { UserPoolClient: after } = await sdk.send(new DescribeUserPoolClientCommand(CLIENT));
  t.match(after, {
    ClientName: before?.ClientName,
    RefreshTokenValidity: 60,
    TokenValidityUnits: {},
    CallbackURLs: undefined,
    LogoutURLs: undefined,
    AllowedOAuthFlows: undefined,
    AllowedOAuthScopes: undefined,
    AllowedOAuthFlowsUserPoolClient: false,
    SupportedIdentityProviders: undefined,
    ExplicitAuthFlows: undefined,
    PreventUserExistenceErrors: undefined,
  });
  await t.rejects(signIn(sdk), { name: "InvalidParameterException", message: "USER_PASSWORD_AUTH flow not enabled for this client" });
});

t.test("units left out make 60 mean 60 days", async (t) => {
  const { sdk, clock } = await running(t);
  const client = await publicClient(sdk, { RefreshTokenValidity: 60 });
  const { RefreshToken } = await signIn(sdk, client);
  clock.advance(59 * 86_400_000);
  await t.resolves(getTokens(sdk, client, RefreshToken));
});

const REFUSED: readonly (readonly [string, Partial<CreateUserPoolClientCommandInput>])[] = [
  ["an access token under 5 minutes", { AccessTokenValidity: 299, TokenValidityUnits: { AccessToken: "seconds" } }],
  ["an ID token over 24 hours", { IdTokenValidity: 25 }],
  ["a refresh token under 60 minutes", { RefreshTokenValidity: 59, TokenValidityUnits: { RefreshToken: "minutes" } }],
  ["a refresh token over 3,650 days", { RefreshTokenValidity: 3_651 }],
  ["a unit without its value", { TokenValidityUnits: { RefreshToken: "minutes" } }],
  [
    "an access token that outlives its refresh token",
    { AccessTokenValidity: 2, RefreshTokenValidity: 60, TokenValidityUnits: { RefreshToken: "minutes" } },
  ],
];

for (const [what, settings] of REFUSED) {
  t.test(`${what} is an invalid range`, async (t) => {
    const { sdk } = await running(t);
    await t.rejects(sdk.send(new CreateUserPoolClientCommand({ UserPoolId: POOL_ID, ClientName: "x", ...settings })), RANGE);
    await t.rejects(sdk.send(new UpdateUserPoolClientCommand({ ...CLIENT, ...settings })), RANGE);
  });
}

t.test("a refresh validity of 0 means 30 days, and the bounds themselves are allowed", async (t) => {
  const { sdk } = await running(t);
  const { UserPoolClient } = await sdk.send(new UpdateUserPoolClientCommand({ ...CLIENT, RefreshTokenValidity: 0 }));
  t.match(UserPoolClient, { RefreshTokenValidity: 30 });
  const TokenValidityUnits = { AccessToken: "minutes", IdToken: "hours", RefreshToken: "days" } as const;
  const widest = { AccessTokenValidity: 5, IdTokenValidity: 24, RefreshTokenValidity: 3_650, TokenValidityUnits };
  await t.resolves(sdk.send(new UpdateUserPoolClientCommand({ ...CLIENT, ...widest })));
});

const INVALID: readonly (readonly [string, Partial<CreateUserPoolClientCommandInput>])[] = [
  ["plain http beyond this machine", { CallbackURLs: ["http://app.example.com/"] }],
  ["a callback with a fragment", { CallbackURLs: ["https://app.example.com/#x"] }],
  ["OAuth without flows and scopes", { AllowedOAuthFlowsUserPoolClient: true }],
  ["a default redirect that is no callback", { DefaultRedirectURI: "https://app.example.com/" }],
  ["a grace period over 60 seconds", { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 61 } }],
  ["an AuthSessionValidity under 3 minutes", { AuthSessionValidity: 2 }],
  ["both a generated and a given secret", { GenerateSecret: true, ClientSecret: "c".repeat(30) }],
];

for (const [what, settings] of INVALID) {
  t.test(`${what} is an invalid parameter`, async (t) => {
    const { sdk } = await running(t);
    await t.rejects(sdk.send(new CreateUserPoolClientCommand({ UserPoolId: POOL_ID, ClientName: "x", ...settings })), {
      name: "InvalidParameterException",
    });
  });
}

t.test("two secrets work side by side while they are rotated, and only the values that were made are shown, once", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  const { ClientSecretDescriptor: added } = await sdk.send(new AddUserPoolClientSecretCommand(CLIENT));
  const secret = present(added?.ClientSecretValue);
  const withSecret = (value: string) => refresh(sdk, RefreshToken, { SECRET_HASH: secretHash(USERNAME, value) });
  await t.resolves(withSecret(secret));
  await t.resolves(withSecret(CLIENT_SECRET));
  await t.rejects(sdk.send(new AddUserPoolClientSecretCommand(CLIENT)), { name: "LimitExceededException" });
  const { ClientSecrets = [] } = await sdk.send(new ListUserPoolClientSecretsCommand(CLIENT));
  t.equal(ClientSecrets.length, 2);
  t.ok(ClientSecrets.every((entry) => entry.ClientSecretValue === undefined && entry.ClientSecretId?.startsWith(`${CLIENT_ID}--`)));
  const [old, fresh] = ClientSecrets.map((entry) => present(entry.ClientSecretId));
  await sdk.send(new DeleteUserPoolClientSecretCommand({ ...CLIENT, ClientSecretId: old }));
  await t.rejects(withSecret(CLIENT_SECRET), { message: `SecretHash does not match for the client: ${CLIENT_ID}` });
  await t.resolves(withSecret(secret));
  await t.rejects(sdk.send(new DeleteUserPoolClientSecretCommand({ ...CLIENT, ClientSecretId: fresh })), {
    name: "InvalidParameterException",
  });
});

t.test("a secret of one's own is not echoed; a public client cannot be given one", async (t) => {
  const { sdk } = await running(t);
  const { ClientSecretDescriptor } = await sdk.send(new AddUserPoolClientSecretCommand({ ...CLIENT, ClientSecret: "s".repeat(24) }));
  t.equal(ClientSecretDescriptor?.ClientSecretValue, undefined);
  const ClientId = await publicClient(sdk);
  await t.rejects(sdk.send(new AddUserPoolClientSecretCommand({ UserPoolId: POOL_ID, ClientId })), { name: "InvalidParameterException" });
});

t.test("clients are listed a page at a time", async (t) => {
  const { sdk } = await running(t);
  const second = await publicClient(sdk);
  const first = await sdk.send(new ListUserPoolClientsCommand({ UserPoolId: POOL_ID, MaxResults: 1 }));
  t.same(
    first.UserPoolClients?.map(({ ClientId }) => ClientId),
    [CLIENT_ID],
  );
  const rest = await sdk.send(new ListUserPoolClientsCommand({ UserPoolId: POOL_ID, MaxResults: 1, NextToken: present(first.NextToken) }));
  t.same(
    rest.UserPoolClients?.map(({ ClientId }) => ClientId),
    [second],
  );
  t.equal(rest.NextToken, undefined);
  await t.rejects(sdk.send(new ListUserPoolClientsCommand({ UserPoolId: POOL_ID, NextToken: "foreign" })), {
    name: "InvalidParameterException",
  });
});
