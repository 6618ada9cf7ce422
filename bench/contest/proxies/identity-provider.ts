import { DEFAULT_SEED, defaultSeed, type LocalCognito, startLocalCognito } from "../../../src/local-cognito/index.js";
import { Person } from "../../../test/support/person.js";
import { keepOpen } from "../closing.js";

/** A local Cognito for one contestant, whose callback is `/auth/callback`. */
export async function startIdentityProvider(publicUrl: string): Promise<Pick<LocalCognito, "url" | "close">> {
  const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });
  return { url: cognito.url, close: keepOpen({ close: () => cognito.close(), drop() {} }) };
}

/** `iss` of its tokens. */
export const ISSUER = `https://cognito-idp.${DEFAULT_SEED.region}.amazonaws.com/${DEFAULT_SEED.userPoolId}`;

/**
 * Signs somebody in as a browser does, once for each session wanted.
 *
 * @param loginPath where a browser goes that wants to sign in.
 * @param sessionCookie how the cookie of a session is called.
 * @returns their Cookie headers.
 */
export async function signIn(
  publicUrl: string,
  { count, loginPath, sessionCookie }: { readonly count: number; readonly loginPath: string; readonly sessionCookie: string },
): Promise<string[]> {
  const cookies: string[] = [];
  for (let i = 0; i < count; i++) {
    const person = new Person(publicUrl);
    // There may be no page to land on; the cookie is what counts.
    const { status, url } = await person.signIn(DEFAULT_SEED.user, loginPath);
    if (![...person.cookies.keys()].some((name) => name.startsWith(sessionCookie)))
      throw new Error(`signing in did not work: ${new URL(url).pathname} answered ${status}`);
    cookies.push(person.cookiesOf("localhost"));
  }
  return cookies;
}
