import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer as createApi } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { type BffServer, createAdjustableClock, createServer, type ProblemDocument } from "cognito-bff";
import { DEFAULT_SEED, type LocalCognito, startLocalCognito } from "cognito-bff/local-cognito";
import { signIn } from "./sign-in.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

// One clock for both, so that they agree on what has expired.
const clock = createAdjustableClock();
const api = createApi((request, response) => response.end(request.headers.authorization?.startsWith("Bearer ") ? "orders" : "nobody"));
let cognito: LocalCognito;
let server: BffServer;
let url: string;

before(async () => {
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  cognito = await startLocalCognito({ port: 0, clock });
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
    { clock },
  );
  ({ url } = await server.listen());
});

after(async () => {
  await server.close();
  await cognito.close();
  api.close();
});

/** What the app's script does with fetch. */
function call(cookie: string): Promise<Response> {
  return fetch(`${url}/api/orders`, { headers: { cookie, "sec-fetch-site": "same-origin" } });
}

test("a session that Cognito has ended says why", async () => {
  const cookie = await signIn(server, DEFAULT_SEED.user);
  assert.equal(await (await call(cookie)).text(), "orders");

  clock.advance(31 * DAY);
  const answer = await call(cookie);
  assert.equal(answer.status, 401);
  assert.equal(answer.headers.get("bff-problem"), "expired");
  const problem = (await answer.json()) as ProblemDocument;
  assert.equal(problem.cause, "refresh_token_expired");
});

test("an outage of Cognito signs nobody out", async () => {
  const cookie = await signIn(server, DEFAULT_SEED.user);
  clock.advance(61 * MINUTE);
  cognito.faults.add({ operation: "InitiateAuth", fault: "internal_error" });
  const during = await call(cookie);
  assert.equal(during.status, 503);
  assert.ok(during.headers.has("retry-after"));

  cognito.faults.clear();
  clock.advance(MINUTE);
  assert.equal((await call(cookie)).status, 200);
});
