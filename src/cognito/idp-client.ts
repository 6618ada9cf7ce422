import type { Agent } from "node:https";
import type { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";

/** AWS's own endpoint of the user pools API, as the SDK's rules have it without FIPS and dual stack. */
export function regionalEndpoint(region: string): string {
  return `https://cognito-idp.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

export interface IdpClientOptions {
  readonly region: string;
  readonly endpoint: string;
  /** Null: straight. */
  readonly httpsAgent: Agent | null;
}

/**
 * The SDK's client, of which nothing comes from the environment or from AWS's shared files: whatever is left out here it would read there
 * (`AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT`, `AWS_RETRY_MODE`, `AWS_PROFILE`; the SDK's runtimeConfig), and refresh tokens would go where
 * our own configuration does not say. None of the operations is signed, so no credentials are looked for.
 *
 * Loaded only now: it takes a sixth of a second and 9 MB, and no call needs it whose token lives.
 */
export async function createIdpClient({ region, endpoint, httpsAgent }: IdpClientOptions): Promise<CognitoIdentityProvider> {
  const sdk = await import("@aws-sdk/client-cognito-identity-provider");
  return new sdk.CognitoIdentityProvider({
    region,
    endpoint,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    // Retries are decided by the refresh coordinator: with rotation and no grace, the SDK's own retry after a lost answer would turn
    // success into RefreshTokenReuseException.
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard",
    authSchemePreference: [],
    userAgentAppId: async () => undefined,
    requestHandler: {
      // No timeouts of its own: whoever sends has a deadline, which covers connecting.
      // Nor a number of connections of its own, which is 50: requests would queue where no deadline ends them, and it would tell in lines that
      // are none of our log's. REFRESH_RATE_LIMIT says how many there are.
      httpAgent: { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY },
      httpsAgent: httpsAgent ?? { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY },
    },
  });
}
