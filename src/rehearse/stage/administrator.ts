import { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";

/**
 * Cognito's own operations at a local Cognito, over AWS's SDK. Nothing of it comes from the environment or AWS's shared files: no key of an
 * operator's signs what a fake gets.
 */
export function localAdministrator(region: string, endpoint: string): CognitoIdentityProvider {
  return new CognitoIdentityProvider({
    region,
    endpoint,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard",
    userAgentAppId: async () => undefined,
  });
}
