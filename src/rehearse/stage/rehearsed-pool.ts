import type { Config } from "../../config/config.js";
import type { LocalCognitoSeed } from "../../local-cognito/index.js";

/** The only person there is; RFC 2606 keeps the domain from being anybody's. */
export const USER = { email: "rehearsal@example.com", password: "Rehearsal-password-1" } as const;

const MINUTE_MS = 60_000;
/** How long ID and access tokens live: so short that also the shortest refresh token outlives some. */
export const TOKEN_MINUTES = 15;
const DEFAULT_REFRESH_MS = 30 * 24 * 60 * MINUTE_MS;

/** How long refresh tokens live in a rehearsal: as COGNITO_REFRESH_TOKEN_VALIDITY says, or 30 days; Cognito's minimum is an hour. */
export function refreshValidityMs({ cognitoRefreshTokenValidityMs }: Pick<Config, "cognitoRefreshTokenValidityMs">): number {
  return Math.max(60 * MINUTE_MS, cognitoRefreshTokenValidityMs ?? DEFAULT_REFRESH_MS);
}

// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-locations.html
const AWS_POOL_ID = /^[a-z]+(?:-[a-z]+)+-\d_/;

/** The operator's user pool id; emulators call theirs otherwise (`local_…`), and local Cognito takes AWS's form alone. */
export function rehearsedPoolId({ cognitoUserPoolId }: Pick<Config, "cognitoUserPoolId">): string {
  return AWS_POOL_ID.test(cognitoUserPoolId) ? cognitoUserPoolId : "us-east-1_Rehearsal1";
}

/** The operator's user pool and app client, by id, with one person in it. */
export function rehearsedPool(config: Config, clientSecret: string | null): LocalCognitoSeed {
  const { cognitoClientId, publicUrl, authPrefix, cognitoScopes } = config;
  return {
    userPools: [
      {
        Id: rehearsedPoolId(config),
        PoolName: "rehearsal",
        UsernameAttributes: ["email"],
        AutoVerifiedAttributes: ["email"],
        UsernameConfiguration: { CaseSensitive: false },
        clients: [
          {
            ClientId: cognitoClientId,
            ClientName: "rehearsal",
            ...(clientSecret === null ? {} : { ClientSecret: clientSecret }),
            CallbackURLs: [`${publicUrl}${authPrefix}/callback`],
            LogoutURLs: [`${publicUrl}/`],
            AllowedOAuthFlowsUserPoolClient: true,
            AllowedOAuthFlows: ["code"],
            AllowedOAuthScopes: [...cognitoScopes],
            SupportedIdentityProviders: ["COGNITO"],
            ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
            PreventUserExistenceErrors: "ENABLED",
            AccessTokenValidity: TOKEN_MINUTES,
            IdTokenValidity: TOKEN_MINUTES,
            RefreshTokenValidity: Math.floor(refreshValidityMs(config) / MINUTE_MS),
            TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "minutes" },
          },
        ],
        users: [{ Username: USER.email, Password: USER.password, UserAttributes: [{ Name: "email_verified", Value: "true" }] }],
      },
    ],
  };
}
