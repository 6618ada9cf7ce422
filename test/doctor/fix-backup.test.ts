import { lstat, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { type Backup, parseBackup, renderBackup } from "../../src/doctor/fix/backup.js";
import { readBackup, writeBackup } from "../../src/doctor/fix/backup-file.js";
import { backupName } from "../../src/doctor/fix/carry-out.js";
import { clientWith, FULL, settingsWith } from "./settings-of.js";

const BACKUP: Backup = {
  takenAt: new Date(Date.UTC(2026, 0, 15, 12)),
  poolId: "us-east-1_Local0001",
  clientId: "3localcognitodemoclient001",
  settings: FULL,
  wrote: settingsWith({ RefreshTokenValidity: 31 }),
};

t.test("a backup reads as it was written", (t) => {
  t.same(parseBackup(renderBackup(BACKUP)), BACKUP);
  t.same(parseBackup(renderBackup({ ...BACKUP, wrote: null })), { ...BACKUP, wrote: null });
  t.end();
});

t.test("an undo in the same second as its fix finds a name of its own", (t) => {
  const named = (ms: number) => backupName("3localcognitodemoclient001", { now: () => Date.UTC(2026, 0, 15, 12, 0, 0, ms) });
  t.equal(named(7), "cognito-app-client-3localcognitodemoclient001-20260115T120000007Z.json");
  t.equal(named(8), "cognito-app-client-3localcognitodemoclient001-20260115T120000008Z.json");
  t.end();
});

t.test("its form is fixed", (t) => {
  const { wrote, ...document } = JSON.parse(renderBackup(BACKUP)) as Record<string, unknown>;
  t.same(document, {
    format: "cognito-bff app client backup",
    version: 1,
    taken_at: "2026-01-15T12:00:00.000Z",
    user_pool_id: "us-east-1_Local0001",
    client_id: "3localcognitodemoclient001",
    settings: FULL,
  });
  t.same(wrote, BACKUP.wrote);
  t.end();
});

t.test("names that no release has heard of are kept in lists", (t) => {
  const settings = settingsWith({ ExplicitAuthFlows: ["ALLOW_SOMETHING_NEW"] });
  t.same(parseBackup(renderBackup({ ...BACKUP, settings })).settings, settings);
  t.end();
});

const BROKEN: readonly (readonly [why: string, change: (document: Record<string, unknown>) => unknown, says: RegExp])[] = [
  ["an array", () => [], /no backup/],
  ["another format", (document) => ({ ...document, format: "x" }), /no backup/],
  ["a newer version", (document) => ({ ...document, version: 2 }), /version is 2/],
  ["no version", ({ version, ...rest }) => rest, /version is null/],
  ["a member more", (document) => ({ ...document, more: 1 }), /"more"/],
  ["no pool", ({ user_pool_id, ...rest }) => rest, /user_pool_id/],
  ["a pool that is none", (document) => ({ ...document, user_pool_id: "x y" }), /user_pool_id/],
  ["a client that is none", (document) => ({ ...document, client_id: "$(id)" }), /client_id/],
  ["no moment", (document) => ({ ...document, taken_at: "2026-13-45T99:99:99.000Z" }), /taken_at/],
  ["no settings", ({ settings, ...rest }) => rest, /settings/],
  ["settings that are none", (document) => ({ ...document, settings: [] }), /settings/],
  ["a field more", (document) => ({ ...document, settings: { ...FULL, Colour: "blue" } }), /Colour/],
  ["a secret", (document) => ({ ...document, settings: { ...FULL, ClientSecret: "never-here" } }), /ClientSecret/],
  ["a field of another type", (document) => ({ ...document, wrote: { ...FULL, RefreshTokenValidity: "30" } }), /RefreshTokenValidity/],
  ["settings without a name", (document) => ({ ...document, settings: { RefreshTokenValidity: 3 } }), /ClientName/],
  ["no word of what was written", ({ wrote, ...rest }) => rest, /wrote/],
];

t.test("whatever is no backup is refused with what is wrong, and a value is never repeated", (t) => {
  const document = JSON.parse(renderBackup(BACKUP)) as Record<string, unknown>;
  for (const [why, change, says] of BROKEN) {
    const text = JSON.stringify(change(document));
    t.throws(() => parseBackup(text), { name: "Error", message: says }, why);
    t.throws(() => parseBackup(text), { message: /^(?!.*never-here)/ }, why);
  }
  t.throws(() => parseBackup("{"), { message: /not JSON/ });
  t.end();
});

t.test("the secret is in no backup, since a client has none once it is read", (t) => {
  const { settings } = clientWith({ ClientSecret: "a-secret-that-must-not-be-written" });
  t.notMatch(renderBackup({ ...BACKUP, settings }), "a-secret-that-must-not-be-written");
  t.end();
});

t.test("a file is its owner's alone, is whole, and leaves nothing beside it", async (t) => {
  const folder = t.testdir({});
  const path = join(folder, "backup.json");
  await writeBackup(path, BACKUP);
  t.equal((await lstat(path)).mode & 0o777, 0o600);
  t.same(await readdir(folder), ["backup.json"]);
  t.same(await readBackup(path), BACKUP);
});

t.test("a file that is there is never written over, nor is what a link leads to", async (t) => {
  const folder = t.testdir({ "backup.json": "mine", other: "theirs" });
  await symlink(join(folder, "other"), join(folder, "link"));
  for (const name of ["backup.json", "link"]) await t.rejects(writeBackup(join(folder, name), BACKUP), { message: /it exists/ });
  t.equal(await readFile(join(folder, "backup.json"), "utf8"), "mine");
  t.equal(await readFile(join(folder, "other"), "utf8"), "theirs");
  t.same((await readdir(folder)).sort(), ["backup.json", "link", "other"]);
});

t.test("a file system without hard links gets its backup, too, and keeps what is there", async (t) => {
  const folder = t.testdir({ taken: "mine" });
  const noLinks = () => Promise.reject(Object.assign(new Error("operation not permitted"), { code: "EPERM" }));
  await writeBackup(join(folder, "backup.json"), BACKUP, noLinks);
  t.same(await readBackup(join(folder, "backup.json")), BACKUP);
  t.equal((await lstat(join(folder, "backup.json"))).mode & 0o777, 0o600);
  await t.rejects(writeBackup(join(folder, "taken"), BACKUP, noLinks), { message: /it exists/ });
  t.equal(await readFile(join(folder, "taken"), "utf8"), "mine");
});

t.test("what cannot be written or read is said in one line", async (t) => {
  const folder = t.testdir({ text: "hello" });
  await t.rejects(writeBackup(join(folder, "none", "backup.json"), BACKUP), { message: /no such folder/ });
  await t.rejects(readBackup(join(folder, "none")), { message: /there is no such file/ });
  await t.rejects(readBackup(join(folder, "text")), { message: /cannot be used: it is not JSON/ });
  await t.rejects(readBackup(folder), { message: /it is a folder/ });
  await writeFile(join(folder, "large"), "x".repeat(1_048_577));
  await t.rejects(readBackup(join(folder, "large")), { message: /larger than any backup/ });
  // A device has no size, and no end.
  await t.rejects(readBackup("/dev/zero"), { message: /larger than any backup/ });
});
