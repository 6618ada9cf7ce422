import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey, verify } from "node:crypto";
import {
  AdminAddUserToGroupCommand,
  AdminUpdateUserAttributesCommand,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { defaultSeed, type LocalCognito } from "../../src/local-cognito/index.js";
import { membersOf, redeem, signInByForm } from "./oauth-calls.js";
import { CLIENT_ID, EMAIL, POOL_ID, present, type Running, running, USERNAME } from "./running-cognito.js";
import { claimsOf, getTokens, publicClient, refresh, signIn } from "./sdk-calls.js";

const ISSUER = `https://cognito-idp.us-east-1.amazonaws.com/${POOL_ID}`;

interface Keys {
  readonly keys: readonly (JsonWebKey & { readonly kid: string; readonly alg: string; readonly use: string })[];
}

async function keysOf(cognito: LocalCognito): Promise<Keys["keys"]> {
  return ((await (await fetch(`${cognito.url}/${POOL_ID}/.well-known/jwks.json`)).json()) as Keys).keys;
}

function kidOf(token: string): string {
  return present((JSON.parse(Buffer.from(present(token.split(".")[0]), "base64url").toString()) as { kid: string }).kid);
}

function verifies(token: string, keys: Keys["keys"]): boolean {
  const [header, payload, signature] = token.split(".");
  const key = keys.find(({ kid }) => kid === kidOf(token));
  return (
    key !== undefined &&
    verify(
      "sha256",
      Buffer.from(`${header}.${payload}`),
      createPublicKey({ key, format: "jwk" }),
      Buffer.from(present(signature), "base64url"),
    )
  );
}

async function addGroups({ sdk }: Running, names: readonly string[]): Promise<void> {
  for (const GroupName of names) {
    await sdk.send(new CreateGroupCommand({ UserPoolId: POOL_ID, GroupName }));
    await sdk.send(new AdminAddUserToGroupCommand({ UserPoolId: POOL_ID, Username: EMAIL, GroupName }));
  }
}

async function setAttributes({ sdk }: Running, attributes: Record<string, string>): Promise<void> {
  const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  await sdk.send(new AdminUpdateUserAttributesCommand({ UserPoolId: POOL_ID, Username: EMAIL, UserAttributes }));
}

t.test("an ID token carries Cognito's claims", async (t) => {
  const { sdk, clock } = await running(t);
  const { IdToken } = await signIn(sdk);
  const now = clock.now() / 1_000;
  t.match(claimsOf(IdToken), {
    sub: USERNAME,
    iss: ISSUER,
    aud: CLIENT_ID,
    "cognito:username": USERNAME,
    "cognito:groups": ["admin", "customers"],
    email: EMAIL,
    email_verified: true,
    token_use: "id",
    auth_time: now,
    iat: now,
    exp: now + 3_600,
    jti: String,
    origin_jti: String,
    event_id: String,
  });
  t.notOk("nonce" in claimsOf(IdToken));
});

t.test("an access token carries Cognito's claims and the self-service scope", async (t) => {
  const { sdk, clock } = await running(t);
  const { AccessToken } = await signIn(sdk);
  t.match(claimsOf(AccessToken), {
    sub: USERNAME,
    iss: ISSUER,
    client_id: CLIENT_ID,
    username: USERNAME,
    "cognito:groups": ["admin", "customers"],
    scope: "aws.cognito.signin.user.admin",
    token_use: "access",
    exp: clock.now() / 1_000 + 3_600,
  });
  t.notOk("aud" in claimsOf(AccessToken));
});

t.test("a redeemed code gives nonce and at_hash, a refresh neither", async (t) => {
  const { cognito, sdk } = await running(t);
  const { code } = await signInByForm(cognito, { nonce: "n-1" });
  const tokens = await membersOf(await redeem(cognito, code));
  const accessToken = present(tokens["access_token"]);
  const half = createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
  t.match(claimsOf(present(tokens["id_token"])), { nonce: "n-1", at_hash: half });
  t.match(claimsOf(accessToken), { version: 2, scope: "openid email profile aws.cognito.signin.user.admin" });
  const { AuthenticationResult } = await refresh(sdk, present(tokens["refresh_token"]));
  t.notOk("nonce" in claimsOf(present(AuthenticationResult?.IdToken)));
});

t.test("scopes narrow the attributes, openid alone does not", async (t) => {
  const { cognito } = await running(t);
  const idClaims = async (scope: string) => {
    const tokens = await membersOf(await redeem(cognito, (await signInByForm(cognito, { scope })).code));
    return claimsOf(present(tokens["id_token"]));
  };
  t.match(await idClaims("openid email"), { email: EMAIL, given_name: undefined });
  t.match(await idClaims("openid phone"), { email: undefined, given_name: undefined });
  t.match(await idClaims("openid"), { email: EMAIL, given_name: "Demo" });
});

t.test("without openid there is no ID token, at the first redemption and at a refresh", async (t) => {
  const { cognito, sdk } = await running(t);
  const { code } = await signInByForm(cognito, { scope: "aws.cognito.signin.user.admin" });
  const tokens = await membersOf(await redeem(cognito, code));
  t.notOk("id_token" in tokens);
  t.equal((await refresh(sdk, present(tokens["refresh_token"]))).AuthenticationResult?.IdToken, undefined);
});

t.test("ReadAttributes hides what the client may not read", async (t) => {
  const { sdk } = await running(t);
  const client = await publicClient(sdk, { ReadAttributes: ["email"] });
  t.match(claimsOf((await signIn(sdk, client)).IdToken), { email: EMAIL, given_name: undefined });
});

t.test("each kind of token is signed by a key of its own, and both are published", async (t) => {
  const { cognito, sdk } = await running(t);
  const { IdToken, AccessToken } = await signIn(sdk);
  const keys = await keysOf(cognito);
  t.equal(keys.length, 2);
  t.match(keys[0], { kty: "RSA", alg: "RS256", use: "sig", e: "AQAB" });
  t.not(kidOf(IdToken), kidOf(AccessToken));
  t.ok(verifies(IdToken, keys) && verifies(AccessToken, keys));
});

t.test("after a key rotation new tokens have new keys and old tokens still verify", async (t) => {
  const { cognito, sdk } = await running(t);
  const before = await signIn(sdk);
  await cognito.rotateSigningKeys(POOL_ID);
  const after = await signIn(sdk);
  const keys = await keysOf(cognito);
  t.not(kidOf(before.IdToken), kidOf(after.IdToken));
  t.ok([before.IdToken, after.IdToken, after.AccessToken].every((token) => verifies(token, keys)));
});

t.test("two pools of one server have different keys", async (t) => {
  const { cognito, sdk } = await running(t);
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: "second" }));
  t.match(UserPool?.Id, /^us-east-1_[0-9A-Za-z]{9}$/);
  const second = await (await fetch(`${cognito.url}/${present(UserPool?.Id)}/.well-known/jwks.json`)).json();
  t.notSame((second as Keys).keys, await keysOf(cognito));
});

t.test("a seed may bring its own signing keys", async (t) => {
  const pairs = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2_048 }));
  const [id, access] = pairs.map(({ privateKey }) => privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const [pool] = defaultSeed({ publicUrl: "http://localhost:3000" }).userPools;
  const SigningKeys = { id: present(id), access: present(access) };
  const { cognito } = await running(t, { seed: { userPools: [{ ...pool, SigningKeys }] } });
  t.same(
    (await keysOf(cognito)).map(({ n }) => n),
    pairs.map(({ publicKey }) => publicKey.export({ format: "jwk" }).n),
  );
});

t.test("the issuer takes AWS's older form, its newer one, or the server's own URL", async (t) => {
  const newer = `https://issuer-cognito-idp.us-east-1.amazonaws.com/${POOL_ID}`;
  for (const [issuer, expected] of [["global", newer] as const, ["url", `https://id.example.com/${POOL_ID}`] as const]) {
    const { cognito, sdk } = await running(t, { issuer, publicUrl: "https://id.example.com/" });
    t.equal(claimsOf((await signIn(sdk)).IdToken)["iss"], expected);
    const metadata = await membersOf(await fetch(`${cognito.url}/${POOL_ID}/.well-known/openid-configuration`));
    t.match(metadata, { issuer: expected, token_endpoint: "https://id.example.com/oauth2/token" });
  }
  const [pool] = defaultSeed({ publicUrl: "http://localhost:3000" }).userPools;
  const { sdk } = await running(t, { seed: { userPools: [{ ...pool, IssuerConfiguration: { Type: "UPDATED" } }] } });
  t.equal(claimsOf((await signIn(sdk)).IdToken)["iss"], newer);
});

t.test("a refresh token looks like Cognito's JWE, has its size and never repeats", async (t) => {
  const { sdk } = await running(t);
  const [first, second] = [(await signIn(sdk)).RefreshToken, (await signIn(sdk)).RefreshToken];
  t.equal(first.split(".").length, 5);
  t.ok(first.length >= 1_700 && first.length <= 1_800, `${first.length} characters`);
  t.not(first.slice(100), second.slice(100));
});

t.test("twelve groups and custom attributes make the ID token of a grown-up pool, about 1.9 kB", async (t) => {
  const local = await running(t);
  await addGroups(
    local,
    Array.from({ length: 10 }, (_, index) => `department-${index + 1}-content-editors`),
  );
  await setAttributes(local, {
    "custom:tenant": "7f8f3c62-0f0e-4b3b-8f30-6a5b9f8f1a10",
    "custom:plan": "enterprise-annual",
    "custom:cost_center": "DE-4711-marketing",
    zoneinfo: "Europe/Berlin",
    locale: "de-DE",
  });
  const { IdToken } = await signIn(local.sdk);
  t.comment(`ID token with 12 groups: ${IdToken.length} characters`);
  t.ok(IdToken.length > 1_700 && IdToken.length < 2_100, `${IdToken.length} characters`);
});

t.test("long custom attributes make an ID token of 6 kB", async (t) => {
  const local = await running(t);
  await setAttributes(local, { "custom:permissions": "p".repeat(1_900), "custom:preferences": "q".repeat(1_600) });
  const { IdToken } = await signIn(local.sdk);
  t.comment(`padded ID token: ${IdToken.length} characters`);
  t.ok(IdToken.length > 5_700 && IdToken.length < 6_500, `${IdToken.length} characters`);
});

t.test("a client that was given validities in seconds gets them where the floor allows", async (t) => {
  const { sdk, clock } = await running(t, { minTokenValidityMs: 1_000 });
  const { UserPoolClient } = await sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: POOL_ID,
      ClientName: "short",
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      AccessTokenValidity: 1,
      IdTokenValidity: 2,
      RefreshTokenValidity: 3,
      TokenValidityUnits: { AccessToken: "seconds", IdToken: "seconds", RefreshToken: "seconds" },
    }),
  );
  const client = present(UserPoolClient?.ClientId);
  const tokens = await signIn(sdk, client);
  const now = clock.now() / 1_000;
  t.same([claimsOf(tokens.AccessToken)["exp"], claimsOf(tokens.IdToken)["exp"], tokens.ExpiresIn], [now + 1, now + 2, 1]);
  clock.advance(3_000);
  await t.rejects(getTokens(sdk, client, tokens.RefreshToken), { message: "Refresh Token has expired" });
});
