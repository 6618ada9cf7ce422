import { spawn } from "node:child_process";
import { once } from "node:events";
import t, { type Test } from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED } from "../../src/local-cognito/index.js";
import { until } from "../support/condition.js";
import { Person } from "../support/person.js";
import { noteLogLine } from "../support/redaction.js";
import { startRedis, withoutRedis } from "../support/redis-server.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;

interface Running {
  output(): string;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Runs a command until its output matches. */
async function run(t: Test, command: string, env: Readonly<Record<string, string>>, ready: RegExp): Promise<Running> {
  let text = "";
  const child = spawn(process.execPath, ["--no-warnings", MAIN, command], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  const ended = once(child, "exit");
  t.teardown(() => child.kill("SIGKILL"));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      noteLogLine(chunk);
    });
  await until(() => {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${text}`);
    return ready.test(text);
  }, `${command} is ready`);
  return {
    output: () => text,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

interface Move {
  readonly followers?: number;
  readonly dropped?: readonly string[];
}

const skip = await withoutRedis();

t.test("processes of their own: sessions expire in the proxy when local Cognito's clock is moved", async (t) => {
  const port = String(await freePort());
  const cognitoPort = String(await freePort());
  const publicUrl = `http://localhost:${port}`;
  const cognitoUrl = `http://127.0.0.1:${cognitoPort}`;
  const env = {
    PUBLIC_URL: publicUrl,
    HOST: "127.0.0.1",
    PORT: port,
    MANAGEMENT_PORT: "0",
    COGNITO_ENDPOINT: cognitoUrl,
    COGNITO_DOMAIN: cognitoUrl,
    COGNITO_USER_POOL_ID: DEFAULT_SEED.userPoolId,
    COGNITO_CLIENT_ID: DEFAULT_SEED.clientId,
    COGNITO_CLIENT_SECRET: DEFAULT_SEED.clientSecret,
    SESSION_KEYS: Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64"),
    COGNITO_FOLLOW_CLOCK: "true",
  };
  const advance = async (by: string): Promise<Move> => {
    const answer = await fetch(`${cognitoUrl}/_local/clock`, { method: "POST", body: JSON.stringify({ advance: by }) });
    return (await answer.json()) as Move;
  };
  const signedIn = async () => {
    const person = new Person(publicUrl);
    await person.signIn(DEFAULT_SEED.user);
    t.equal((await person.call("/auth/session")).status, 200);
    return person;
  };
  /** A session is renewed after an hour and ends after its thirty days. */
  const livesAndEnds = async (person: Person, expected: Move) => {
    t.match(await advance("61m"), expected);
    t.equal((await person.call("/auth/session")).status, 200, "renewed");
    t.match(await advance("31d"), expected);
    t.match((await person.call("/auth/session")).json(), { reason: "expired", cause: "refresh_token_expired" });
  };

  // The proxy first: it waits, and says for whom.
  const early = run(t, "start", { ...env, SESSION_STORE: "cookie" }, /is listening/);
  const cognito = await run(t, "local-cognito", { PUBLIC_URL: publicUrl, LOCAL_COGNITO_PORT: cognitoPort }, /_local\/calls/);
  const proxy = await early;
  await t.test("with sessions in cookies", async () => {
    await livesAndEnds(await signedIn(), { followers: 1 });
    t.match(proxy.output(), "COGNITO_FOLLOW_CLOCK: this process takes its time from local Cognito");
    t.match(proxy.output(), /"event":"sys_clock_moved","moved_ms":2678400000/);
  });

  await t.test("one that is stopped says good-bye, and nobody waits for it", async (t) => {
    await proxy.end("SIGTERM");
    t.same(Object.keys(await advance("1m")), ["now"]);
  });

  await t.test("with a shared store; a process that is killed is dropped, which is said", { skip }, async (t) => {
    const redis = await startRedis();
    t.teardown(() => redis.stop());
    const shared = { ...env, SESSION_STORE: redis.url };
    const [, other] = await Promise.all([
      run(t, "start", shared, /is listening/),
      run(t, "start", { ...shared, PORT: "0" }, /is listening/),
    ]);
    await livesAndEnds(await signedIn(), { followers: 2 });
    await other?.end("SIGKILL");
    t.match(await advance("1m"), { followers: 1, dropped: [publicUrl] });
    t.match(cognito.output(), `${publicUrl} does not follow the clock any more`);
  });
});
