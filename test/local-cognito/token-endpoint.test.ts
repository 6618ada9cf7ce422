import { AdminDisableUserCommand, AdminUserGlobalSignOutCommand } from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { BASIC, membersOf, pkce, postForm, redeem, signInByForm } from "./oauth-calls.js";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  DAY,
  EMAIL,
  HOUR,
  MINUTE,
  POOL_ID,
  present,
  REDIRECT_URI,
  running,
  USERNAME,
} from "./running-cognito.js";
import { publicClient, refresh, signIn } from "./sdk-calls.js";

/** Status and error code of an answer. */
async function errorOf(answer: Response): Promise<string> {
  return `${answer.status} ${(await membersOf(answer))["error"]}`;
}

t.test("a code is redeemed for all three tokens, with Basic or form credentials", async (t) => {
  const { cognito } = await running(t);
  const answer = await redeem(cognito, (await signInByForm(cognito)).code);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get("cache-control"), "no-store");
  t.match(await answer.json(), { id_token: String, access_token: String, refresh_token: String, expires_in: 3_600, token_type: "Bearer" });
  const { code } = await signInByForm(cognito);
  const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
  t.equal((await postForm(cognito, "/oauth2/token", fields, {})).status, 200);
});

t.test("a code works once", async (t) => {
  const { cognito } = await running(t);
  const { code } = await signInByForm(cognito);
  await redeem(cognito, code);
  t.equal(await errorOf(await redeem(cognito, code)), "400 invalid_grant");
});

t.test("a code works for five minutes", async (t) => {
  const { cognito, clock } = await running(t);
  const [early, late] = [await signInByForm(cognito), await signInByForm(cognito)];
  clock.advance(5 * MINUTE - 1);
  t.equal((await redeem(cognito, early.code)).status, 200);
  clock.advance(1);
  t.equal(await errorOf(await redeem(cognito, late.code)), "400 invalid_grant");
});

t.test("a code is bound to its redirect URI, its client and its user", async (t) => {
  const { cognito, sdk } = await running(t);
  const code = async () => (await signInByForm(cognito)).code;
  t.equal(await errorOf(await redeem(cognito, await code(), { redirect_uri: "https://evil.example/" })), "400 invalid_grant");
  const other = await publicClient(sdk, {
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["code"],
    AllowedOAuthScopes: ["openid"],
    CallbackURLs: [REDIRECT_URI],
  });
  const fields = { grant_type: "authorization_code", redirect_uri: REDIRECT_URI, client_id: other };
  t.equal(await errorOf(await postForm(cognito, "/oauth2/token", { ...fields, code: await code() }, {})), "400 invalid_grant");
  const disabled = await code();
  await sdk.send(new AdminDisableUserCommand({ UserPoolId: POOL_ID, Username: EMAIL }));
  t.equal(await errorOf(await redeem(cognito, disabled)), "400 invalid_grant");
});

t.test("PKCE holds once a challenge was given", async (t) => {
  const { cognito } = await running(t);
  const { verifier, challenge } = pkce();
  const code = async () => (await signInByForm(cognito, { code_challenge: challenge, code_challenge_method: "S256" })).code;
  t.equal(await errorOf(await redeem(cognito, await code())), "400 invalid_request");
  t.equal(await errorOf(await redeem(cognito, await code(), { code_verifier: pkce().verifier })), "400 invalid_grant");
  t.equal((await redeem(cognito, await code(), { code_verifier: verifier })).status, 200);
});

t.test("a client that does not prove itself is invalid_client, and the code survives it", async (t) => {
  const { cognito } = await running(t);
  const { code } = await signInByForm(cognito);
  const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI };
  const wrong = `Basic ${Buffer.from(`${CLIENT_ID}:wrong`).toString("base64")}`;
  for (const headers of [{ authorization: wrong }, { authorization: "Basic !" }, {}]) {
    t.equal(await errorOf(await postForm(cognito, "/oauth2/token", fields, headers)), "400 invalid_client");
  }
  t.equal(await errorOf(await postForm(cognito, "/oauth2/token", { ...fields, client_id: CLIENT_ID }, {})), "400 invalid_client");
  const doubled = { ...fields, client_secret: CLIENT_SECRET };
  t.equal(await errorOf(await postForm(cognito, "/oauth2/token", doubled, { authorization: BASIC })), "400 invalid_request");
  t.equal(await errorOf(await redeem(cognito, code, { client_id: "another" })), "400 invalid_request");
  t.equal((await redeem(cognito, code)).status, 200);
});

t.test("missing parameters and other grants have their own errors", async (t) => {
  const { cognito, sdk } = await running(t);
  const ask = async (fields: Record<string, string>) => errorOf(await postForm(cognito, "/oauth2/token", fields));
  t.equal(await ask({}), "400 invalid_request");
  t.equal(await ask({ grant_type: "password" }), "400 unsupported_grant_type");
  t.equal(await ask({ grant_type: "authorization_code", code: "x" }), "400 invalid_request");
  t.equal(await ask({ grant_type: "refresh_token" }), "400 invalid_request");
  const client_id = await publicClient(sdk);
  const fields = { grant_type: "authorization_code", code: "x", redirect_uri: REDIRECT_URI, client_id };
  t.equal(await errorOf(await postForm(cognito, "/oauth2/token", fields, {})), "400 unauthorized_client");
});

t.test("refresh tokens are interchangeable between the token endpoint and InitiateAuth", async (t) => {
  const { cognito, sdk } = await running(t);
  const byForm = await membersOf(await redeem(cognito, (await signInByForm(cognito)).code));
  t.ok((await refresh(sdk, present(byForm["refresh_token"]))).AuthenticationResult?.IdToken);
  const { RefreshToken } = await signIn(sdk);
  const answer = await membersOf(await postForm(cognito, "/oauth2/token", { grant_type: "refresh_token", refresh_token: RefreshToken }));
  t.ok(answer["id_token"]);
  t.notOk("refresh_token" in answer, "without rotation the old one stays");
});

t.test("the token endpoint rotates where the client does", async (t) => {
  const { cognito, sdk } = await running(t);
  const client_id = await publicClient(sdk, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });
  const { RefreshToken } = await signIn(sdk, client_id);
  const exchange = (refresh_token: string) =>
    postForm(cognito, "/oauth2/token", { grant_type: "refresh_token", refresh_token, client_id }, {});
  const child = present((await membersOf(await exchange(RefreshToken)))["refresh_token"]);
  t.equal(await errorOf(await exchange(RefreshToken)), "400 invalid_grant");
  t.equal((await exchange(child)).status, 200);
});

t.test("the token endpoint cannot tell expired from revoked: both are invalid_grant", async (t) => {
  const { cognito, sdk, clock } = await running(t);
  const [first, second] = [(await signIn(sdk)).RefreshToken, (await signIn(sdk)).RefreshToken];
  const ask = async (refresh_token: string) =>
    errorOf(await postForm(cognito, "/oauth2/token", { grant_type: "refresh_token", refresh_token }));
  await sdk.send(new AdminUserGlobalSignOutCommand({ UserPoolId: POOL_ID, Username: EMAIL }));
  t.equal(await ask(first), "400 invalid_grant");
  clock.advance(30 * DAY);
  t.equal(await ask(second), "400 invalid_grant");
  t.equal(await ask("garbage"), "400 invalid_grant");
});

t.test("revoke ends a sign-in; again and for garbage it is still 200", async (t) => {
  const { cognito, sdk } = await running(t);
  const { RefreshToken, AccessToken } = await signIn(sdk);
  const revoke = (token: string) => postForm(cognito, "/oauth2/revoke", { token });
  t.equal(await errorOf(await revoke(AccessToken)), "400 unsupported_token_type");
  for (const token of [RefreshToken, RefreshToken, "garbage"]) {
    const answer = await revoke(token);
    t.same([answer.status, await answer.text()], [200, ""]);
  }
  await t.rejects(refresh(sdk, RefreshToken), { message: "Refresh Token has been revoked" });
});

t.test("revoke asks for a token and the client's proof, and refuses another client's token", async (t) => {
  const { cognito, sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  t.equal(await errorOf(await postForm(cognito, "/oauth2/revoke", {})), "400 invalid_request");
  t.equal(await errorOf(await postForm(cognito, "/oauth2/revoke", { token: RefreshToken }, {})), "400 invalid_client");
  const client_id = await publicClient(sdk);
  t.equal(await errorOf(await postForm(cognito, "/oauth2/revoke", { token: RefreshToken, client_id }, {})), "400 unauthorized_client");
  const silent = await publicClient(sdk, { EnableTokenRevocation: false });
  t.equal(await errorOf(await postForm(cognito, "/oauth2/revoke", { token: RefreshToken, client_id: silent }, {})), "400 invalid_request");
  await t.resolves(refresh(sdk, RefreshToken));
});

t.test("userInfo gives the attributes as text for a live access token with openid", async (t) => {
  const { cognito, sdk, clock } = await running(t);
  const ask = (token: string) =>
    fetch(`${cognito.url}/oauth2/userInfo`, { headers: token === "" ? {} : { authorization: `Bearer ${token}` } });
  const accessToken = present((await membersOf(await redeem(cognito, (await signInByForm(cognito)).code)))["access_token"]);
  t.match(await (await ask(accessToken)).json(), { sub: USERNAME, username: USERNAME, email: EMAIL, email_verified: "true" });
  t.equal(await errorOf(await ask((await signIn(sdk)).AccessToken)), "403 insufficient_scope");
  t.equal(await errorOf(await ask("")), "400 invalid_request");
  clock.advance(HOUR);
  const late = await ask(accessToken);
  t.match(late.headers.get("www-authenticate"), /error="invalid_token"/);
  t.equal(await errorOf(late), "401 invalid_token");
});

t.test("keys and metadata of a pool there is not are refused", async (t) => {
  const { cognito } = await running(t);
  for (const document of ["jwks.json", "openid-configuration"]) {
    t.equal((await fetch(`${cognito.url}/us-east-1_Nowhere/.well-known/${document}`)).status, 400);
  }
});
