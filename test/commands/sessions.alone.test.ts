import { PassThrough, Writable } from "node:stream";
import t, { type Test } from "tap";
import { openSessionsCommand, type RevokeOptions } from "../../src/commands/sessions/sessions.js";
import { freePort } from "../../src/demo/free-port.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";
import { runDemo } from "../support/running-demo.js";

const skip = await withoutRedis();
const TOKEN = "an-operators-token-of-32-bytes-or-more";

function collector() {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

type Command = ReturnType<typeof openSessionsCommand>;

/** Runs one command as a terminal would, or where `asked` is answered, as somebody at one. */
async function runCommand(
  env: Record<string, string>,
  options: { readonly url?: string; readonly json?: true },
  use: (command: Command) => Promise<number>,
  answers?: string,
) {
  const [out, err] = [collector(), collector()];
  const stdin = Object.assign(new PassThrough(), { isTTY: answers !== undefined });
  if (answers !== undefined) stdin.write(answers);
  const streams = { stdin, stdout: out.stream, stderr: Object.assign(err.stream, { isTTY: answers !== undefined }) };
  const code = await use(openSessionsCommand(env, options, streams)).catch((error: Error) => error.message);
  return { code, out: out.text(), err: err.text() };
}

async function deploy(t: Test) {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const demo = await runDemo(t, { sessionStore: server.url, managementToken: TOKEN });
  const env = { MANAGEMENT_TOKEN: TOKEN, MANAGEMENT_PORT: new URL(demo.managementUrl).port };
  const command = (use: (command: Command) => Promise<number>, more: { readonly json?: true; readonly answers?: string } = {}) =>
    runCommand(env, more.json ? { json: true } : {}, use, more.answers);
  return { demo, env, command };
}

t.test("cognito-bff sessions", { skip }, async (t) => {
  const { demo, env, command } = await deploy(t);
  const list = async () =>
    JSON.parse((await command((sessions) => sessions.list({}), { json: true })).out) as { sessions: { handle: string }[]; more: boolean };
  const revoke = (handles: readonly string[], options: RevokeOptions, more = {}) =>
    command((sessions) => sessions.revoke(handles, options), more);

  await t.test("where nobody is signed in there is nothing to list, and that is said", async (t) => {
    t.match(await command((sessions) => sessions.list({})), { code: 1, out: "No session lives.\n" });
    t.match(await command((sessions) => sessions.summary()), { code: 0, out: /^0 sessions at / });
  });

  await t.test("lists in a table of 80 columns, shows one, and as JSON what the proxy said", async (t) => {
    await demo.signedIn();
    demo.advance("3d");
    await demo.signedIn();
    const { code, out } = await command((sessions) => sessions.list({}));
    t.equal(code, 0);
    t.match(out, /^HANDLE {12}USERNAME {2,}AGE {2,}SEEN {2,}ENDS IN\n[0-9a-f]{16} {2}\S+ +\d s +\d s +(30|29) d\n/);
    t.match(out, /3 d +3 d +2[67] d\n$/);
    t.notMatch(out, /…/, "a subject can be copied");
    t.ok(out.split("\n").every((line) => line.length <= 80));
    const [first] = (await list()).sessions;
    const handle = first?.handle ?? "";
    t.match(await command((sessions) => sessions.show(handle)), { code: 0, out: new RegExp(`^Handle +${handle}\n`) });
    t.match(await command((sessions) => sessions.show("0".repeat(16))), { code: 1, out: "", err: /no session lives under this handle/ });
    t.match(await command((sessions) => sessions.list({ limit: "1" })), { out: /There are more: --limit/ });
  });

  await t.test("the summary shows the hour in which most end", async (t) => {
    demo.advance("26d");
    const { out } = await command((sessions) => sessions.summary());
    t.match(out, /^2 sessions at \d{4}-\d\d-\d\d \d\d:\d\d UTC\n\nBy age\n/);
    t.match(out, /When they end at the latest, 30d after sign-in \(UTC\)/);
    t.match(out, /hour 24 +1 +#+\n/);
    t.match(out, /day 4 +1 +#+\n/);
    t.match(out, /Most at once: 1 session \(50 %\) in the hour that begins at/);
    t.ok(out.split("\n").every((line) => line.length <= 80));
  });

  await t.test("ends by handle, by user, and everybody's where that is confirmed", async (t) => {
    const [first] = (await list()).sessions;
    t.match(await revoke([first?.handle ?? ""], {}), { code: 0, out: "Ended 1 session.\n" });
    t.match(await revoke([first?.handle ?? "", "0".repeat(16)], {}), {
      code: 1,
      out: "Ended 0 sessions.\n",
      err: /no session lives under this handle/,
    });
    t.match(await revoke([], { all: true }), { code: /add --yes/ });
    t.match(await revoke([], { all: true }, { answers: "no\n" }), { code: 1, err: /everybody: 1 sessions.*Nothing was ended/s });
    t.equal((await list()).sessions.length, 1);
    t.match(await revoke([], { all: true }, { answers: "yes\n" }), { code: 0, out: /^Ended 1 session\.\n/ });
    const person = await demo.signedIn();
    const { user } = (await person.call("/auth/session")).json<{ user: { sub: string } }>();
    t.match(await revoke([], { user: user.sub }, { json: true }), { code: 0, out: /"refresh_token": "revoked"/ });
    t.match(await revoke([], { user: "somebody@example.com" }), {
      code: 1,
      out: "Ended 0 sessions.\n",
      err: /^cognito-bff sessions: somebody@example\.com: nobody is signed in with this subject or username; an e-mail address is neither/,
    });
    t.match(await command((sessions) => sessions.list({ user: "somebody@example.com" })), { code: 1, err: /an e-mail address is neither/ });
    await demo.signedIn();
    t.match(await revoke([], { all: true, yes: true }), { code: 0 });
  });

  await t.test("what is wrong is said in one line that says what to do, without the token", async (t) => {
    const listed = (given: Record<string, string>, url?: string) =>
      runCommand(given, url === undefined ? {} : { url }, (sessions) => sessions.list({})).catch((error: Error) => ({
        code: error.message,
      }));
    const wrong = { ...env, MANAGEMENT_TOKEN: "another-token-that-is-long-enough-too" };
    for (const [given, says] of [
      [{}, /MANAGEMENT_TOKEN, or MANAGEMENT_TOKEN_FILE, is not set/],
      [{ MANAGEMENT_TOKEN: "short" }, /MANAGEMENT_TOKEN: expected 32 to 512/],
      [{ ...env, MANAGEMENT_TOKEN_FILE: "/run/token" }, /not both/],
      [wrong, /does not take this MANAGEMENT_TOKEN/],
      [{ ...env, MANAGEMENT_PORT: String(await freePort()) }, /cannot be asked \(ECONNREFUSED\)/],
    ] as const) {
      const { code } = await listed(given);
      t.match(code, says);
      t.notMatch(String(code), /another-token|\n/);
    }
    t.match((await listed(env, "redis://localhost")).code, /--url: expected/);
    t.match((await listed(env, demo.url)).code, /has no session routes|answered|not one of/);
    t.match((await revoke([], {})).code, /say what to end/);
    t.match((await revoke(["abc"], {})).code, /16 hexadecimal digits/);
    const cookies = await runDemo(t, { managementToken: TOKEN });
    t.match((await listed(env, cookies.managementUrl)).code, /keeps sessions in cookies/);
    const closed = await runDemo(t);
    t.match((await listed(env, closed.managementUrl)).code, /has no session routes: start the proxy with MANAGEMENT_TOKEN/);
  });
});
