import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED, startLocalCognito } from "../../src/local-cognito/index.js";
import { until } from "../support/condition.js";
import { Person } from "../support/person.js";
import { noteLogLine } from "../support/redaction.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;
const run = promisify(execFile);

const ENVIRONMENT = {
  PUBLIC_URL: "http://localhost:3000",
  HOST: "127.0.0.1",
  PORT: "0",
  MANAGEMENT_PORT: "0",
  COGNITO_USER_POOL_ID: "us-east-1_Local0001",
  COGNITO_CLIENT_ID: "3localcognitodemoclient001",
  COGNITO_CLIENT_SECRET: "localcognitodemosecretforlocalcognitoonlynotsecret1",
  SESSION_KEYS: Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64"),
  PROXY_ROUTES: "/api=http://127.0.0.1:9",
};

/** Starts the command and waits until its output matches. */
async function start(
  t: Test,
  command: string,
  env: Record<string, string>,
  ready: RegExp,
): Promise<{ child: ChildProcess; output: () => string }> {
  let text = "";
  const child = spawn(process.execPath, ["--no-warnings", MAIN, command], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  t.teardown(() => child.kill("SIGKILL"));
  const collect = (chunk: Buffer) => {
    text += chunk.toString();
    noteLogLine(chunk.toString());
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  while (!ready.test(text)) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${text}`);
    await Promise.race([once(child.stdout ?? child, "data"), once(child, "exit")]);
  }
  return { child, output: () => text };
}

async function failing(command: string, env: Record<string, string>): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, ["--no-warnings", MAIN, command], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
    });
    noteLogLine(stdout + stderr);
    return { code: 0, output: "" };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    noteLogLine(stdout + stderr);
    return { code, output: stdout + stderr };
  }
}

t.test("the first help fits into 80 columns", async (t) => {
  const { stdout } = await run(process.execPath, ["--no-warnings", MAIN, "--help"]);
  t.same(
    stdout.split("\n").filter((line) => line.length > 80),
    [],
  );
});

t.test("fail open: start says every fault of the configuration at once and does not start", async (t) => {
  const { code, output } = await failing("start", { SESSION_KEYS: "short", SESSION_MAX_AGE: "30", PUBLIC_URL: "http://app.example.com" });
  t.equal(code, 1);
  const names = ["PUBLIC_URL", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "SESSION_KEYS", "SESSION_MAX_AGE"];
  for (const name of names) t.match(output, name);
  t.match(output, /30 what\?/);
});

t.test("start refuses an http Cognito when the app is https", async (t) => {
  const { code, output } = await failing("start", {
    ...ENVIRONMENT,
    PUBLIC_URL: "https://app.example.com",
    COGNITO_ENDPOINT: "http://127.0.0.1:9229",
  });
  t.equal(code, 1);
  t.match(output, /COGNITO_ENDPOINT/);
});

t.test("start listens, answers its probes, and ends with 0 on SIGTERM; health tells which", async (t) => {
  const cognito = await startLocalCognito({ port: 0 });
  t.teardown(() => cognito.close());
  const env = { ...ENVIRONMENT, COGNITO_ENDPOINT: cognito.url, COGNITO_DOMAIN: cognito.url };
  const { child, output } = await start(t, "start", env, /is listening/);
  const line =
    output()
      .split("\n")
      .find((candidate) => candidate.includes("is listening")) ?? "{}";
  const { url, management_url: management, ...said } = JSON.parse(line) as { url: string; management_url: string };
  t.match(said, { time: Number, session_keys: [/^[0-9a-f]{12}$/] }, "no terminal: milliseconds since 1970");
  t.equal((await fetch(`${management}/livez`)).status, 200);
  t.equal((await fetch(`${management}/readyz`)).status, 200);
  t.equal(
    (await fetch(`${management}/readyz`, { headers: { origin: "http://localhost:3000" } })).status,
    403,
    "no browser has business here",
  );
  t.equal((await fetch(`${management}/x`)).status, 404);
  t.equal((await fetch(`${url}/auth/session`)).status, 401);
  t.equal((await fetch(`${url}/livez`)).status, 404, "probes are not public");
  const health = { MANAGEMENT_HOST: "0.0.0.0", MANAGEMENT_PORT: new URL(management).port };
  t.equal((await failing("health", health)).code, 0);
  child.kill("SIGTERM");
  t.same(await once(child, "exit"), [0, null]);
  const dead = await failing("health", health);
  t.equal(dead.code, 1);
  t.match(dead.output, /does not answer/);
  t.notMatch(output(), /localcognitodemosecret/, "the secret is in no line");
});

t.test("LOG_TIME=iso: log lines say when in words that a person reads", async (t) => {
  const cognito = await startLocalCognito({ port: 0 });
  t.teardown(() => cognito.close());
  const env = { ...ENVIRONMENT, COGNITO_ENDPOINT: cognito.url, COGNITO_DOMAIN: cognito.url, LOG_TIME: "iso" };
  const { output } = await start(t, "start", env, /is listening/);
  for (const line of output()
    .trim()
    .split("\n")
    .filter((candidate) => candidate.startsWith("{")))
    t.match(JSON.parse(line), { time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ });
});

t.test("a start that cannot have its management port is one line that names the setting, and exit code 1", async (t) => {
  const taken = createServer().listen(await freePort(), "127.0.0.1");
  await once(taken, "listening");
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const { code, output } = await failing("start", { ...ENVIRONMENT, MANAGEMENT_PORT: String(port) });
  t.equal(code, 1);
  t.ok(output.endsWith(`cognito-bff: MANAGEMENT_PORT: something listens on 127.0.0.1:${port} already; choose another port\n`));
  const demo = await failing("demo", { PORT: "0", LOCAL_COGNITO_PORT: String(port) });
  t.equal(demo.code, 1);
  t.match(demo.output, `cognito-bff: LOCAL_COGNITO_PORT: something listens on 127.0.0.1:${port} already`);
});

t.test("demo says where it is and whom to sign in as, and ends with 0 on SIGINT", async (t) => {
  const { child, output } = await start(t, "demo", { PORT: "0", LOCAL_COGNITO_PORT: "0" }, /Ctrl\+C/);
  const url = /http:\/\/localhost:\d+/.exec(output())?.[0] ?? "";
  t.match(output(), "demo@example.com / Demo-password-1");
  t.equal((await fetch(url.replace("localhost", "127.0.0.1"))).status, 200);
  const metrics = /Metrics +(\S+)/.exec(output())?.[1] ?? "";
  t.equal((await fetch(metrics)).status, 200, "the metrics are where it says");
  const person = new Person(url);
  await person.signIn(DEFAULT_SEED.user);
  const cognito = /Cognito +(\S+)/.exec(output())?.[1] ?? "";
  const moved = await fetch(`${cognito}/_local/clock`, {
    method: "POST",
    body: '{"advance":"31d"}',
    headers: { "content-type": "application/json" },
  });
  t.equal(moved.status, 200);
  t.equal((await person.call("/api/echo")).status, 401);
  await until(async () => output().includes("session ended"));
  t.match(
    output(),
    /\n\d\d:\d\d:\d\d {2}session ended {2}expired · refresh_token_expired {2}after 31 d {2}[0-9a-f]{8}\n/,
    "one readable line",
  );
  child.kill("SIGINT");
  t.same(await once(child, "exit"), [0, null]);
});

t.test("local-cognito prints what to put into the proxy's configuration", async (t) => {
  const settings = {
    LOCAL_COGNITO_PORT: "0",
    LOCAL_COGNITO_MIN_TOKEN_VALIDITY: "1s",
    LOCAL_COGNITO_ISSUER: "url",
    LOCAL_COGNITO_CORS_ORIGINS: "http://localhost:5173, http://localhost:5174",
  };
  const { child, output } = await start(t, "local-cognito", settings, /_local\/calls/);
  const endpoint = /COGNITO_ENDPOINT=(\S+)/.exec(output())?.[1] ?? "";
  const issuer = `${endpoint}/us-east-1_Local0001`;
  t.match(output(), issuer, "where clients discover it");
  const origin = "http://localhost:5174";
  const discovered = await fetch(`${issuer}/.well-known/openid-configuration`, { headers: { origin } });
  t.equal(discovered.headers.get("access-control-allow-origin"), origin);
  t.match(await discovered.json(), { issuer });
  child.kill("SIGTERM");
  t.same(await once(child, "exit"), [0, null]);
});

t.test("a value that is none, and an unknown command, are one clear line and exit code 1", async (t) => {
  const port = await failing("demo", { PORT: "x" });
  t.equal(port.code, 1);
  t.match(port.output, /PORT: expected a port from 0 to 65535/);
  const issuer = await failing("local-cognito", { LOCAL_COGNITO_PORT: "0", LOCAL_COGNITO_ISSUER: "me" });
  t.match(issuer.output, /LOCAL_COGNITO_ISSUER: expected aws, or url/);
  const origins = await failing("local-cognito", { LOCAL_COGNITO_PORT: "0", LOCAL_COGNITO_CORS_ORIGINS: "*" });
  t.match(origins.output, /LOCAL_COGNITO_CORS_ORIGINS.*got "\*"/);
  const unknown = await failing("strat", {});
  t.equal(unknown.code, 1);
  t.match(unknown.output, /unknown command 'strat'/);
});
