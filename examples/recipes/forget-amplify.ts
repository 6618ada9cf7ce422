/** The app client that Amplify used: one without a secret. */
export interface AmplifyClient {
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  /** Where it is not Amazon's: `https://cognito-idp.REGION.amazonaws.com`. */
  readonly endpoint?: string;
}

type Stored = Pick<Storage, "key" | "length" | "getItem" | "removeItem">;

/** Whether nothing is left of the token at Cognito: it was revoked, or Cognito refuses it anyway. An outage says nothing. */
async function isRevoked(token: string, { userPoolId, userPoolClientId, endpoint }: AmplifyClient): Promise<boolean> {
  // As Amplify does it itself; who has a token may revoke it, and an app client without a secret needs no more.
  const answer = await fetch(endpoint ?? `https://cognito-idp.${userPoolId.split("_")[0]}.amazonaws.com/`, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityProviderService.RevokeToken" },
    body: JSON.stringify({ ClientId: userPoolClientId, Token: token }),
  }).catch(() => null);
  if (answer === null || answer.status >= 500) return false;
  return answer.ok || !/TooManyRequests|LimitExceeded/.test(await answer.text());
}

/**
 * Takes away what Amplify has left in this browser, and revokes its refresh tokens. To be called at every start of the app: it does nothing where nothing
 * is left. While Cognito cannot be reached the refresh token stays for the next start; everything else goes at once.
 */
export async function forgetAmplify(client: AmplifyClient, storages: readonly Stored[] = [localStorage, sessionStorage]): Promise<void> {
  const prefixes = [`CognitoIdentityServiceProvider.${client.userPoolClientId}.`, "com.amplify.Cognito.", "amplify-signin-with-hostedUI"];
  for (const storage of storages) {
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
    for (const key of keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)))) {
      const token = key.endsWith(".refreshToken") ? storage.getItem(key) : null;
      if (token === null || (await isRevoked(token, client))) storage.removeItem(key);
    }
  }
}
