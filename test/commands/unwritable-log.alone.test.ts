import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { VALID } from "../config/valid-environment.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  /** What an address of the management port answers. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>;
  lost(): Promise<number>;
}

/** `cognito-bff start`, its output and its errors written to `output`; answers once it serves. */
async function startWith(t: Test, output: number | "pipe"): Promise<Running> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const env = {
    ...VALID,
    PUBLIC_URL: `http://localhost:${port}`,
    HOST: "127.0.0.1",
    PORT: String(port),
    LOG_LEVEL: "debug",
    DRAIN_DELAY: "0s",
  };
  const child = spawn(process.execPath, [MAIN, "start"], {
    env: { PATH: process.env["PATH"] ?? "", ...env, MANAGEMENT_PORT: String(managementPort) },
    stdio: ["ignore", output, output],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${managementPort}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const isReady = () =>
    ask("/readyz").then(
      ({ status }) => status === 200,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`start ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    ask,
    async lost() {
      const { text } = await ask("/metrics");
      return Number(/^bff_log_lines_lost_total (\d+)$/m.exec(text)?.[1]);
    },
  };
}

async function servesAndEnds(t: Test, { child, url, ask }: Running): Promise<void> {
  t.equal((await ask("/livez")).status, 200);
  t.equal((await fetch(`${url}/auth/session`)).status, 401);
  child.kill("SIGTERM");
  t.same(await once(child, "exit"), [0, null]);
}

t.test("with its log on a full disk the proxy serves on, counts the lines that are lost, and ends when it is told to", async (t) => {
  const full = openSync("/dev/full", "w");
  t.teardown(() => closeSync(full));
  const running = await startWith(t, full);
  t.ok((await running.lost()) > 0);
  await servesAndEnds(t, running);
});

t.test("with its log in a pipe that nobody reads the proxy serves on, and ends when it is told to", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "unwritable-log-"));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const pipe = openSync(path, constants.O_RDWR);
  t.teardown(() => {
    closeSync(pipe);
    rmSync(folder, { recursive: true });
  });
  const running = await startWith(t, pipe);
  // A line each, in all more than a pipe holds (64 KiB).
  for (let call = 0; call < 700; call++) await fetch(`${running.url}/auth/session`).then((answer) => answer.text());
  await servesAndEnds(t, running);
});

t.test("with the reader of its log gone the proxy serves on, counts the lines that are lost, and ends when it is told to", async (t) => {
  const running = await startWith(t, "pipe");
  running.child.stdout?.destroy();
  running.child.stderr?.destroy();
  while ((await running.lost()) === 0) await fetch(`${running.url}/auth/session`);
  await servesAndEnds(t, running);
});
