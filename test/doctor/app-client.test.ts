import type { UpdateUserPoolClientCommandInput } from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { MUTABLE_FIELDS, type MutableField, parseAppClient, READ_ONLY_FIELDS } from "../../src/doctor/app-client.js";

/** Every member of DescribeUserPoolClient's structure. */
const WHOLE: Readonly<Record<MutableField, unknown>> = {
  ClientName: "shop",
  RefreshTokenValidity: 30,
  AccessTokenValidity: 60,
  IdTokenValidity: 60,
  TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "hours" },
  ReadAttributes: ["email"],
  WriteAttributes: [],
  ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_CLIENT_TOKEN_AUTH"],
  SupportedIdentityProviders: ["COGNITO"],
  CallbackURLs: ["https://app.example.com/auth/callback"],
  LogoutURLs: ["https://app.example.com/"],
  DefaultRedirectURI: "https://app.example.com/auth/callback",
  AllowedOAuthFlows: ["code"],
  AllowedOAuthScopes: ["openid"],
  AllowedOAuthFlowsUserPoolClient: true,
  AnalyticsConfiguration: { ApplicationId: "a", UserDataShared: false },
  PreventUserExistenceErrors: "ENABLED",
  EnableTokenRevocation: true,
  EnablePropagateAdditionalUserContextData: false,
  AuthSessionValidity: 3,
  RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 30 },
};
const IDS = { UserPoolId: "us-east-1_Example01", ClientId: "client" };
const READ_ONLY = {
  ClientSecret: "a-secret-of-the-client-123",
  CreationDate: 1_737_000_000,
  LastModifiedDate: 1_737_000_000.123,
  ClientType: "x",
};

t.test("the fields are the 21 that AWS's SDK takes in an update, and the four it does not", (t) => {
  // Fails to compile when an update takes a field that is not on the list, or the list has one that it does not take.
  type Taken = Exclude<keyof UpdateUserPoolClientCommandInput, "UserPoolId" | "ClientId">;
  const taken: Record<Taken, true> = Object.fromEntries(MUTABLE_FIELDS.map((field) => [field, true])) as Record<MutableField, true>;
  const listed: Record<MutableField, true> = taken;
  t.equal(Object.keys(listed).length, 21);
  t.same(Object.keys(READ_ONLY), [...READ_ONLY_FIELDS]);
  t.end();
});

t.test("all that can be set is kept as it stands, flow names that nobody knows included", (t) => {
  const client = parseAppClient({ ...WHOLE, ...IDS, ...READ_ONLY });
  t.strictSame({ ...client.settings }, WHOLE);
  t.same(client.unknownFields, []);
  t.equal(client.poolId, IDS.UserPoolId);
  t.equal(client.clientId, IDS.ClientId);
  t.equal(client.name, "shop");
  t.equal(client.lastModified?.toISOString(), "2025-01-16T04:00:00.123Z");
  t.end();
});

t.test("the client secret ends at the door", (t) => {
  const client = parseAppClient({ ...WHOLE, ...IDS, ...READ_ONLY });
  t.equal(client.hasSecret, true);
  t.notMatch(JSON.stringify(client), READ_ONLY.ClientSecret);
  t.equal(parseAppClient({ ...WHOLE, ...IDS }).hasSecret, false);
  t.end();
});

t.test("fields that nobody knows are named, within structures too, and so are known ones of another type", (t) => {
  const client = parseAppClient({
    ...WHOLE,
    ...IDS,
    SessionPolicy: { Maximum: 3 },
    TokenValidityUnits: { RefreshToken: "hours", Other: "days" },
    RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: "30" },
    CallbackURLs: "https://app.example.com/",
    constructor: 1,
  });
  t.same([...client.unknownFields].sort(), [
    "CallbackURLs",
    "RefreshTokenRotation.RetryGracePeriodSeconds",
    "SessionPolicy",
    "TokenValidityUnits.Other",
    "constructor",
  ]);
  t.equal(client.settings.CallbackURLs, undefined);
  t.end();
});

t.test("what JSON says is null is not there", (t) => {
  const client = parseAppClient({
    ...IDS,
    ClientName: "shop",
    CallbackURLs: null,
    RefreshTokenRotation: { Feature: "DISABLED", RetryGracePeriodSeconds: null },
    Novel: null,
  });
  t.strictSame({ ...client.settings }, { ClientName: "shop", RefreshTokenRotation: { Feature: "DISABLED" } });
  t.same(client.unknownFields, []);
  t.end();
});
