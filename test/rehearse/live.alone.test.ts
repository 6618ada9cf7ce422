import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { LocalCognito } from "../../src/local-cognito/index.js";
import { Secret } from "../../src/model/secret.js";
import { LivePool } from "../../src/rehearse/live/live-pool.js";
import { newRunName } from "../../src/rehearse/live/run-name.js";
import { temporaryClient } from "../../src/rehearse/live/temporary-client.js";
import { until } from "../support/condition.js";
import { noteLogLine } from "../support/redaction.js";
import { leftIn, startPool, TARGET } from "./live-rig.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;
const HOUR_MS = 3_600_000;

interface Running {
  readonly child: ChildProcess;
  output(): string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

function environmentOf(cognito: LocalCognito): Record<string, string> {
  return { COGNITO_ENDPOINT: cognito.url, COGNITO_USER_POOL_ID: TARGET.poolId, COGNITO_CLIENT_ID: TARGET.clientId };
}

function command(t: Test, env: Record<string, string>, ...options: readonly string[]): Running {
  let text = "";
  const child = spawn(process.execPath, ["--no-warnings", MAIN, "rehearse", "--live", ...options], {
    cwd: t.testdir({}),
    env: {
      PATH: process.env["PATH"] ?? "",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const collect = (chunk: Buffer) => {
    text += chunk.toString();
    noteLogLine(chunk.toString());
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const ended = once(child, "close").then(([code, signal]: (number | string | null)[]) => code ?? signal ?? "nothing");
  return { child, ended, output: () => text };
}

async function untilWaiting(running: Running): Promise<void> {
  await until(() => running.output().includes("waiting: 0 of 61 min") || running.child.exitCode !== null);
}

t.test("success: the answer is recorded, people meet the end they are promised, and nothing is left", async (t) => {
  const cognito = await startPool(t);
  const running = command(t, environmentOf(cognito), "--yes", "--record", "answer.json");
  await untilWaiting(running);
  t.equal((await leftIn(cognito)).length, 2, "an app client and a user while it waits");
  cognito.clock.advance(HOUR_MS);
  await until(() => running.output().includes("60 of 61 min"));
  cognito.clock.advance(60_000);
  t.equal(await running.ended, 0, running.output());
  t.match(running.output(), "after 61 min Cognito says NotAuthorizedException: Refresh Token has expired");
  t.match(running.output(), "✔ people meet 401 expired / refresh_token_expired");
  t.same(await leftIn(cognito), []);
  const recording: unknown = JSON.parse(await readFile(join(t.testdirName, "answer.json"), "utf8"));
  t.match(recording, { operation: "InitiateAuth", answer: { name: "NotAuthorizedException" }, verdict: { kind: "rejected" } });
  for (const line of running.output().split("\n")) t.ok(line.length <= 80 || line.includes("/_local/clock"), line);
});

t.test("failure: another answer is exit code 1, and nothing is left", async (t) => {
  const cognito = await startPool(t);
  const running = command(t, environmentOf(cognito), "--yes");
  await untilWaiting(running);
  cognito.faults.add({ operation: "InitiateAuth", fault: "lambda_error" });
  cognito.clock.advance(2 * HOUR_MS);
  t.equal(await running.ended, 1, running.output());
  t.match(running.output(), "✖ people meet 403 denied");
  t.same(await leftIn(cognito), []);
});

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)
  t.test(`${signal}: app client and user are deleted, and the exit code is a shell's for it`, async (t) => {
    const cognito = await startPool(t);
    const running = command(t, environmentOf(cognito), "--yes");
    await untilWaiting(running);
    running.child.kill(signal);
    t.equal(await running.ended, code, running.output());
    t.same(await leftIn(cognito), []);
    t.match(running.output(), `${signal}: deleting what was created`);
  });

t.test("a signal while the app client is created, whose answer comes late, leaves nothing", async (t) => {
  const cognito = await startPool(t);
  cognito.faults.add({ operation: "CreateUserPoolClient", fault: "latency", latencyMs: 1_500 });
  const running = command(t, environmentOf(cognito), "--yes");
  await until(() => cognito.calls.list("CreateUserPoolClient").length > 0);
  running.child.kill("SIGTERM");
  running.child.kill("SIGINT");
  t.match(String(await running.ended), /^(?:130|143)$/, "whichever came first");
  t.equal(cognito.calls.list("AdminCreateUser").length, 0);
  t.same(await leftIn(cognito), []);
});

t.test("what cannot be deleted is named, with the command that tries again; --cleanup deletes it", async (t) => {
  const cognito = await startPool(t);
  cognito.faults.add({ operation: "DeleteUserPoolClient", fault: "waf" });
  const running = command(t, environmentOf(cognito), "--yes");
  await untilWaiting(running);
  running.child.kill("SIGINT");
  t.equal(await running.ended, 130);
  t.match(
    running.output(),
    /could not delete the app client cognito-bff-rehearsal-\S+: .*; `cognito-bff rehearse --live --cleanup` tries again/,
  );
  t.equal((await leftIn(cognito)).length, 1);
  cognito.faults.clear();
  const asked = command(t, environmentOf(cognito), "--cleanup");
  t.equal(await asked.ended, 2, "nobody is there to say yes");
  t.equal((await leftIn(cognito)).length, 1);
  const cleanup = command(t, environmentOf(cognito), "--cleanup", "--yes");
  t.equal(await cleanup.ended, 0, cleanup.output());
  t.same(await leftIn(cognito), []);
  const again = command(t, environmentOf(cognito), "--cleanup", "--yes");
  t.equal(await again.ended, 0);
  t.match(again.output(), "Nothing of a rehearsal is left");
});

t.test("--cleanup touches nothing but what bears a rehearsal's name", async (t) => {
  const cognito = await startPool(t);
  const pool = new LivePool({ ...TARGET, endpoint: cognito.url });
  t.teardown(() => pool.close());
  const original = await pool.describeClient();
  for (const name of ["cognito-bff-rehearsal-of-ours", "cognito-bff", newRunName(cognito.clock.now())])
    await pool.createClient(temporaryClient(original, TARGET.poolId, name));
  await pool.createUser("cognito-bff-rehearsal-somebody@example.com", new Secret("Aa1!Aa1!Aa1!"));
  const cleanup = command(t, environmentOf(cognito), "--cleanup", "--yes");
  t.equal(await cleanup.ended, 0, cleanup.output());
  t.same(await leftIn(cognito), ["cognito-bff-rehearsal-of-ours", "cognito-bff-rehearsal-somebody@example.com"]);
});

t.test("what blocks it is said before anything is created: exit code 2", async (t) => {
  const cognito = await startPool(t, {
    MfaConfiguration: "ON",
    LambdaConfig: { PreTokenGeneration: "arn:aws:lambda:us-east-1:1:function:x" },
  });
  const blocked = command(t, environmentOf(cognito), "--yes");
  t.equal(await blocked.ended, 2);
  t.match(blocked.output(), "✖ MFA is required in this user pool");
  t.match(blocked.output(), "! the trigger PreTokenGeneration runs for the test user too");
  t.equal(cognito.calls.list("CreateUserPoolClient").length, 0);
});

t.test("without --yes and a terminal nothing is created: exit code 2", async (t) => {
  const cognito = await startPool(t);
  const running = command(t, environmentOf(cognito));
  t.equal(await running.ended, 2);
  t.match(running.output(), "nothing was created; --yes answers the question");
  t.equal(cognito.calls.list("CreateUserPoolClient").length, 0);
});

t.test("credentials that end within 75 minutes are refused before AWS is asked for anything", async (t) => {
  const expiration = new Date(Date.now() + 70 * 60_000).toISOString();
  const env = { COGNITO_USER_POOL_ID: TARGET.poolId, COGNITO_CLIENT_ID: TARGET.clientId, AWS_CREDENTIAL_EXPIRATION: expiration };
  const running = command(
    t,
    { ...env, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example", AWS_SESSION_TOKEN: "example" },
    "--yes",
  );
  t.equal(await running.ended, 2);
  t.match(running.output(), /the AWS credentials end in (?:69|70) min, at .*; 75 min are needed/);
  const cognito = await startPool(t);
  const local = command(t, { ...environmentOf(cognito), AWS_CREDENTIAL_EXPIRATION: expiration }, "--yes");
  t.equal(await local.ended, 2, "which can be tried at a local Cognito");
  t.same(cognito.calls.list(), []);
});

t.test("--iam prints the policy; a client that is not there is one line", async (t) => {
  const cognito = await startPool(t);
  const iam = command(t, environmentOf(cognito), "--iam");
  t.equal(await iam.ended, 0);
  t.match(JSON.parse(iam.output()), { Statement: [{ Resource: "arn:aws:cognito-idp:us-east-1:*:userpool/us-east-1_Local0001" }] });
  const nobody = command(t, environmentOf(cognito), "--yes", "--client-id", "nosuchclient000000000000000");
  t.equal(await nobody.ended, 2);
  t.match(nobody.output(), /^cognito-bff: User pool client nosuchclient0{15} does not exist\.\n$/);
  const nothing = command(t, {});
  t.equal(await nothing.ended, 2);
  t.match(nothing.output(), "COGNITO_USER_POOL_ID: expected a value, or --user-pool-id on the command line");
});
