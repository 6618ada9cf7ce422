import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { createTokenSource, type IssuedTokens } from "../../src/cognito/token-source.js";
import { freePort } from "../../src/demo/free-port.js";
import { silentLog } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";
import { createSessionId } from "../../src/model/session.js";

/*
 * A second opinion: npm's cognito-local, written by others, answers InitiateAuth over the real SDK. It knows no expiry, no SECRET_HASH and
 * no GetTokensFromRefreshToken, so it can only say that a refresh and an unknown token look the same from outside.
 */

const POOL = "us-east-1_Emulated1";
const CLIENT = "emulatedclient0000000000000";

async function startEmulator(t: Test): Promise<string> {
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
    env: { ...process.env, PORT: String(port), HOST: "127.0.0.1" },
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

t.test("a second opinion: InitiateAuth REFRESH_TOKEN_AUTH works against npm's cognito-local", async (t) => {
  const endpoint = await startEmulator(t);
  const signIn = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth" },
    body: JSON.stringify({
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: CLIENT,
      AuthParameters: { USERNAME: "person", PASSWORD: "Emulated-1" },
    }),
  });
  const { AuthenticationResult: signedIn } = (await signIn.json()) as { AuthenticationResult: { RefreshToken: string } };

  const source = createTokenSource({
    region: "us-east-1",
    clientId: CLIENT,
    clientSecrets: [],
    endpoint,
    refreshApi: "initiate_auth",
    deadlineMs: 5_000,
    tell() {},
    log: silentLog,
  });
  t.teardown(() => source.close());
  const answer = await source.refresh({
    session: createSessionId(),
    refreshToken: new Secret(signedIn.RefreshToken),
    username: "person",
    deviceKey: null,
  });
  t.equal(answer.kind, "issued");
  t.match((answer as IssuedTokens).id.reveal(), /^ey/);
  t.equal((answer as IssuedTokens).refresh, null, "without rotation the old refresh token stays");

  const unknown = await source.refresh({
    session: createSessionId(),
    refreshToken: new Secret("no such token"),
    username: "person",
    deviceKey: null,
  });
  t.equal(unknown.kind, "doubtful", "a refusal nobody documented is no definite end");
});
