import { createHmac } from "node:crypto";
import {
  type AuthenticationResultType,
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD, POOL_ID, present, USERNAME } from "./running-cognito.js";

export function secretHash(username: string, secret: string = CLIENT_SECRET, clientId: string = CLIENT_ID): string {
  return createHmac("sha256", secret).update(`${username}${clientId}`).digest("base64");
}

export interface SignedIn extends AuthenticationResultType {
  readonly AccessToken: string;
  readonly IdToken: string;
  readonly RefreshToken: string;
}

/** Signs the user in with USER_PASSWORD_AUTH on the default client or a public one. */
export async function signIn(
  sdk: CognitoIdentityProviderClient,
  clientId: string = CLIENT_ID,
  username: string = EMAIL,
  password: string = PASSWORD,
): Promise<SignedIn> {
  const hash = clientId === CLIENT_ID ? { SECRET_HASH: secretHash(username) } : {};
  const { AuthenticationResult: result } = await sdk.send(
    new InitiateAuthCommand({
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: clientId,
      AuthParameters: { USERNAME: username, PASSWORD: password, ...hash },
    }),
  );
  return {
    ...result,
    AccessToken: present(result?.AccessToken),
    IdToken: present(result?.IdToken),
    RefreshToken: present(result?.RefreshToken),
  };
}

/** Refreshes with REFRESH_TOKEN_AUTH as the default client; extra parameters replace the usual ones. */
export function refresh(sdk: CognitoIdentityProviderClient, refreshToken: string, parameters: Record<string, string> = {}) {
  return sdk.send(
    new InitiateAuthCommand({
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: CLIENT_ID,
      AuthParameters: { REFRESH_TOKEN: refreshToken, SECRET_HASH: secretHash(USERNAME), ...parameters },
    }),
  );
}

/** Refreshes with GetTokensFromRefreshToken as a public client; returns the new refresh token where there is one. */
export async function getTokens(sdk: CognitoIdentityProviderClient, clientId: string, refreshToken: string): Promise<string | undefined> {
  const { AuthenticationResult } = await sdk.send(new GetTokensFromRefreshTokenCommand({ ClientId: clientId, RefreshToken: refreshToken }));
  return AuthenticationResult?.RefreshToken;
}

/** Creates a public client in the default pool. */
export async function publicClient(
  sdk: CognitoIdentityProviderClient,
  settings: Partial<CreateUserPoolClientCommandInput> = {},
): Promise<string> {
  const { UserPoolClient } = await sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: POOL_ID,
      ClientName: "public",
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      ...settings,
    }),
  );
  return present(UserPoolClient?.ClientId);
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(present(token.split(".")[1]), "base64url").toString()) as Record<string, unknown>;
}

/** What the API says when asked without an SDK. */
export async function callApi(url: string, operation: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}
