import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { freePort } from "../../src/demo/free-port.js";

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

t.test("the tests with a local Cognito pass under Node's own test runner", async (t) => {
  // Without what tells a process that it runs under another runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ["--no-warnings", "--test", "--test-reporter=tap", `${EXAMPLES}local-cognito-tests/session.test.js`];
  const { stdout } = await run(process.execPath, args, { env });
  t.match(stdout, /^# pass 5$/m);
  t.match(stdout, /^# fail 0$/m);
});

t.test("the embedded plugin's program starts, says where, and ends when it is told", async (t) => {
  const port = await freePort();
  const child = spawn(process.execPath, ["--no-warnings", `${EXAMPLES}embedded-plugin/main.js`], {
    env: { PATH: process.env["PATH"] ?? "", PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  t.match(line.toString(), `http://localhost:${port}: sign in as`);
  t.equal((await fetch(`http://localhost:${port}/`)).status, 200);
  child.kill("SIGINT");
  t.same(await once(child, "exit"), [0, null]);
});
