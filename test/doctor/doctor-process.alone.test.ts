import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import t from "tap";
import { CLIENT_ID, POOL_ID, running } from "../local-cognito/running-cognito.js";
import { publicClient } from "../local-cognito/sdk-calls.js";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));

interface Ended {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in a process with nothing in its environment but what is given. */
function cognitoBff(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env["PATH"] ?? "", NODE_NO_WARNINGS: "1", ...env }, timeout: 60_000 };
    execFile(process.execPath, [MAIN, ...args], options, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });
}

const NAMES = { COGNITO_USER_POOL_ID: POOL_ID, COGNITO_CLIENT_ID: CLIENT_ID };

t.test("the exit code is 1 with findings, 0 below --fail-on, and nothing is cut off where it is piped", async (t) => {
  const { cognito, sdk } = await running(t);
  const TokenValidityUnits = { RefreshToken: "hours" } as const;
  const clientId = await publicClient(sdk, { RefreshTokenValidity: 30, TokenValidityUnits });
  const env = { ...NAMES, COGNITO_CLIENT_ID: clientId, COGNITO_ENDPOINT: cognito.url };
  const found = await cognitoBff(["doctor"], env);
  t.equal(found.code, 1, found.err);
  t.equal(found.err, "");
  t.match(found.out, /^ERROR {2}refresh-unit-smell$/m);
  t.notMatch(found.out, "\u001b", "no colours in a pipe");
  t.match(found.out, /\d (?:error|warning|note)s?\.\n$/, "to its last line");
  const clean = await cognitoBff(["doctor", "--fail-on", "never", "--json"], env);
  t.equal(clean.code, 0, clean.err);
  t.ok(JSON.parse(clean.out));
});

t.test("an option that does not exist, and credentials that are not there, are 2 and a line that says what to do", async (t) => {
  const wrong = await cognitoBff(["doctor", "--bogus"]);
  t.equal(wrong.code, 2);
  t.match(wrong.err, "unknown option '--bogus'");
  // Nothing leaves this machine: without credentials there is nothing to send.
  const none = { AWS_EC2_METADATA_DISABLED: "true", HOME: t.testdir() };
  const anonymous = await cognitoBff(["doctor"], { ...NAMES, ...none });
  t.equal(anonymous.code, 2, anonymous.out);
  t.match(anonymous.err, /^cognito-bff doctor: could not look: .*no AWS credentials .*aws sso login.*--profile\n$/);
});

t.test("--all without a Region says so", async (t) => {
  const env = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local", AWS_EC2_METADATA_DISABLED: "true", HOME: t.testdir() };
  const { code, err } = await cognitoBff(["doctor", "--all"], env);
  t.equal(code, 2);
  t.equal(err, "cognito-bff doctor: could not look: ListUserPools: no AWS Region: give --region, or set AWS_REGION\n");
});

t.test("--help says what it does within 80 columns, and is 0", async (t) => {
  const { code, out } = await cognitoBff(["doctor", "--help"], { COLUMNS: "80" });
  t.equal(code, 0);
  for (const option of ["--policy", "--fail-on", "--all", "--json", "--iam", "--profile", "--region"]) t.match(out, option);
  t.ok(
    out.split("\n").every((line) => line.length <= 80),
    out,
  );
});
