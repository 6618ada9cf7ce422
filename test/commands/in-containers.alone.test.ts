import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { secretHash } from "../../src/cognito/secret-hash.js";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED, startLocalCognito } from "../../src/local-cognito/index.js";
import { Secret } from "../../src/model/secret.js";
import { Person } from "../support/person.js";
import { runDemo } from "../support/running-demo.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;
const CHECK_FLOW = new URL("../../../docker/check-flow.mjs", import.meta.url).pathname;

/** Starts the command and waits until its output matches. */
async function start(
  t: Test,
  command: string,
  env: Record<string, string>,
  ready: RegExp,
): Promise<{ child: ChildProcess; output: string }> {
  const child = spawn(process.execPath, ["--no-warnings", MAIN, command], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  t.teardown(() => child.kill("SIGKILL"));
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  while (!ready.test(output)) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${output}`);
    await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  }
  return { child, output };
}

async function exitCodeOf(command: string, env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, ["--no-warnings", MAIN, command], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  const [code] = (await once(child, "exit")) as [number];
  return code;
}

t.test("a local Cognito that listens on every address names loopback: browsers refuse 0.0.0.0", async (t) => {
  const cognito = await startLocalCognito({ host: "0.0.0.0", port: 0 });
  t.teardown(() => cognito.close());
  t.match(cognito.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  t.equal((await fetch(`${cognito.url}/_local/clock`)).status, 200);
});

t.test("the demo opens to the container's addresses and still sends browsers to localhost and 127.0.0.1", async (t) => {
  const [port, cognitoPort, managementPort] = [await freePort(), await freePort(), await freePort()].map(String) as [
    string,
    string,
    string,
  ];
  const env = {
    HOST: "0.0.0.0",
    PORT: port,
    LOCAL_COGNITO_HOST: "0.0.0.0",
    LOCAL_COGNITO_PORT: cognitoPort,
    MANAGEMENT_PORT: managementPort,
  };
  const { child, output } = await start(t, "demo", env, /Ctrl\+C/);
  t.match(output, `http://localhost:${port}`);
  t.match(output, `http://127.0.0.1:${cognitoPort}`);
  // 127.0.0.2 is neither of the addresses it names: only a server that listens on all of them answers there.
  t.equal((await fetch(`http://127.0.0.2:${port}/`)).status, 200);
  t.equal((await fetch(`http://127.0.0.2:${cognitoPort}/us-east-1_Local0001/.well-known/jwks.json`)).status, 200);
  const page = await new Person(`http://localhost:${port}`).visit("/auth/login");
  t.match(page.url, `http://127.0.0.1:${cognitoPort}/login`);
  t.equal(await exitCodeOf("health", { MANAGEMENT_PORT: managementPort }), 0, "HEALTHCHECK finds the demo too");
  child.kill("SIGTERM");
  t.same(await once(child, "exit"), [0, null]);
});

t.test("the sample API alone trusts the ID tokens of local Cognito, wherever that is, and nothing else", async (t) => {
  const cognito = await startLocalCognito({ port: 0 });
  t.teardown(() => cognito.close());
  const port = String(await freePort());
  const { child } = await start(t, "sample-api", { SAMPLE_API_PORT: port, COGNITO_ENDPOINT: `${cognito.url}/` }, /trusts the ID tokens/);
  const { clientId, clientSecret, user } = DEFAULT_SEED;
  const answer = await fetch(cognito.url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth" },
    body: JSON.stringify({
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: clientId,
      AuthParameters: {
        USERNAME: user.email,
        PASSWORD: user.password,
        SECRET_HASH: secretHash(new Secret(clientSecret), user.email, clientId),
      },
    }),
  });
  const { AuthenticationResult: tokens } = (await answer.json()) as { AuthenticationResult: { IdToken: string; AccessToken: string } };
  const call = async (token: string) =>
    (await fetch(`http://127.0.0.1:${port}/api/echo`, { headers: { authorization: `Bearer ${token}` } })).status;
  t.equal(await call(tokens.IdToken), 200);
  t.equal(await call(tokens.AccessToken), 401);
  t.equal((await fetch(`http://127.0.0.1:${port}/api/echo`)).status, 401);
  child.kill("SIGTERM");
  t.same(await once(child, "exit"), [0, null]);
});

t.test("docker/check-flow.mjs, which proves an image from outside, agrees with this build", async (t) => {
  const demo = await runDemo(t);
  const { stdout } = await promisify(execFile)(process.execPath, [CHECK_FLOW, demo.url]);
  t.match(stdout, /exactly one InitiateAuth/);
  t.match(stdout, /promises kept\n$/);
});
