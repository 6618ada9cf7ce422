import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { ClientSettings } from "../../src/doctor/app-client.js";
import { type CarryOutParts, carryOut } from "../../src/doctor/fix/carry-out.js";
import { parseValidity, withValidity } from "../../src/doctor/fix/refresh-validity.js";
import { POOL_ID } from "../local-cognito/running-cognito.js";
import { createManualClock } from "../support/manual-clock.js";
import { type ScriptedConsole, scriptedConsole } from "./scripted-console.js";
import { SECRET, type ThirtyHours, thirtyHours } from "./thirty-hours.js";

const clock = createManualClock();

interface Fixing {
  readonly exitCode: number;
  readonly console: ScriptedConsole;
  readonly folder: string;
}

function thirtyDays(settings: ClientSettings): ClientSettings {
  const asked = parseValidity("30d");
  const change = asked.kind === "validity" ? withValidity(settings, asked) : asked;
  if (change.kind !== "settings") throw new Error(change.kind);
  return change.settings;
}

/** Proposes 30 days and carries it out. */
async function fixing(t: Test, client: ThirtyHours, console: ScriptedConsole, given: Partial<CarryOutParts> = {}): Promise<Fixing> {
  const seen = await (given.admin ?? client.admin).describeClient();
  if (seen.kind !== "seen") throw new Error(seen.kind);
  const folder = t.testdir({});
  const address = { poolId: POOL_ID, clientId: client.clientId, region: "us-east-1", profile: null, endpoint: client.cognito.url };
  const exitCode = await carryOut(
    { address, seen: seen.value, wanted: thirtyDays(seen.value.settings), notes: [] },
    {
      console,
      admin: client.admin,
      clock,
      consent: { yes: false, dryRun: false },
      hint: null,
      backupPath: join(folder, "backup.json"),
      ...given,
    },
  );
  return { exitCode, console, folder };
}

const YES = { consent: { yes: true, dryRun: false } };

t.test("--yes: the refresh validity and its unit change, the other 19 fields and two units are byte for byte what they were", async (t) => {
  const client = await thirtyHours(t);
  const before = await client.described();
  const { exitCode, folder, console } = await fixing(t, client, scriptedConsole(), YES);
  t.equal(exitCode, 0);
  const after = await client.described();
  const units = before["TokenValidityUnits"];
  t.equal(
    JSON.stringify(after),
    JSON.stringify({ ...before, RefreshTokenValidity: 30, TokenValidityUnits: { ...Object(units), RefreshToken: "days" } }),
  );
  t.equal(Object.keys(after).length, 23, "all 21, and the two ids");
  const backup = await readFile(join(folder, "backup.json"), "utf8");
  t.notMatch(backup + console.text(), SECRET);
  t.match(console.flat(), "Written, and read again");
});

t.test("the change is shown before anything is asked, with what it means and how other tools say it", async (t) => {
  const client = await thirtyHours(t);
  const { exitCode, console, folder } = await fixing(t, client, scriptedConsole(["no", "no"]));
  t.equal(exitCode, 1);
  for (const text of [
    "- 30 hours (1 day 6 hours), 108,000 seconds",
    "+ 30 days, 2,592,000 seconds",
    "Who is signed in already keeps the old end, 30 hours after signing in",
    "The other 19 settings are sent again as they are",
    "refresh_token_validity = 30",
    "refreshTokenValidity: Duration.days(30)",
    "aws cognito-idp update-user-pool-client --region us-east-1",
    "Nothing was written.",
  ])
    t.match(console.flat(), text);
  t.same(console.questions, ["Does one of them manage it? [yes/no] ", "Write this change? [yes/no] "]);
  t.same(await readdir(folder), [], "and there is no backup of what did not happen");
  t.equal((await client.described())["RefreshTokenValidity"], 30);
  t.same(client.cognito.calls.list("UpdateUserPoolClient"), []);
});

t.test("lines fit 80 columns, but for the command that is there to be copied", async (t) => {
  const client = await thirtyHours(t);
  const { console } = await fixing(t, client, scriptedConsole(), YES);
  const long = console
    .text()
    .split("\n")
    .filter((line) => line.length > 80);
  t.ok(
    long.every((line) => /^(aws |Backup: |Undo: )/.test(line)),
    long.join("\n"),
  );
});

t.test("whoever says that CloudFormation, CDK or Terraform manages the client is asked again", async (t) => {
  const client = await thirtyHours(t);
  const refused = await fixing(t, client, scriptedConsole(["yes", "no"]));
  t.equal(refused.exitCode, 1);
  t.match(refused.console.questions[1], "Write it here all the same");
  const agreed = await fixing(t, client, scriptedConsole(["yes", "YES"]), { hint: "The pool is tagged." });
  t.equal(agreed.exitCode, 0);
  t.match(agreed.console.flat(), "The pool is tagged.");
  t.match(await client.described(), { TokenValidityUnits: { RefreshToken: "days" } });
});

t.test("an input that ends is no", async (t) => {
  const client = await thirtyHours(t);
  t.equal((await fixing(t, client, scriptedConsole([]))).exitCode, 1);
  t.equal((await fixing(t, client, scriptedConsole(["no", "yes please"]))).exitCode, 1);
  t.same(client.cognito.calls.list("UpdateUserPoolClient"), []);
});

t.test("where nobody can be asked, nothing is written without --yes", async (t) => {
  const client = await thirtyHours(t);
  const { exitCode, console } = await fixing(t, client, scriptedConsole());
  t.equal(exitCode, 1);
  t.match(console.flat(), "there is no terminal to ask on. --yes answers.");
  t.same(client.cognito.calls.list("UpdateUserPoolClient"), []);
});

t.test("a dry run shows and writes nothing, whatever else was said", async (t) => {
  const client = await thirtyHours(t);
  const { exitCode, console } = await fixing(t, client, scriptedConsole(), { consent: { yes: true, dryRun: true } });
  t.equal(exitCode, 0);
  t.match(console.flat(), "Nothing was written: --dry-run.");
  t.same(client.cognito.calls.list("UpdateUserPoolClient"), []);
});

t.test("a field that somebody changes while the question stands is not overwritten", async (t) => {
  const client = await thirtyHours(t);
  const meanwhile = async () => {
    await client.change({ LogoutURLs: ["https://elsewhere.example.com/"] });
    return "yes";
  };
  const { exitCode, console, folder } = await fixing(t, client, scriptedConsole(["no", meanwhile]));
  t.equal(exitCode, 1);
  t.match(console.flat(), "Nothing was written. Somebody else has changed LogoutURLs since");
  t.same(await readdir(folder), []);
  t.match(await client.described(), { LogoutURLs: ["https://elsewhere.example.com/"], TokenValidityUnits: { RefreshToken: "hours" } });
});

t.test("a write of somebody else's that changed nothing is seen by its date", async (t) => {
  const client = await thirtyHours(t);
  const meanwhile = async () => {
    await client.change({});
    return "yes";
  };
  const { exitCode, console } = await fixing(t, client, scriptedConsole(["no", meanwhile]));
  t.equal(exitCode, 1);
  t.match(console.flat(), "The client was written to");
});

t.test("settings that this release does not know keep it from writing", async (t) => {
  const client = await thirtyHours(t);
  const strange: CarryOutParts["admin"] = {
    ...client.admin,
    describeClient: async () => {
      const seen = await client.admin.describeClient();
      return seen.kind === "seen" ? { ...seen, value: { ...seen.value, unknownFields: ["SessionPolicy"] } } : seen;
    },
  };
  const { exitCode, console } = await fixing(t, client, scriptedConsole(), { ...YES, admin: strange });
  t.equal(exitCode, 1);
  t.match(console.flat(), "SessionPolicy");
  t.same(client.cognito.calls.list("UpdateUserPoolClient"), []);
});

t.test("a refusal of Cognito's is told, and that nothing was written", async (t) => {
  const client = await thirtyHours(t);
  client.cognito.faults.add({ operation: "UpdateUserPoolClient", fault: "waf", times: 10 });
  const { exitCode, console, folder } = await fixing(t, client, scriptedConsole(), YES);
  t.equal(exitCode, 1);
  t.match(console.flat(), /Nothing was written\. UpdateUserPoolClient failed/);
  t.same(await readdir(folder), [], "and there is nothing to undo");
});

t.test("an answer that is lost is no failure: the client itself says whether it was written", async (t) => {
  const client = await thirtyHours(t);
  const lossy: CarryOutParts["admin"] = {
    ...client.admin,
    updateClient: async (settings) => {
      await client.admin.updateClient(settings);
      return { kind: "failed", operation: "UpdateUserPoolClient", error: "TimeoutError", why: "socket hang up" };
    },
  };
  const { exitCode, console } = await fixing(t, client, scriptedConsole(), { ...YES, admin: lossy });
  t.equal(exitCode, 0);
  t.match(console.flat(), "Written, and read again");
});

t.test("when something else than the change has moved after the write, it is said which, and where the backup is", async (t) => {
  const client = await thirtyHours(t);
  const raced: CarryOutParts["admin"] = {
    ...client.admin,
    updateClient: async (settings) => {
      const answer = await client.admin.updateClient(settings);
      await client.change({ AuthSessionValidity: 9 });
      return answer;
    },
  };
  const { exitCode, console, folder } = await fixing(t, client, scriptedConsole(), { ...YES, admin: raced });
  t.equal(exitCode, 1);
  t.match(console.flat(), /not what was sent, in AuthSessionValidity/);
  t.match(console.flat(), "Undo: cognito-bff doctor undo");
  t.same(await readdir(folder), ["backup.json"]);
});

t.test("a client that cannot be read again before the write is not written, and after it is told as unknown", async (t) => {
  const client = await thirtyHours(t);
  const blind = (after: number): CarryOutParts["admin"] => {
    let reads = 0;
    return {
      ...client.admin,
      describeClient: async () => {
        reads += 1;
        if (reads < after) return client.admin.describeClient();
        return { kind: "not_permitted", action: "cognito-idp:DescribeUserPoolClient", why: "denied" };
      },
    };
  };
  const before = await fixing(t, client, scriptedConsole(), { ...YES, admin: blind(2) });
  t.equal(before.exitCode, 2);
  t.match(before.console.flat(), /Nothing was written\..*cognito-idp:DescribeUserPoolClient/);
  t.same(await readdir(before.folder), []);
  const after = await fixing(t, client, scriptedConsole(), { ...YES, admin: blind(3) });
  t.equal(after.exitCode, 2);
  t.match(after.console.flat(), "could not be read after it");
  t.same(await readdir(after.folder), ["backup.json"]);
});

t.test("without a backup nothing is written", async (t) => {
  const client = await thirtyHours(t);
  const { exitCode, console } = await fixing(t, client, scriptedConsole(), { ...YES, backupPath: "/nonexistent/backup.json" });
  t.equal(exitCode, 1);
  t.match(console.flat(), "there is no such folder");
  t.same(client.cognito.calls.list("UpdateUserPoolClient"), []);
});

t.test("neither a tag nor an address out of the pool moves the cursor of who reads it", async (t) => {
  const client = await thirtyHours(t);
  await client.change({ CallbackURLs: ["https://app.example.com/\u009b2J"], DefaultRedirectURI: "https://app.example.com/\u009b2J" });
  const { console } = await fixing(t, client, scriptedConsole(), { ...YES, hint: "The pool bears the tag a=\u001b[2J\u202e." });
  t.match(console.flat(), "a=\ufffd[2J\ufffd.");
  t.match(console.text(), /^[\n -~\ufffd]+$/);
});
