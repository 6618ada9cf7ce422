import { execFileSync } from "node:child_process";
import { closeSync, constants, createReadStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { LogOutput } from "../../src/telemetry/log-output.js";
import { until } from "../support/condition.js";

/** A pipe that is open at both ends and read by nobody. */
function pipeNobodyReads(t: Test): { readonly path: string; readonly fd: number } {
  const folder = mkdtempSync(join(tmpdir(), "log-output-"));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  return { path, fd };
}

t.test("while nobody reads the log its lines wait in bounded memory, then whole lines are lost, counted and told of", async (t) => {
  const { path, fd } = pipeNobodyReads(t);
  const output = new LogOutput(fd);
  const recoveries: number[] = [];
  output.onRecovery = (lost) => recoveries.push(lost);
  const count = 20_000;
  for (let number = 0; number < count; number++) output.write(`${"x".repeat(90)} ${number}\n`);
  t.ok(output.lost > 0 && output.lost < count);
  let text = "";
  const reader = createReadStream(path, { encoding: "utf8" }).on("data", (part) => {
    text += part;
  });
  await until(() => recoveries.length > 0 && text.endsWith("\n"));
  output.write("again\n");
  await until(() => text.endsWith("again\n"));
  const lines = text.split("\n").slice(0, -2);
  t.equal(lines.length + output.lost, count);
  t.ok(lines.every((line, index) => line === `${"x".repeat(90)} ${index}`));
  t.same(recoveries, [output.lost]);
  await output.close();
  output.write("after closing too\n");
  await until(() => text.endsWith("closing too\n"));
  reader.destroy();
});

t.test("a log that takes nothing holds closing up for a bound, and never throws", async (t) => {
  const { fd } = pipeNobodyReads(t);
  const stuck = new LogOutput(fd);
  for (let number = 0; number < 2_000; number++) stuck.write(`${"x".repeat(90)}\n`);
  await stuck.close();
  t.equal(stuck.lost, 0, "they could still be taken");
  const full = openSync("/dev/full", "w");
  t.teardown(() => closeSync(full));
  const broken = new LogOutput(full);
  broken.write("one\n");
  broken.write("two\n");
  await until(() => broken.lost === 1);
  await broken.close();
});
