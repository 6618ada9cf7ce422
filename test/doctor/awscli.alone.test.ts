import { join } from "node:path";
import t, { type Test } from "tap";
import { doctorFix } from "../../src/commands/doctor/fix.js";
import type { ModeSurroundings } from "../../src/commands/doctor/mode.js";
import { doctorUndo } from "../../src/commands/doctor/undo.js";
import { POOL_ID } from "../local-cognito/running-cognito.js";
import { type AwsCli, awsCliSuite } from "../support/aws-cli.js";
import { createManualClock } from "../support/manual-clock.js";
import { type ScriptedConsole, scriptedConsole } from "./scripted-console.js";
import { SECRET, type ThirtyHours, thirtyHours } from "./thirty-hours.js";

/** The doctor's own reading of a client is not taken for what it wrote: AWS's CLI reads, before and after. */
async function describedBy(aws: AwsCli, { clientId }: ThirtyHours): Promise<Record<string, unknown>> {
  const answer = await aws.cognito("describe-user-pool-client", "--user-pool-id", POOL_ID, "--client-id", clientId);
  const { ClientSecret, CreationDate, LastModifiedDate, ...settings } = answer["UserPoolClient"] as Record<string, unknown>;
  t.equal(ClientSecret, SECRET, "the CLI reads the whole client");
  return settings;
}

function surroundings(t: Test, { cognito, clientId }: ThirtyHours): ModeSurroundings & { readonly console: ScriptedConsole } {
  return {
    env: { COGNITO_USER_POOL_ID: POOL_ID, COGNITO_CLIENT_ID: clientId, COGNITO_ENDPOINT: cognito.url },
    console: scriptedConsole(),
    err: (text) => t.fail(text),
    folder: t.testdir({}),
    clock: createManualClock(),
  };
}

const THIRTY_DAYS = { RefreshTokenValidity: 30, TokenValidityUnits: { AccessToken: "minutes", IdToken: "hours", RefreshToken: "days" } };

await awsCliSuite(t, "AWS's CLI in place of the doctor's own reading", async (t, cliAt) => {
  await t.test("fix changes RefreshTokenValidity and its unit, and the other 19 fields and two units not by a byte", async (t) => {
    const client = await thirtyHours(t);
    const aws = cliAt(client.cognito.url);
    const before = await describedBy(aws, client);
    t.equal(await doctorFix([], { refreshValidity: "30d", yes: true }, surroundings(t, client)), 0);
    const after = await describedBy(aws, client);
    t.equal(JSON.stringify(after), JSON.stringify({ ...before, ...THIRTY_DAYS }));
    t.equal(Object.keys(after).length, 23, "21 fields and two ids");
  });

  await t.test("the short command wipes what it does not name, and undo --field brings it back", async (t) => {
    const client = await thirtyHours(t);
    const aws = cliAt(client.cognito.url);
    const around = surroundings(t, client);
    const backup = join(around.folder, "backup.json");
    t.equal(await doctorFix([], { refreshValidity: "30d", yes: true, backup }, around), 0);
    const fixed = await describedBy(aws, client);

    await aws.cognito(
      "update-user-pool-client",
      "--user-pool-id",
      POOL_ID,
      "--client-id",
      client.clientId,
      "--refresh-token-validity",
      "30",
    );
    const wiped = await describedBy(aws, client);
    const gone = Object.keys(fixed).filter((field) => JSON.stringify(fixed[field]) !== JSON.stringify(wiped[field]));
    t.equal(gone.length, 19, "all but the name and the refresh token validity, with the units of what is left");

    t.equal(await doctorUndo(backup, { field: gone, yes: true, backup: join(around.folder, "second.json") }, around), 0);
    t.strictSame(await describedBy(aws, client), fixed, "and the 30 hours did not come with it");
  });

  await t.test("the command that fix prints does what fix does", async (t) => {
    const client = await thirtyHours(t);
    await client.change({ ClientName: 'it\'s "the" shop', AllowedOAuthScopes: ["openid", "https://api.example.com/é$(id)"] });
    const aws = cliAt(client.cognito.url);
    const before = await describedBy(aws, client);
    const around = surroundings(t, client);
    t.equal(await doctorFix([], { refreshValidity: "30d", dryRun: true }, around), 0);
    t.same(await describedBy(aws, client), before);
    const [, command = ""] = /(aws cognito-idp .*\n\}')/s.exec(around.console.text()) ?? [];
    await aws.paste(command);
    t.equal(JSON.stringify(await describedBy(aws, client)), JSON.stringify({ ...before, ...THIRTY_DAYS }));
  });
});
