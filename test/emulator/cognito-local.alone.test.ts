import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { IssuedTokens } from "../../src/cognito/answers.js";
import { createClientSecrets } from "../../src/cognito/client-secrets.js";
import { createCognitoTime } from "../../src/cognito/cognito-time.js";
import { createTokenSource } from "../../src/cognito/token-source.js";
import { createTokenVerifier } from "../../src/cognito/token-verifier.js";
import { requireConfig } from "../../src/config/config-error.js";
import { freePort } from "../../src/demo/free-port.js";
import { systemClock } from "../../src/model/clock.js";
import { silentLog } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import { createSessionId } from "../../src/model/session.js";
import { GRANTED } from "../support/session-lifecycle-rig.js";

/*
 * A second opinion: npm's cognito-local, written by others, answers InitiateAuth over the real SDK. It knows no expiry, no SECRET_HASH and
 * no GetTokensFromRefreshToken, so it can only say that a refresh and an unknown token look the same from outside.
 */

const POOL = "us-east-1_Emulated1";
const CLIENT = "emulatedclient0000000000000";

/** `host` is where it listens, and what it calls itself in its tokens. */
async function startEmulator(t: Test, host = "127.0.0.1"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cognito-local-"));
  const port = await freePort();
  await mkdir(join(folder, ".cognito/db"), { recursive: true });
  const now = "2026-01-01T00:00:00.000Z";
  const user = {
    Attributes: [
      { Name: "sub", Value: "5f3c6a0e-0000-4000-8000-000000000001" },
      { Name: "email", Value: "person@example.com" },
    ],
    Enabled: true,
    Password: "Emulated-1",
    RefreshTokens: [],
    UserCreateDate: now,
    UserLastModifiedDate: now,
    UserStatus: "CONFIRMED",
    Username: "person",
  };
  const client = {
    ClientId: CLIENT,
    ClientName: "app",
    UserPoolId: POOL,
    CreationDate: now,
    LastModifiedDate: now,
    RefreshTokenValidity: 30,
  };
  await writeFile(join(folder, ".cognito/db/clients.json"), JSON.stringify({ Clients: { [CLIENT]: client } }));
  await writeFile(
    join(folder, `.cognito/db/${POOL}.json`),
    JSON.stringify({
      Options: { Id: POOL, UsernameAttributes: [], MfaConfiguration: "OFF", Policies: {} },
      Users: { person: user },
      Groups: {},
    }),
  );
  const bin = new URL("../../../node_modules/cognito-local/lib/bin/start.js", import.meta.url).pathname;
  const child: ChildProcess = spawn(process.execPath, ["--no-warnings", bin], {
    cwd: folder,
    env: { ...process.env, PORT: String(port), HOST: host },
  });
  t.teardown(async () => {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => chunk.toString().includes("running") && resolve());
    child.once("exit", (code) => reject(new Error(`cognito-local ended with ${code}`)));
  });
  return `http://127.0.0.1:${port}`;
}

async function call<T>(endpoint: string, operation: string, body: unknown): Promise<T> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as T;
}

t.test("a second opinion: InitiateAuth REFRESH_TOKEN_AUTH works against npm's cognito-local", async (t) => {
  const endpoint = await startEmulator(t);
  const { AuthenticationResult: signedIn } = await call<{ AuthenticationResult: { RefreshToken: string } }>(endpoint, "InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId: CLIENT,
    AuthParameters: { USERNAME: "person", PASSWORD: "Emulated-1" },
  });

  const source = createTokenSource({
    region: "us-east-1",
    clientId: CLIENT,
    clientSecrets: createClientSecrets([], silentLog),
    endpoint,
    refreshApi: "initiate_auth",
    deadlineMs: 5_000,
    clock: systemClock,
    tell() {},
    log: silentLog,
  });
  t.teardown(() => source.close());
  const answer = await source.refresh({
    session: createSessionId(),
    refreshToken: new Secret(signedIn.RefreshToken),
    username: "person",
    deviceKey: null,
    turn: GRANTED,
  });
  t.equal(answer.kind, "issued");
  t.match((answer as IssuedTokens).id.reveal(), /^ey/);
  t.equal((answer as IssuedTokens).refresh, null, "without rotation the old refresh token stays");

  const unknown = await source.refresh({
    session: createSessionId(),
    refreshToken: new Secret("no such token"),
    username: "person",
    deviceKey: null,
    turn: GRANTED,
  });
  t.equal(unknown.kind, "doubtful", "a refusal nobody documented is no definite end");
});

t.test("a pool that cognito-local made is accepted, and its tokens, by whatever name of this machine it calls itself", async (t) => {
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    const { port } = new URL(await startEmulator(t, host));
    const endpoint = `http://localhost:${port}`;
    const { UserPool } = await call<{ UserPool: { Id: string } }>(endpoint, "CreateUserPool", { PoolName: "app" });
    const { UserPoolClient } = await call<{ UserPoolClient: { ClientId: string } }>(endpoint, "CreateUserPoolClient", {
      UserPoolId: UserPool.Id,
      ClientName: "app",
    });
    const [userPoolId, clientId] = [UserPool.Id, UserPoolClient.ClientId];
    const person = { UserPoolId: userPoolId, Username: "person@example.com" };
    await call(endpoint, "AdminCreateUser", { ...person, UserAttributes: [{ Name: "email", Value: person.Username }] });
    await call(endpoint, "AdminSetUserPassword", { ...person, Password: "Emulated-1", Permanent: true });
    const { AuthenticationResult: tokens } = await call<{ AuthenticationResult: { IdToken: string; AccessToken: string } }>(
      endpoint,
      "InitiateAuth",
      {
        AuthFlow: "USER_PASSWORD_AUTH",
        ClientId: clientId,
        AuthParameters: { USERNAME: person.Username, PASSWORD: "Emulated-1" },
      },
    );

    const config = requireConfig({
      publicUrl: "http://localhost:3000",
      cognitoEndpoint: endpoint,
      cognitoUserPoolId: userPoolId,
      cognitoClientId: clientId,
      cognitoPublicClient: true,
      sessionKeys: [randomBytes(32).toString("base64")],
    });
    t.match(config.cognitoUserPoolId, /^local_/);
    const verifier = createTokenVerifier({
      userPoolId,
      region: config.cognitoRegion,
      clientId,
      endpoint: config.cognitoEndpoint,
      time: createCognitoTime(systemClock, silentLog),
      deadlineMs: 10_000,
      clock: systemClock,
      log: silentLog,
    });
    t.match(await verifier.verify(tokens.IdToken, "id", systemClock.now()), {
      kind: "valid",
      claims: { iss: `http://${host}:${port}/${userPoolId}`, email: person.Username },
    });
    t.match(await verifier.verify(tokens.AccessToken, "access", systemClock.now()), { kind: "valid" });
  }
});
