import { type AppClient, type ClientSettings, parseAppClient } from "../../src/doctor/app-client.js";

/** An app client that has all that an app client can have, with refresh tokens of 30 hours. */
export const FULL: ClientSettings = {
  ClientName: "shop",
  RefreshTokenValidity: 30,
  AccessTokenValidity: 15,
  IdTokenValidity: 2,
  TokenValidityUnits: { RefreshToken: "hours", AccessToken: "minutes", IdToken: "hours" },
  ReadAttributes: ["email", "name"],
  WriteAttributes: ["name"],
  ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
  SupportedIdentityProviders: ["COGNITO"],
  CallbackURLs: ["https://app.example.com/auth/callback", "https://old.example.com/auth/callback"],
  LogoutURLs: ["https://app.example.com/"],
  DefaultRedirectURI: "https://app.example.com/auth/callback",
  AllowedOAuthFlows: ["code"],
  AllowedOAuthScopes: ["openid", "email"],
  AllowedOAuthFlowsUserPoolClient: true,
  AnalyticsConfiguration: { ApplicationId: "0123456789abcdef0123456789abcdef", UserDataShared: false },
  PreventUserExistenceErrors: "ENABLED",
  EnableTokenRevocation: false,
  EnablePropagateAdditionalUserContextData: true,
  AuthSessionValidity: 5,
  RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 20 },
};

/** The settings with changes; those that are undefined are taken away. */
export function settingsWith(changes: Readonly<Record<string, unknown>>, settings: ClientSettings = FULL): ClientSettings {
  return clientWith(changes, settings).settings;
}

export function clientWith(changes: Readonly<Record<string, unknown>> = {}, settings: ClientSettings = FULL): AppClient {
  const told = { UserPoolId: "us-east-1_Local0001", ClientId: "3localcognitodemoclient001", LastModifiedDate: 1_768_478_400 };
  return parseAppClient({ ...told, ...settings, ...changes });
}
