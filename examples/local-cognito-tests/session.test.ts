import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer as createApi } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { type BffServer, createServer, type ProblemDocument } from "cognito-bff";
import { DEFAULT_SEED, type LocalCognito, localCognitoAt, signIn, startLocalCognito } from "cognito-bff/local-cognito";

// In place of your API: it tells whether a token came along.
const api = createApi((request, response) => response.end(request.headers.authorization?.startsWith("Bearer ") ? "orders" : "nobody"));
let cognito: LocalCognito;
let server: BffServer;
let url: string;

before(async () => {
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  cognito = await startLocalCognito({ port: 0 });
  server = await createServer(
    {
      publicUrl: "http://localhost:3000",
      host: "127.0.0.1",
      port: 0,
      managementPort: 0,
      logLevel: "silent",
      cognitoEndpoint: cognito.url,
      cognitoDomain: cognito.url,
      cognitoUserPoolId: DEFAULT_SEED.userPoolId,
      cognitoClientId: DEFAULT_SEED.clientId,
      cognitoClientSecret: DEFAULT_SEED.clientSecret,
      sessionKeys: [randomBytes(32).toString("base64")],
      proxyRoutes: [{ prefix: "/api", target: `http://127.0.0.1:${(api.address() as AddressInfo).port}` }],
    },
    // One clock for both, so that they agree on what has expired.
    { clock: cognito.clock },
  );
  ({ url } = await server.listen());
});

after(async () => {
  await server.close();
  await cognito.close();
  api.close();
});

async function causeOf(answer: Response) {
  const problem = (await answer.json()) as ProblemDocument;
  return problem.cause;
}

test("an hour later the token is renewed, and nobody notices", async () => {
  const person = await signIn(url, DEFAULT_SEED.user);
  assert.equal(await (await person.fetch("/api/orders")).text(), "orders");

  cognito.calls.clear();
  await cognito.advance("61m");
  assert.equal(await (await person.fetch("/api/orders")).text(), "orders");
  assert.equal(cognito.calls.list("InitiateAuth").length, 1);
});

test("a session that Cognito has ended says why", async () => {
  const person = await signIn(url, DEFAULT_SEED.user);
  await cognito.advance("31d");
  const answer = await person.fetch("/api/orders");
  assert.equal(answer.status, 401);
  assert.equal(answer.headers.get("bff-problem"), "expired");
  assert.equal(await causeOf(answer), "refresh_token_expired");
});

test("an administrator signs a person out, which shows at the next renewal", async () => {
  const person = await signIn(url, DEFAULT_SEED.user);
  const { userPoolId: UserPoolId, user } = DEFAULT_SEED;
  await localCognitoAt(cognito.url).call("AdminUserGlobalSignOut", { UserPoolId, Username: user.email });
  assert.equal((await person.fetch("/api/orders")).status, 200, "the token still lives");

  await cognito.advance("61m");
  assert.equal(await causeOf(await person.fetch("/api/orders")), "refresh_token_revoked");
});

for (const [fault, reason] of [
  ["throttle", "cognito_throttled"],
  ["internal_error", "cognito_unavailable"],
] as const)
  test(`${fault}: nobody is signed out`, async () => {
    const person = await signIn(url, DEFAULT_SEED.user);
    await cognito.advance("61m");
    cognito.faults.add({ operation: "InitiateAuth", fault });
    const during = await person.fetch("/api/orders");
    assert.equal(during.status, 503);
    assert.equal(during.headers.get("bff-problem"), reason);
    assert.ok(during.headers.has("retry-after"));

    cognito.faults.clear();
    await cognito.advance("1m");
    assert.equal((await person.fetch("/api/orders")).status, 200);
  });
