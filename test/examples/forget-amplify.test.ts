import t, { type Test } from "tap";
import { forgetAmplify } from "../../examples/recipes/forget-amplify.js";
import { DEFAULT_SEED, type LocalCognito, startLocalCognito } from "../../src/local-cognito/index.js";

/** What a page has kept. */
class Kept extends Map<string, string> {
  get length() {
    return this.size;
  }
  key = (index: number) => [...this.keys()][index] ?? null;
  getItem = (key: string) => this.get(key) ?? null;
  removeItem = (key: string) => void this.delete(key);
}

async function call(cognito: LocalCognito, operation: string, body: object): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` };
  const answer = await fetch(cognito.url, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

/** Somebody who has signed in with Amplify 6.22, which keeps just this. */
async function signedInWithAmplify(t: Test) {
  const cognito = await startLocalCognito({ port: 0 });
  t.teardown(() => cognito.close());
  const { user, userPoolId } = DEFAULT_SEED;
  const { UserPoolClient } = await call(cognito, "CreateUserPoolClient", {
    UserPoolId: userPoolId,
    ClientName: "amplify",
    ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
  });
  const { ClientId: clientId } = UserPoolClient as { ClientId: string };
  const { AuthenticationResult } = await call(cognito, "InitiateAuth", {
    ClientId: clientId,
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: user.email, PASSWORD: user.password },
  });
  const tokens = AuthenticationResult as Record<"AccessToken" | "IdToken" | "RefreshToken", string>;
  const own = `CognitoIdentityServiceProvider.${clientId}`;
  const storage = new Kept([
    ["theme", "dark"],
    ["CognitoIdentityServiceProvider.another.LastAuthUser", user.email],
    [`${own}.LastAuthUser`, user.email],
    [`${own}.${user.email}.accessToken`, tokens.AccessToken],
    [`${own}.${user.email}.idToken`, tokens.IdToken],
    [`${own}.${user.email}.refreshToken`, tokens.RefreshToken],
    [`${own}.${user.email}.signInDetails`, "{}"],
    [`${own}.${user.email}.clockDrift`, "-807"],
    ["com.amplify.Cognito.us-east-1:0000.identityId", "us-east-1:1111"],
  ]);
  const refresh = () =>
    call(cognito, "InitiateAuth", {
      ClientId: clientId,
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: tokens.RefreshToken },
    });
  return { cognito, storage, refresh, client: { userPoolId, userPoolClientId: clientId, endpoint: cognito.url } };
}

const OTHERS = ["theme", "CognitoIdentityServiceProvider.another.LastAuthUser"];

t.test("what Amplify has left is gone from the browser, and its refresh token from Cognito; what is not its stays", async (t) => {
  const { storage, refresh, client } = await signedInWithAmplify(t);
  t.match(await refresh(), { AuthenticationResult: { IdToken: /^ey/ } }, "it was good");
  await forgetAmplify(client, [new Kept(), storage]);
  t.same([...storage.keys()], OTHERS);
  t.match(await refresh(), { __type: "NotAuthorizedException" });
});

t.test("while Cognito is down the refresh token is kept, to be revoked at the next start, and nothing else", async (t) => {
  const { cognito, storage, client } = await signedInWithAmplify(t);
  for (const fault of ["internal_error", "throttle", "reset_before"] as const) {
    cognito.faults.add({ operation: "RevokeToken", fault, times: 1 });
    await forgetAmplify(client, [storage]);
    t.match([...storage.keys()], [...OTHERS, /\.refreshToken$/], fault);
    t.equal(storage.size, OTHERS.length + 1);
  }
  await forgetAmplify(client, [storage]);
  t.same([...storage.keys()], OTHERS);
});

t.test("a token that Cognito does not take is forgotten: nobody could use it", async (t) => {
  const { cognito, storage, client } = await signedInWithAmplify(t);
  await forgetAmplify({ ...client, userPoolClientId: "another" }, [storage]);
  t.equal(cognito.calls.list("RevokeToken").length, 0, "and where there is none nobody is asked");
  storage.set(`CognitoIdentityServiceProvider.${client.userPoolClientId}.x.refreshToken`, "no token");
  await forgetAmplify(client, [storage]);
  t.equal([...storage.keys()].filter((key) => key.startsWith("CognitoIdentityServiceProvider")).length, 0);
});
