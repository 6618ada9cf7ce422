import { execFile } from "node:child_process";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DescribeUserPoolClientCommand,
  type ExplicitAuthFlowsType,
  UpdateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t, { type Test } from "tap";
import { defaultSeed } from "../../src/local-cognito/index.js";
import { SECRET, type ThirtyHours, thirtyHours } from "../doctor/thirty-hours.js";
import { CLIENT_ID, CLIENT_SECRET, POOL_ID, present, running } from "../local-cognito/running-cognito.js";
import { noteLogLine } from "../support/redaction.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a folder, without a terminal. */
function doctor(
  folder: string,
  client: Pick<ThirtyHours, "cognito" | "clientId">,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> {
  const environment = {
    PATH: process.env["PATH"] ?? "",
    COGNITO_USER_POOL_ID: POOL_ID,
    COGNITO_CLIENT_ID: client.clientId,
    COGNITO_ENDPOINT: client.cognito.url,
    ...env,
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--no-warnings", MAIN, "doctor", ...args],
      { env: environment, cwd: folder },
      (error, stdout, stderr) => {
        noteLogLine(stdout + stderr);
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}

async function inFolder(t: Test): Promise<{ client: ThirtyHours; folder: string; run: (...args: string[]) => Promise<Run> }> {
  const client = await thirtyHours(t);
  const folder = t.testdir({});
  return { client, folder, run: (...args) => doctor(folder, client, args) };
}

t.test("fix --refresh-validity 30d --yes: value and unit change, the other 19 fields and two units do not", async (t) => {
  const { client, folder, run } = await inFolder(t);
  const before = await client.described();
  const { code, stdout, stderr } = await run("fix", "--refresh-validity", "30d", "--yes");
  t.same([code, stderr], [0, ""]);
  const units = { ...Object(before["TokenValidityUnits"]), RefreshToken: "days" };
  t.equal(JSON.stringify(await client.described()), JSON.stringify({ ...before, RefreshTokenValidity: 30, TokenValidityUnits: units }));
  const [name = ""] = await readdir(folder);
  t.match(name, /^cognito-app-client-\w+-\d{8}T\d{9}Z\.json$/);
  t.equal((await lstat(join(folder, name))).mode & 0o777, 0o600);
  t.match(stdout, `Undo:   cognito-bff doctor undo ${name}`);
  t.notMatch(stdout + (await readFile(join(folder, name), "utf8")), SECRET);
  t.notMatch(stdout, "\u001b", "no colours but on a terminal");

  await t.test("undo of the file it wrote brings back what it was, and keeps a backup itself", async (t) => {
    const undone = await run("undo", name, "--yes");
    t.same([undone.code, undone.stderr], [0, ""]);
    t.equal(JSON.stringify(await client.described()), JSON.stringify(before));
    t.equal((await readdir(folder)).length, 2);
  });
});

t.test("without a terminal and without --yes nothing is written, and the exit code says so", async (t) => {
  const { client, folder, run } = await inFolder(t);
  const before = await client.described();
  const { code, stdout } = await run("fix", "--refresh-validity", "30d");
  t.equal(code, 1);
  t.match(stdout, "there is no terminal to ask on. --yes answers.");
  t.same(await client.described(), before);
  t.same(await readdir(folder), []);
});

t.test("each mode has its help", async (t) => {
  const { run } = await inFolder(t);
  for (const mode of ["fix", "backup", "undo"]) {
    const { code, stdout } = await run(mode, "--help");
    t.equal(code, 0);
    t.match(stdout, `Usage: cognito-bff doctor ${mode}`);
    t.notMatch(stdout, /^.{81}/m);
  }
});

t.test("a mode's options are its own, also those that the doctor has", async (t) => {
  const { run } = await inFolder(t);
  t.match((await run("fix", "--iam")).stdout, "cognito-idp:UpdateUserPoolClient");
  const { code, stderr } = await run("fix", "nonsense", "--client-id", "other");
  t.equal(code, 2);
  t.match(stderr, /^cognito-bff doctor fix: nonsense: there is no fix for it; .*/);
  t.equal((await run("fix", "--no-such-option")).code, 2);
});

t.test("the demo's client keeps its secret, too", async (t) => {
  const { client, folder } = await inFolder(t);
  const { code, stdout } = await doctor(folder, client, ["fix", "--refresh-validity", "90d", "--yes"], {
    COGNITO_CLIENT_ID: "3localcognitodemoclient001",
    COGNITO_CLIENT_SECRET: CLIENT_SECRET,
  });
  t.equal(code, 0);
  for (const name of await readdir(folder)) t.notMatch(stdout + (await readFile(join(folder, name), "utf8")), CLIENT_SECRET);
});

t.test(
  "the whole way: doctor names the 30 hours first, fix mends them, a short command wipes the client, doctor says so, undo brings it back",
  async (t) => {
    const { cognito, sdk, clock } = await running(t, { seed: defaultSeed({ publicUrl: "https://app.example.com" }) });
    const folder = t.testdir({});
    const ids = { UserPoolId: POOL_ID, ClientId: CLIENT_ID };
    const described = async () => {
      const { UserPoolClient } = await sdk.send(new DescribeUserPoolClientCommand(ids));
      const { ClientSecret, CreationDate, LastModifiedDate, ...settings } = present(UserPoolClient);
      return settings;
    };
    const run = (...args: string[]) => doctor(folder, { cognito, clientId: CLIENT_ID }, args);
    const units = { AccessToken: "hours", IdToken: "hours", RefreshToken: "hours" } as const;
    // A flow that AWS's SDK does not know yet, as any client may have one.
    const flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_CLIENT_TOKEN_AUTH"] as ExplicitAuthFlowsType[];
    await sdk.send(
      new UpdateUserPoolClientCommand({ ...(await described()), ...ids, ExplicitAuthFlows: flows, TokenValidityUnits: units }),
    );

    const before = await run();
    t.equal(before.code, 1);
    t.match(before.stdout, /\n\nERROR {2}refresh-unit-smell\n/);
    t.equal(before.stdout.search(/(?:ERROR|WARNING|NOTE) {2}/), before.stdout.indexOf("ERROR  refresh-unit-smell"), "first");

    t.equal((await run("fix", "--refresh-validity", "30d", "--yes", "--backup", "before.json")).code, 0);
    const fixed = await described();
    t.match(fixed, { RefreshTokenValidity: 30, TokenValidityUnits: { ...units, RefreshToken: "days" }, ExplicitAuthFlows: flows });
    t.equal((await run("--fail-on", "error")).code, 0);

    clock.advance(1_000);
    await sdk.send(new UpdateUserPoolClientCommand({ ...ids, RefreshTokenValidity: 30 }));
    const wiped = await run();
    t.equal(wiped.code, 1);
    t.match(wiped.stdout, /^(?:ERROR|WARNING) {2}wiped-by-update$/m);

    const refused = await run("undo", "before.json", "--yes");
    t.equal(refused.code, 1, "the 30 hours do not come back in place of what was lost");
    const [, fields = ""] = /doctor undo before\.json (.*)/.exec(refused.stdout) ?? [];
    t.equal((await run("undo", "before.json", ...fields.split(" "), "--yes")).code, 0);
    t.strictSame(await described(), fixed);
    t.equal((await run("--fail-on", "error")).code, 0);
  },
);
