import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startAnswerableApi } from "../support/answerable-api.js";
import { until } from "../support/condition.js";
import { openConnection } from "../support/kept-connection.js";
import { statusOf } from "../support/raw-http.js";
import { noteLogLine } from "../support/redaction.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;

const ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
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

interface Running {
  readonly child: ChildProcess;
  output(): string;
  /** Exit code and signal. */
  readonly exit: Promise<unknown[]>;
}

function run(t: Test, command: string, args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(command, args, { env: { ...ENVIRONMENT, ...env } });
  t.teardown(() => child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => {
      text += part.toString();
      noteLogLine(part.toString());
    });
  return { child, output: () => text, exit: once(child, "exit") };
}

t.test("start ends with 0 although an API hangs, and with 1 at once on a second signal", async (t) => {
  const api = await startAnswerableApi(t);
  const stopping = async (shutdownTimeout: string) => {
    const { child, output, exit } = run(t, process.execPath, ["--no-warnings", MAIN, "start"], {
      PROXY_ROUTES: JSON.stringify([{ prefix: "/open", target: api.url, session: "none", token: "none" }]),
      SHUTDOWN_TIMEOUT: shutdownTimeout,
    });
    await until(() => output().includes("is listening"));
    const asked = api.next();
    const call = await openConnection(t, /"url":"([^"]+)"/.exec(output())?.[1] ?? "");
    call.send("GET /open/hangs");
    await asked;
    child.kill("SIGTERM");
    await until(() => output().includes("no new connections"));
    return { child, call, exit };
  };
  // One after the other: the API tells their calls apart by their order.
  const patient = await stopping("1s");
  const hurried = await stopping("60s");
  hurried.child.kill("SIGINT");
  t.same(await hurried.exit, [1, null]);
  t.same(await patient.exit, [0, null]);
  t.equal(statusOf(patient.call.text()), 504);
});

/**
 * Runs before the program and puts a module before the AWS SDK that waits and then does what a piece of code says: how slow a disk is, or what is
 * missing there. The waiting is the module's own: from Node.js 24 on a program stands still while a hook waits.
 */
function loadingTheSdk(code: string): string {
  const hooks = `export async function load(url, context, next) {
    if (!/\\/@aws-sdk\\/client-cognito-identity-provider\\/dist-\\w+\\/index\\.js$/.test(url)) return next(url, context);
    const source = 'export * from "' + url + '?itself";' + ${JSON.stringify(code)};
    return { format: "module", shortCircuit: true, source };
  }`;
  const register = `import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(hooks)}");`;
  return `data:text/javascript,${encodeURIComponent(register)}`;
}

/** A start that serves already, and has not loaded the AWS SDK: once `goOn` is called a piece of code says what comes of that. */
async function startLoading(t: Test, code: string) {
  const gate = join(t.testdir({}), "open");
  const untilOpen = `const { existsSync } = await import("node:fs");
    while (!existsSync(${JSON.stringify(gate)})) await new Promise((resolve) => setTimeout(resolve, 20));`;
  const api = await startAnswerableApi(t);
  const { child, output, exit } = run(
    t,
    process.execPath,
    ["--no-warnings", "--import", loadingTheSdk(`${untilOpen} ${code}`), MAIN, "start"],
    {
      PROXY_ROUTES: JSON.stringify([{ prefix: "/open", target: api.url, session: "none", token: "none" }]),
      SHUTDOWN_TIMEOUT: "2s",
    },
  );
  // Fastify's own line.
  await until(() => output().includes("Server listening at"));
  const asked = api.next();
  const call = await openConnection(t, /Server listening at (http:[^"]+)"/.exec(output())?.[1] ?? "");
  call.send("GET /open/hangs");
  const [, answer] = await asked;
  return { child, output, exit, call, answer, goOn: () => writeFile(gate, "") };
}

t.test("a signal while what a first refresh needs is loaded lets the calls end that are served by then", async (t) => {
  const { child, output, exit, call, answer, goOn } = await startLoading(t, "");
  child.kill("SIGTERM");
  await until(() => output().includes("no new connections"));
  await goOn();
  answer.end("whole");
  t.same(await exit, [0, null]);
  t.equal(statusOf(call.text()), 200);
});

t.test(
  "a start without the AWS SDK says so and ends with 1, once SHUTDOWN_TIMEOUT has let the calls end that are served by then",
  async (t) => {
    const { output, exit, call, goOn } = await startLoading(t, "throw new Error('no such package on this disk');");
    await goOn();
    const beganAt = performance.now();
    t.same(await exit, [1, null]);
    t.ok(performance.now() - beganAt < 20_000, "SHUTDOWN_TIMEOUT holds, however long an API hangs");
    t.equal(statusOf(call.text()), 504);
    t.match(output(), /cognito-bff: .*no such package on this disk/);
  },
);

/** Runs before the program and sends it a signal as soon as it has a handler for one. */
const SIGNAL_AT_ONCE = `data:text/javascript,${encodeURIComponent(`
  const onListener = (name) => {
    if (name !== "SIGTERM") return;
    process.off("newListener", onListener);
    queueMicrotask(() => process.kill(process.pid, "SIGTERM"));
  };
  process.on("newListener", onListener);
`)}`;

// It looks for the app's page before it listens: in between the event loop turns, and a signal is heard.
const WITH_APP = { SPA_DIR: new URL("../../src/demo/spa", import.meta.url).pathname };

t.test("a signal while it starts ends every command that stays, with 0 and before it listens", async (t) => {
  for (const command of ["start", "demo", "local-cognito"]) {
    const env = { ...WITH_APP, LOCAL_COGNITO_PORT: "0" };
    const { output, exit } = run(t, process.execPath, ["--no-warnings", "--import", SIGNAL_AT_ONCE, MAIN, command], env);
    t.same(await exit, [0, null], command);
    t.equal(output(), "", command);
  }
  // Nothing to wait for: it may listen before it hears anything.
  const { exit } = run(t, process.execPath, ["--no-warnings", "--import", SIGNAL_AT_ONCE, MAIN, "sample-api"], { SAMPLE_API_PORT: "0" });
  t.same(await exit, [0, null]);
});

/** It may have ended meanwhile. */
function tryToKill(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {}
}

// A namespace of one's own is what a container has; some systems let root alone make one.
const UNSHARE = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
const mayUnshare = process.platform === "linux" && spawnSync("unshare", [...UNSHARE, "true"]).status === 0;

t.test(
  "as process 1 it does not lose a signal that comes while it starts",
  { skip: mayUnshare ? false : "unshare is not allowed" },
  async (t) => {
    const { child, output, exit } = run(t, "unshare", [...UNSHARE, process.execPath, "--no-warnings", MAIN, "start"], WITH_APP);
    // The system keeps what comes before Node has its handlers from process 1, without a word: so a signal comes every few milliseconds.
    const signalling = setInterval(async () => {
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => "");
      for (const pid of children.split(" ").filter((part) => part !== "")) tryToKill(Number(pid));
    }, 5);
    t.teardown(() => clearInterval(signalling));
    // With 0, or in Node's own way where the signal met it before our program began.
    await exit;
    t.equal(output(), "", "it never came to listening");
  },
);
