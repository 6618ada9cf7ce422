import { lstat, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { doctorBackup } from "../../src/commands/doctor/backup.js";
import { doctorFix } from "../../src/commands/doctor/fix.js";
import type { ModeSurroundings } from "../../src/commands/doctor/mode.js";
import { doctorUndo } from "../../src/commands/doctor/undo.js";
import { scriptedConsole } from "../doctor/scripted-console.js";
import { SECRET, type ThirtyHours, thirtyHours } from "../doctor/thirty-hours.js";
import { POOL_ID } from "../local-cognito/running-cognito.js";
import { createManualClock } from "../support/manual-clock.js";

interface Outcome {
  readonly code: number;
  readonly said: string;
  readonly err: string;
}

interface Modes {
  readonly client: ThirtyHours;
  readonly folder: string;
  /** Runs a mode in the environment of the client, with changes. */
  run(mode: (surroundings: ModeSurroundings) => Promise<number>, env?: Record<string, string>): Promise<Outcome>;
  /** How often the client was written to. */
  writes(): number;
}

async function modes(t: Test): Promise<Modes> {
  const client = await thirtyHours(t);
  const folder = t.testdir({});
  const own = { COGNITO_USER_POOL_ID: POOL_ID, COGNITO_CLIENT_ID: client.clientId, COGNITO_ENDPOINT: client.cognito.url };
  return {
    client,
    folder,
    async run(mode, env = {}) {
      const console = scriptedConsole();
      let err = "";
      const told = (text: string) => {
        err += text;
      };
      const code = await mode({ env: { ...own, ...env }, console, err: told, folder, clock: createManualClock() });
      return { code, said: console.flat(), err };
    },
    writes: () => client.cognito.calls.list("UpdateUserPoolClient").length,
  };
}

t.test("findings are mended by their ids, several in one write", async (t) => {
  const { client, run, writes } = await modes(t);
  const ids = ["token-revocation-off", "callback-url-missing", "rotation-grace"];
  const { code } = await run((around) => doctorFix(ids, { yes: true }, around), { PUBLIC_URL: "https://shop.example.com" });
  t.equal(code, 0);
  t.equal(writes(), 1);
  const after = await client.described();
  t.match(after, { EnableTokenRevocation: true, RefreshTokenRotation: { RetryGracePeriodSeconds: 60 } });
  t.match(JSON.stringify(after["CallbackURLs"]), "https://shop.example.com/auth/callback");
});

t.test("a part that cannot be done means that nothing is", async (t) => {
  const { run, writes } = await modes(t);
  const { code, said } = await run((around) => doctorFix(["token-revocation-off", "callback-url-missing"], { yes: true }, around));
  t.equal(code, 1);
  t.match(said, /^Nothing was written\. callback-url-missing: .*PUBLIC_URL\.$/);
  t.equal(writes(), 0);
});

t.test("a refresh validity that Cognito would refuse is told before anything is written", async (t) => {
  const { run, writes } = await modes(t);
  const { code, said } = await run((around) => doctorFix([], { refreshValidity: "1h", yes: true }, around));
  t.equal(code, 1);
  t.match(said, "IdTokenValidity is 2 hours, and no token may outlive the refresh token (1 hour).");
  t.equal(writes(), 0);
});

t.test("what is so already is not written again", async (t) => {
  const { run, writes } = await modes(t);
  const { code, said } = await run((around) => doctorFix([], { refreshValidity: "30h", yes: true }, around));
  t.equal(code, 0);
  t.match(said, "The app client is so already. Nothing was written.");
  t.equal(writes(), 0);
});

t.test("a backup is written at any time, never over a file, and single fields come back from it", async (t) => {
  const { client, folder, run } = await modes(t);
  const mine = join(folder, "mine.json");
  const before = await client.described();
  t.equal((await run((around) => doctorBackup(mine, {}, around))).code, 0);
  t.equal((await lstat(mine)).mode & 0o777, 0o600);
  t.notMatch(await readFile(mine, "utf8"), SECRET);
  const again = await run((around) => doctorBackup(mine, {}, around));
  t.equal(again.code, 2);
  t.match(again.err, "it exists, and a backup never replaces a file");

  await client.shortUpdate({ RefreshTokenValidity: 30 });
  t.notSame(await client.described(), before);
  const field = Object.keys(before).filter((name) => !["UserPoolId", "ClientId", "ClientName", "RefreshTokenValidity"].includes(name));
  const { code, err } = await run((around) => doctorUndo(mine, { field, yes: true }, around));
  t.same([code, err], [0, ""]);
  t.strictSame(await client.described(), {
    ...before,
    RefreshTokenValidity: 30,
    TokenValidityUnits: { ...Object(before["TokenValidityUnits"]), RefreshToken: "days" },
  });
});

t.test("a backup of another client is not undone on this one; alone it says which client it is of", async (t) => {
  const { folder, run } = await modes(t);
  const mine = join(folder, "mine.json");
  await run((around) => doctorBackup(mine, {}, around));
  const undo = (around: ModeSurroundings) => doctorUndo(mine, { yes: true }, around);
  const { code, err } = await run(undo, { COGNITO_CLIENT_ID: "3localcognitodemoclient001" });
  t.equal(code, 2);
  t.match(err, /the backup is of the app client \w+, and 3localcognitodemoclient001 is asked for/);
  const alone = await run(undo, { COGNITO_CLIENT_ID: "", COGNITO_USER_POOL_ID: "" });
  t.equal(alone.code, 0);
});

t.test("nothing of a backup that is none of ours steers a terminal", async (t) => {
  const { folder, run } = await modes(t);
  const mine = join(folder, "mine.json");
  await run((around) => doctorBackup(mine, {}, around));
  const forged = join(folder, "forged.json");
  await writeFile(forged, (await readFile(mine, "utf8")).replace("ClientName", "\\u001b[2JClientName"));
  const { code, err } = await run((around) => doctorUndo(forged, { yes: true }, around));
  t.equal(code, 2);
  t.match(err, /cannot be used: its settings hold \ufffd\[2JClientName/);
});

t.test("what cannot be understood or looked at is one line and a 2", async (t) => {
  const { folder, run, writes } = await modes(t);
  const none = join(folder, "none.json");
  const cases: readonly (readonly [mode: (around: ModeSurroundings) => Promise<number>, says: RegExp])[] = [
    [(around) => doctorFix([], {}, around), /what shall be fixed\? .*token-revocation-off/],
    [(around) => doctorFix(["nonsense"], {}, around), /nonsense: there is no fix for it/],
    [(around) => doctorFix([], { refreshValidity: "30" }, around), /--refresh-validity: 30 what\?/],
    [(around) => doctorUndo(none, {}, around), /none\.json cannot be read: there is no such file/],
    [(around) => doctorUndo(none, { field: ["Callbacks"] }, around), /expected one of ClientName/],
    [(around) => doctorBackup(join(folder, "none", "mine.json"), {}, around), /there is no such folder/],
    [
      (around) => doctorFix([], { refreshValidity: "30d", clientId: "unknownclient" }, around),
      /could not look\. There is no such app client/,
    ],
  ];
  for (const [mode, says] of cases) {
    const { code, err } = await run(mode);
    t.equal(code, 2, says.source);
    t.match(err, says);
    t.equal(err.split("\n").length, 2, err);
  }
  t.same(await readdir(folder), []);
  t.equal(writes(), 0);
});

t.test("each mode prints the least-privilege policy that it needs, and does nothing else", async (t) => {
  const { folder, run, writes } = await modes(t);
  const options = { iam: true, yes: true };
  const cases = [
    ["fix", (around: ModeSurroundings) => doctorFix([], options, around)],
    ["undo", (around: ModeSurroundings) => doctorUndo("any.json", options, around)],
    ["backup", (around: ModeSurroundings) => doctorBackup(join(folder, "any.json"), options, around)],
  ] as const;
  for (const [name, mode] of cases) {
    const { code, said } = await run(mode);
    t.equal(code, 0, name);
    t.equal(said.includes("cognito-idp:UpdateUserPoolClient"), name !== "backup", name);
  }
  t.same(await readdir(folder), []);
  t.equal(writes(), 0);
});
