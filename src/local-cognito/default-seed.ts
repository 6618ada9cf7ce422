import type { LocalCognitoSeed, SeedClient, SeedUserPool } from "./seed.js";

/** What the default seed contains, for whoever has to configure an app for it. None of it is a secret: it is the same everywhere. */
export const DEFAULT_SEED = {
  region: "us-east-1",
  userPoolId: "us-east-1_Local0001",
  clientId: "3localcognitodemoclient001",
  clientSecret: "localcognitodemosecretforlocalcognitoonlynotsecret1",
  user: { email: "demo@example.com", password: "Demo-password-1" },
} as const;

/** The default seed: known to have one pool with one confidential client. */
export interface DefaultSeed extends LocalCognitoSeed {
  readonly userPools: readonly [SeedUserPool & { readonly clients: readonly [SeedClient & { readonly ClientSecret: string }] }];
}

/**
 * One pool whose usernames are e-mail addresses, a confidential app client for an app at `publicUrl`, two groups and one user. Access and
 * ID tokens live 1 hour, refresh tokens 30 days.
 *
 * @param given.publicUrl origin of the app, such as `http://localhost:3000`; the client allows `/auth/callback` and `/` there
 */
export function defaultSeed(given: { readonly publicUrl: string }): DefaultSeed {
  const { userPoolId, clientId, clientSecret, user } = DEFAULT_SEED;
  return {
    userPools: [
      {
        Id: userPoolId,
        PoolName: "local",
        UsernameAttributes: ["email"],
        AutoVerifiedAttributes: ["email"],
        UsernameConfiguration: { CaseSensitive: false },
        clients: [
          {
            ClientId: clientId,
            ClientName: "Foolscap",
            ClientSecret: clientSecret,
            CallbackURLs: [`${given.publicUrl}/auth/callback`],
            LogoutURLs: [`${given.publicUrl}/`],
            AllowedOAuthFlowsUserPoolClient: true,
            AllowedOAuthFlows: ["code"],
            AllowedOAuthScopes: ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"],
            SupportedIdentityProviders: ["COGNITO"],
            ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            PreventUserExistenceErrors: "ENABLED",
            AccessTokenValidity: 1,
            IdTokenValidity: 1,
            RefreshTokenValidity: 30,
            TokenValidityUnits: { AccessToken: "hours", IdToken: "hours", RefreshToken: "days" },
          },
        ],
        groups: [
          { GroupName: "admin", Description: "Runs the shop", Precedence: 1 },
          { GroupName: "customers", Description: "Buys in the shop", Precedence: 10 },
        ],
        users: [
          {
            Username: user.email,
            Password: user.password,
            Sub: "7c1e0b52-5f0a-4c0e-9d53-2f6f3b0a9d11",
            UserAttributes: [
              { Name: "email_verified", Value: "true" },
              { Name: "given_name", Value: "Demo" },
              { Name: "family_name", Value: "User" },
              { Name: "name", Value: "Demo User" },
            ],
            Groups: ["admin", "customers"],
          },
        ],
      },
    ],
  };
}
