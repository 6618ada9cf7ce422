import { join } from "node:path";
import t, { type Test } from "tap";
import { completeSettings } from "../../src/doctor/fix/fields.js";
import { parseValidity, withValidity } from "../../src/doctor/fix/refresh-validity.js";
import { type NamedFields, namedFields, undo } from "../../src/doctor/fix/undo.js";
import { POOL_ID } from "../local-cognito/running-cognito.js";
import { createManualClock } from "../support/manual-clock.js";
import { type ScriptedConsole, scriptedConsole } from "./scripted-console.js";
import { FULL } from "./settings-of.js";
import { type ThirtyHours, thirtyHours } from "./thirty-hours.js";

const clock = createManualClock();

function thirtyDays() {
  const asked = parseValidity("30d");
  const change = asked.kind === "validity" ? withValidity(FULL, asked) : asked;
  if (change.kind !== "settings") throw new Error(change.kind);
  return completeSettings(change.settings);
}

const FIXED = thirtyDays();

function fields(names: readonly string[]): Extract<NamedFields, { kind: "fields" }>["fields"] {
  const named = namedFields(names);
  if (named.kind !== "fields") throw new Error(named.why);
  return named.fields;
}

/** Undoes, with the backup of a fix of 30 hours to 30 days. */
async function undoing(
  t: Test,
  client: ThirtyHours,
  names: readonly string[] = [],
  wrote: typeof FIXED | null = FIXED,
): Promise<{ exitCode: number; console: ScriptedConsole }> {
  const console = scriptedConsole();
  const seen = await client.admin.describeClient();
  if (seen.kind !== "seen") throw new Error(seen.kind);
  const { clientId } = client;
  const backup = { takenAt: new Date(clock.now()), poolId: POOL_ID, clientId, settings: FULL, wrote };
  const address = { poolId: POOL_ID, clientId, region: null, profile: null, endpoint: null };
  const exitCode = await undo(
    { backup, backupFile: "b.json", named: fields(names), seen: seen.value, address },
    {
      console,
      admin: client.admin,
      clock,
      consent: { yes: true, dryRun: false },
      hint: null,
      backupPath: join(t.testdir({}), "undone.json"),
    },
  );
  return { exitCode, console };
}

async function fixed(t: Test): Promise<ThirtyHours> {
  const client = await thirtyHours(t);
  await client.change(FIXED);
  return client;
}

t.test("an undo of the fix leaves the client byte for byte as it was before it", async (t) => {
  const client = await thirtyHours(t);
  const before = await client.described();
  await client.change(FIXED);
  t.equal((await undoing(t, client)).exitCode, 0);
  t.equal(JSON.stringify(await client.described()), JSON.stringify(before));
});

t.test("an undo of the fix leaves what others have changed since", async (t) => {
  const client = await fixed(t);
  await client.change({
    CallbackURLs: ["https://new.example.com/cb"],
    DefaultRedirectURI: "https://new.example.com/cb",
    EnableTokenRevocation: true,
  });
  const { exitCode, console } = await undoing(t, client);
  t.equal(exitCode, 0);
  t.match(await client.described(), {
    RefreshTokenValidity: 30,
    TokenValidityUnits: { RefreshToken: "hours", AccessToken: "minutes", IdToken: "hours" },
    CallbackURLs: ["https://new.example.com/cb"],
    EnableTokenRevocation: true,
    LogoutURLs: FULL.LogoutURLs,
  });
  t.match(console.flat(), "Left alone, though no longer as in the backup: CallbackURLs, DefaultRedirectURI, EnableTokenRevocation");
});

t.test("a refresh validity that somebody has set anew stays, and is named", async (t) => {
  const client = await fixed(t);
  await client.change({ RefreshTokenValidity: 90 });
  const { exitCode, console } = await undoing(t, client);
  t.equal(exitCode, 1);
  t.match(console.flat(), "There is nothing to undo.");
  t.match(console.flat(), "--field RefreshTokenValidity brings the old value back");
  t.equal((await client.described())["RefreshTokenValidity"], 90);
});

t.test(
  "the short command found in articles wipes nearly everything, and an undo does not bring back the 30 hours in its place",
  async (t) => {
    const client = await fixed(t);
    await client.shortUpdate({ RefreshTokenValidity: 30 });
    const wiped = await client.described();
    for (const field of [
      "CallbackURLs",
      "LogoutURLs",
      "AllowedOAuthFlows",
      "AllowedOAuthScopes",
      "SupportedIdentityProviders",
      "ExplicitAuthFlows",
    ])
      t.notOk(field in wiped, field);
    t.equal(wiped["AllowedOAuthFlowsUserPoolClient"], false);
    const { exitCode, console } = await undoing(t, client);
    t.equal(exitCode, 1);
    t.match(console.flat(), "settings have fallen back to AWS's defaults: AccessTokenValidity, IdTokenValidity, ReadAttributes,");
    t.match(console.flat(), "cognito-bff doctor undo b.json --field AccessTokenValidity");
    t.same(await client.described(), wiped);
  },
);

t.test("the fields that an undo offers after a wipe bring all of it back, and leave the 30 days", async (t) => {
  const client = await fixed(t);
  const before = await client.described();
  await client.shortUpdate({ RefreshTokenValidity: 30 });
  const [, offered = ""] = /doctor undo b\.json (.*)/.exec((await undoing(t, client)).console.text()) ?? [];
  const names = offered.split("--field ").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
  t.equal((await undoing(t, client, names)).exitCode, 0);
  t.strictSame(await client.described(), before, "as the fix had left it");
});

t.test("one field that is named comes back, and nothing else", async (t) => {
  const client = await fixed(t);
  await client.shortUpdate({ RefreshTokenValidity: 30 });
  const wiped = await client.described();
  t.equal((await undoing(t, client, ["callbackurls"])).exitCode, 0);
  t.match(await client.described(), { ...wiped, CallbackURLs: FULL.CallbackURLs, TokenValidityUnits: { RefreshToken: "days" } });
});

t.test("a backup that stands by itself brings back the fields that are named", async (t) => {
  const client = await thirtyHours(t);
  await client.shortUpdate({ RefreshTokenValidity: 30 });
  const alone = await undoing(t, client, [], null);
  t.equal(alone.exitCode, 0);
  t.match(alone.console.flat(), "There is nothing to undo.");
  t.equal((await undoing(t, client, ["LogoutURLs", "TokenValidityUnits"], null)).exitCode, 0);
  t.match(await client.described(), {
    LogoutURLs: FULL.LogoutURLs,
    AccessTokenValidity: 15,
    IdTokenValidity: 2,
    RefreshTokenValidity: 30,
    TokenValidityUnits: { RefreshToken: "days", AccessToken: "minutes", IdToken: "hours" },
  });
});

t.test("a field that there is not is told with those that there are", (t) => {
  const named = namedFields(["Callbacks"]);
  t.match(named, { kind: "fault", why: /--field "Callbacks": expected one of ClientName, RefreshTokenValidity,/ });
  t.end();
});
