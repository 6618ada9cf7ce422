import * as client from "openid-client";
import t from "tap";
import { createLocalClock, type LocalCognito } from "../../src/local-cognito/index.js";
import { sendForm } from "./oauth-calls.js";
import { CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD, POOL_ID, present, REDIRECT_URI, running, USERNAME } from "./running-cognito.js";

/** openid-client, written by others, told nothing but the issuer. Its clock is the machine's, and so is local Cognito's here. */
function discovered(cognito: LocalCognito): Promise<client.Configuration> {
  const issuer = new URL(`${cognito.url}/${POOL_ID}`);
  const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
  return client.discovery(issuer, CLIENT_ID, CLIENT_SECRET, undefined, { execute });
}

async function backFromLogin(cognito: LocalCognito, authorize: URL): Promise<URL> {
  const form = await fetch(authorize);
  const answer = await sendForm(cognito, await form.text(), { username: EMAIL, password: PASSWORD });
  return new URL(present(answer.headers.get("location")));
}

t.test("a client that is told the issuer alone signs in, reads the profile, refreshes and revokes", async (t) => {
  const { cognito } = await running(t, { issuer: "url", clock: createLocalClock() });
  const config = await discovered(cognito);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const authorize = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: "openid email profile",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  });
  const back = await backFromLogin(cognito, authorize);
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce });
  t.match(tokens.claims(), { iss: `${cognito.url}/${POOL_ID}`, email: EMAIL });

  const profile = await client.fetchUserInfo(config, tokens.access_token, USERNAME);
  t.equal(profile.email, EMAIL);
  const refreshToken = present(tokens.refresh_token);
  t.equal((await client.refreshTokenGrant(config, refreshToken)).claims()?.sub, USERNAME);
  await client.tokenRevocation(config, refreshToken);
  const refused: unknown = await client.refreshTokenGrant(config, refreshToken).catch((error: unknown) => error);
  t.match(refused, { error: "invalid_grant" });
});

t.test("with AWS's issuer, the default, such a client says that the issuer is another", async (t) => {
  const { cognito } = await running(t);
  await t.rejects(discovered(cognito), { code: "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED" });
});
